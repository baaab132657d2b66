"""Look up countries and states by their codes and by the names that people use.

Country codes are ISO 3166-1 alpha-2 (from `iso3166`). Postal codes of states: USPS Publication 28, appendix B;
Canada Post's guidelines; ISO 3166-2:AU.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iso3166 import Country


_SLIPS: Final = {
    "UK": "GB",
    "EL": "GR",
    "EN": "GB",
    "ENG": "GB",
    "SCO": "GB",
    "WAL": "GB",
    "GER": "DE",
    "USA": "US",
    "SUI": "CH",
}
"""What people type for a code and is not one: the domain's ending, the EU's sign, the language, the sport's sign."""

_COMMON: Final = {
    "BN": "Brunei", "BO": "Bolivia", "CD": "Congo (Kinshasa)", "CG": "Congo (Brazzaville)", "FK": "Falkland Islands",
    "FM": "Micronesia", "GB": "United Kingdom", "IR": "Iran", "KP": "North Korea", "KR": "South Korea", "LA": "Laos",
    "MD": "Moldova", "MF": "Saint Martin", "NL": "Netherlands", "PS": "Palestine", "RU": "Russia",
    "SX": "Sint Maarten", "SY": "Syria", "TR": "Turkey", "TW": "Taiwan", "TZ": "Tanzania", "US": "United States",
    "VA": "Vatican City", "VE": "Venezuela", "VG": "British Virgin Islands", "VI": "US Virgin Islands",
    "VN": "Vietnam",
}  # fmt: skip
"""Where the standard's name is not the one people look for."""

_ALSO: Final = {
    "AE": "UAE|Emirates|الإمارات|الإمارات العربية المتحدة", "AF": "افغانستان", "AL": "Shqiperia|Shqipëri",
    "AM": "Hayastan|Հայաստան", "AR": "Republica Argentina", "AS": "Amerika Sāmoa", "AT": "Österreich",
    "AX": "Åland|Ahvenanmaa", "AZ": "Azerbaycan|Azərbaycan",
    "BA": "Bosna i Hercegovina|Bosnia|Босна и Херцеговина|Bosna", "BD": "বাংলাদেশ", "BE": "België|Belgique|Belgien",
    "BG": "България|Bulgariya", "BH": "البحرين", "BI": "Uburundi", "BL": "St. Barthélemy",
    "BN": "بروني|Negara Brunei Darussalam", "BO": "Buliwya|Wuliwya",
    "BQ": "Caribisch Nederland|Caribbean Netherlands|Bonaire", "BR": "Brasil", "BT": "འབྲུག|འབྲུག་ཡུལ|Druk Yul",
    "BV": "Bouvetøya", "BY": "Беларусь|Byelorussia|Biełaruś",
    "CD": "République démocratique du Congo|Congo-Kinshasa|DR Congo|DRC",
    "CF": "Ködörösêse tî Bêafrîka|République centrafricaine|Centrafrique",
    "CG": "République du Congo|Congo-Brazzaville", "CH": "Schweiz|Suisse|Svizzera|Svizra|Schwiiz",
    "CI": "Ivory Coast", "CM": "Cameroun", "CN": "中国|PRC|People's Republic of China|中國|中华人民共和国|Zhongguo",
    "CV": "Cape Verde", "CW": "Kòrsou", "CY": "Κύπρος|Kypros|Kibris|Kıbrıs",
    "CZ": "Czech Republic|Česko|Česká republika|Tschechien",
    "DE": "Deutschland|Allemagne|Alemania|Bundesrepublik Deutschland|Federal Republic of Germany",
    "DJ": "جيبوتي|Jabuuti", "DK": "Danmark", "DO": "Republica Dominicana", "DZ": "الجزائر|Algerie|ⵍⵣⵣⴰⵢⴻⵔ",
    "EE": "Eesti", "EG": "مصر|Misr", "EH": "الصحراء الغربية", "ER": "ኤርትራ|إريتريا|Ertra",
    "ES": "España|Espagne|Spanien|Espanya|Espainia", "ET": "ኢትዮጵያ|Ityopya|Itoophiyaa", "FI": "Suomi", "FJ": "Viti",
    "FO": "Føroyar|Færøerne", "FR": "France métropolitaine|Frankreich|Francia",
    "GB": "Great Britain|Britain|England|Scotland|Wales|Cymru|Northern Ireland|United Kingdom of Great Britain"
    "|Y Deyrnas Unedig",
    "GE": "Sakartvelo|საქართველო", "GF": "Guyane française|Guyane", "GL": "Kalaallit Nunaat|Grønland",
    "GN": "Guinée", "GQ": "Guinea Ecuatorial|Guinée équatoriale|Guiné Equatorial",
    "GR": "Ελλάδα|Hellas|Ellada|Hellenic Republic", "GS": "South Georgia and South Sandwich Islands",
    "GU": "Guåhan", "GW": "Guiné-Bissau", "HK": "香港|中國香港特別行政區|Hong Kong SAR China", "HR": "Hrvatska",
    "HT": "Ayiti", "HU": "Magyarország", "IE": "Éire|Republic of Ireland", "IL": "ישראל|Yisrael|إسرائيل",
    "IM": "Ellan Vannin", "IN": "Bharat|भारत|ভারত|இந்தியா|భారతదేశం|ભારત|ਭਾਰਤ|ಭಾರತ|ഇന്ത്യ|ଭାରତ|بھارت",
    "IQ": "العراق|عێراق", "IR": "ایران|Persia", "IS": "Ísland", "IT": "Italia|Italien|Italie", "JE": "Jèrri",
    "JO": "الأردن", "JP": "日本|Nippon|Nihon", "KG": "Кыргызстан|Киргизия|Kyrgyz Republic",
    "KH": "កម្ពុជា|Kampuchea", "KM": "جزر القمر|Comores|Komori", "KN": "St. Kitts and Nevis",
    "KP": "조선|북한|북조선|조선민주주의인민공화국|Choson", "KR": "Korea|Republic of Korea|대한민국|한국|Hanguk",
    "KW": "الكويت", "KZ": "Қазақстан|Qazaqstan|Казахстан", "LA": "ລາວ", "LB": "لبنان|Liban", "LC": "St. Lucia",
    "LI": "Fürstentum Liechtenstein|Liächteschtäi", "LK": "ශ්රී ලංකාව|இலங்கை|Ceylon", "LT": "Lietuva",
    "LU": "Lëtzebuerg|Luxemburg", "LV": "Latvija", "LY": "ليبيا", "MA": "المغرب|Maroc|ⵍⵎⵖⵔⵉⴱ|Meṛṛuk",
    "MC": "Múnegu", "MD": "Republica Moldova", "ME": "Crna Gora", "MF": "St. Martin", "MG": "Madagasikara",
    "MH": "Aolepān Aorōkin M̧ajeļ", "MK": "Macedonia|Северна Македонија|Македонија|Severna Makedonija",
    "MM": "မြန်မာ|မြန်မာနိုင်ငံ|Burma", "MN": "Монгол|Монгол Улс|Mongol Uls",
    "MO": "Macau|澳門|澳门|中國澳門特別行政區|Macau, RAE da China", "MR": "موريتانيا",
    "MU": "Maurice|Île Maurice|Moris", "MV": "ދިވެހި ރާއްޖެ|Dhivehi Raajje", "MX": "México", "MZ": "Moçambique",
    "NC": "Nouvelle-Calédonie", "NG": "Nàìjíríà", "NL": "Nederland|Holland|The Netherlands|Niederlande|Pays-Bas",
    "NO": "Norge|Noreg", "NP": "नेपाल", "NR": "Nauru", "NZ": "Aotearoa", "OM": "عُمان", "PE": "Perú",
    "PF": "Polynésie française", "PG": "Papua Niugini", "PH": "Pilipinas", "PK": "پاکستان", "PL": "Polska",
    "PM": "Saint-Pierre-et-Miquelon|St. Pierre and Miquelon", "PN": "Pitcairn Islands",
    "PS": "فلسطين|الأراضي الفلسطينية|Palestinian Territories", "PT": "Republica Portuguesa", "PW": "Belau",
    "PY": "Paraguái", "QA": "قطر", "RE": "La Réunion", "RO": "România", "RS": "Srbija|Србија",
    "RU": "Россия|Rossiya", "RW": "U Rwanda", "SA": "السعودية|KSA|المملكة العربية السعودية", "SC": "Sesel",
    "SD": "السودان", "SE": "Sverige", "SG": "Singapura|新加坡|சிங்கப்பூர்",
    "SH": "Saint Helena|St. Helena|St. Helena, Ascension and Tristan da Cunha", "SI": "Slovenija",
    "SJ": "Svalbard og Jan Mayen|Svalbard", "SK": "Slovensko|Slovak Republic", "SN": "Senegaal",
    "SO": "Soomaaliya|الصومال", "SS": "جنوب السودان", "ST": "São Tomé e Príncipe", "SY": "سوريا|سورية",
    "SZ": "Swaziland", "TD": "تشاد|Tchad", "TF": "Terres australes françaises|French Southern and Antarctic Lands",
    "TH": "ประเทศไทย|ไทย", "TJ": "Тоҷикистон|Tojikiston", "TL": "East Timor|Timór Lorosa'e", "TN": "تونس|Tunisie",
    "TR": "Türkiye|Turkiye", "TW": "台灣|臺灣|中華民國", "UA": "Україна|Ukrayina|Украина",
    "UM": "U.S. Outlying Islands", "US": "America|USA|United States of America|Estados Unidos|États-Unis",
    "UZ": "Oʻzbekiston|O'zbekiston|Ўзбекистон|Узбекистан",
    "VA": "Holy See|Vatican|Città del Vaticano|Vaticano|Santa Sede",
    "VC": "St. Vincent and the Grenadines|St. Vincent and Grenadines|Saint Vincent", "VN": "Việt Nam",
    "WF": "Wallis-et-Futuna", "YE": "اليمن", "ZA": "Suid-Afrika|RSA|iNingizimu Afrika|uMzantsi Afrika|Afrika Borwa",
}  # fmt: skip
"""What countries are called at home, in each language that is official in the whole country (as CLDR has it), and by
others, besides their English names."""


_NOT_ASSIGNED: Final = "XK"
"""Kosovo: in the package, but a code for private use in the standard, which public CAs refuse (BR 7.1.2.7.4)."""


NO_CODE: Final = "XX"
"""For a country without an official code: a user-assigned code that public CAs may use (BR 7.1.2.7.4)."""
_WITHOUT_CODE: Final = frozenset({"xk", "xkx", "kosovo", "kosova", "косово"})


def name_of(code: str) -> str | None:
    """The common English name behind an alpha-2 code in capitals; None when it is no code."""
    return _names().get(code)


def is_code(text: str) -> bool:
    """Return whether a text is an alpha-2 code in capitals, or `NO_CODE`: what a subject may contain."""
    return text == NO_CODE or name_of(text) is not None


def is_without_code(text: str) -> bool:
    """Return whether a text means a country without an official code, whatever people call it: Kosovo."""
    return _folded(text) in _WITHOUT_CODE


def find_country(text: str) -> str | None:
    """The alpha-2 code that is meant: a code in any case, a slip, an alpha-3 code, or a country's name.

    Accents, case, dots, what has no width and a leading *the* do not matter; ``&`` is *and*. None when nothing fits.
    """
    folded = _folded(text)
    code = folded.upper()
    if code in _names():
        return code
    return _SLIPS.get(code) or _codes().get(folded)


def search(prefix: str) -> list[tuple[str, str]]:
    """Codes and common names that fit what was typed so far: the code first, then names by their start.

    A name fits when one of its words, or another name of the country, begins so. Nothing typed: all.
    """
    wanted = _folded(prefix)
    ranked: dict[str, int] = {}
    for folded, code in _codes().items():
        if folded.startswith(wanted):
            ranked[code] = min(ranked.get(code, 2), 1)
        elif f" {wanted}" in folded:
            ranked.setdefault(code, 2)
    for code in _names():
        if wanted and code.lower() == wanted:
            ranked[code] = 0
    order = sorted(ranked, key=lambda code: (ranked[code], _folded(_names()[code])))
    return [(code, _names()[code]) for code in order]


def _folded(text: str) -> str:
    """Lower case, without accents, dots, what has no width, and *the*; *and* for ``&``; blanks single."""
    decomposed = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    plain = "".join(c for c in decomposed if not unicodedata.combining(c) and not _drops(c))
    words = "".join(c if c.isalnum() or unicodedata.category(c) == "Mc" else " " for c in plain).split()
    return " ".join(words[1:] if words[:1] == ["the"] and words[1:] else words)


def _drops(character: str) -> bool:
    return character == "." or unicodedata.category(character) == "Cf"


@cache
def _names() -> dict[str, str]:
    """Return the common English name of each alpha-2 code."""
    return {code: _COMMON.get(code, country.apolitical_name) for code, country in _countries()}


@cache
def _codes() -> dict[str, str]:
    """Return the alpha-2 code for each folded name and alpha-3 code; folding them all takes a while."""
    codes: dict[str, str] = {}
    for code, country in _countries():
        also = _ALSO.get(code, "").split("|")
        for name in (_names()[code], country.name, country.apolitical_name, country.alpha3, *also):
            if folded := _folded(name):
                codes.setdefault(folded, code)
    return codes


def _countries() -> "Iterator[tuple[str, Country]]":
    import iso3166

    return ((country.alpha2, country) for country in iso3166.countries if country.alpha2 != _NOT_ASSIGNED)


def _table(rows: str) -> dict[str, str]:
    return {row[:3].strip(): row[3:].strip() for row in rows.split(",")}


STATES: Final = {
    "US": _table(
        "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,"
        "DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,"
        "KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,"
        "MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,"
        "NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,"
        "SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,"
        "WV West Virginia,WI Wisconsin,WY Wyoming,AS American Samoa,GU Guam,MP Northern Mariana Islands,"
        "PR Puerto Rico,VI Virgin Islands"
    ),
    "CA": _table(
        "AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,NL Newfoundland and Labrador,NS Nova Scotia,"
        "NT Northwest Territories,NU Nunavut,ON Ontario,PE Prince Edward Island,QC Quebec,SK Saskatchewan,YT Yukon"
    ),
    "AU": _table(
        "NSWNew South Wales,QLDQueensland,SA South Australia,TASTasmania,VICVictoria,WA Western Australia,"
        "ACTAustralian Capital Territory,NT Northern Territory"
    ),
}
"""By country code: the postal code (in a column of three characters) and the name."""


def state_in_full(country: str, text: str) -> str | None:
    """The name behind a postal code in any case, dots ignored; None when it is none of that country's."""
    return STATES.get(country, {}).get(text.replace(".", "").strip().upper())
