"""Look up countries and states by their codes and by the names that people use.

Country codes are ISO 3166-1 alpha-2 (from `iso3166`). The postal codes of states are from USPS Publication 28, appendix
B, from Canada Post's guidelines, and from ISO 3166-2:AU.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iso3166 import Country

_MISTAKEN_CODES: Final = {
    "UK": "GB", "EL": "GR", "EN": "GB", "ENG": "GB", "SCO": "GB", "WAL": "GB", "GER": "DE", "USA": "US", "SUI": "CH",
}  # fmt: skip
"""The correct code for each common mistake: a top-level domain, an EU code, a language code or a sports code."""

_COMMON_NAMES: Final = {
    "BN": "Brunei", "BO": "Bolivia", "CD": "Congo (Kinshasa)", "CG": "Congo (Brazzaville)", "FK": "Falkland Islands",
    "FM": "Micronesia", "GB": "United Kingdom", "IR": "Iran", "KP": "North Korea", "KR": "South Korea", "LA": "Laos",
    "MD": "Moldova", "MF": "Saint Martin", "NL": "Netherlands", "PS": "Palestine", "RU": "Russia",
    "SX": "Sint Maarten", "SY": "Syria", "TR": "Turkey", "TW": "Taiwan", "TZ": "Tanzania", "US": "United States",
    "VA": "Vatican City", "VE": "Venezuela", "VG": "British Virgin Islands", "VI": "US Virgin Islands",
    "VN": "Vietnam",
}  # fmt: skip
"""The common English names of countries whose name in ISO 3166 is different."""

_OTHER_NAMES: Final = {
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
"""Other names of countries, separated by vertical bars: names in official languages (CLDR) and other common forms."""

_NOT_ASSIGNED: Final = "XK"
"""Kosovo's code in `iso3166`. ISO 3166-1 reserves it for private use, so public CAs reject it (BR 7.1.2.7.4)."""
NO_CODE: Final = "XX"
"""The user-assigned code that public CAs may use for a country without an official code (BR 7.1.2.7.4)."""
_WITHOUT_CODE: Final = frozenset({"xk", "xkx", "kosovo", "kosova", "косово"})


def name_of(code: str) -> str | None:
    """Return the common English name for an upper-case alpha-2 code, or None if the code is not assigned."""
    return _names_by_code().get(code)


def is_code(text: str) -> bool:
    """Return whether a text in any case is a country code for a subject: alpha-2 or `NO_CODE`."""
    code = text.upper()
    has_form = text.isascii() and len(text) == 2  # noqa: PLR2004 - check this first to avoid importing `iso3166`
    return has_form and (code == NO_CODE or _is_assigned(code))


def _is_assigned(code: str) -> bool:
    return code in _OTHER_NAMES or code in _names_by_code()  # importing `iso3166` takes 1 ms


def is_without_code(text: str) -> bool:
    """Return whether a text is the code or name of a country without an official code (Kosovo)."""
    return _fold(text) in _WITHOUT_CODE


def find_country(text: str) -> str | None:
    """Return the alpha-2 code of a country, or None. The text can be its name, an ISO code, or a common wrong code.

    Case, accents, dots, zero-width characters and a leading "the" are ignored, and ``&`` is equal to "and".
    """
    folded = _fold(text)
    code = folded.upper()
    if _is_assigned(code):
        return code
    return _MISTAKEN_CODES.get(code) or _codes_by_name().get(folded)


def search(prefix: str) -> list[tuple[str, str]]:
    """Return the codes and common names of the countries that match a prefix. An empty prefix matches all countries.

    The country whose code is the prefix comes first. Next are countries with a name that begins with the prefix, then
    those with a later word that begins with it. Each group is sorted by common name.
    """
    start, names = _fold(prefix), _names_by_code()
    ranks: dict[str, int] = {}
    for name, code in _codes_by_name().items():
        if name.startswith(start):
            ranks[code] = 1
        elif f" {start}" in name:
            ranks.setdefault(code, 2)
    if start.upper() in names:
        ranks[start.upper()] = 0
    order = sorted(ranks, key=lambda code: (ranks[code], _fold(names[code])))
    return [(code, names[code]) for code in order]


def _fold(text: str) -> str:
    """Return a text normalized for the comparison of names (`find_country`). Punctuation becomes a space."""
    decomposed = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    plain = "".join(
        c for c in decomposed if not unicodedata.combining(c) and c != "." and unicodedata.category(c) != "Cf"
    )
    words = "".join(c if c.isalnum() or unicodedata.category(c) == "Mc" else " " for c in plain).split()
    return " ".join(words[1:] if words[:1] == ["the"] and words[1:] else words)


@cache
def _names_by_code() -> dict[str, str]:
    """Return the common English name of each alpha-2 code."""
    return {code: _COMMON_NAMES.get(code, country.apolitical_name) for code, country in _countries()}


@cache
def _codes_by_name() -> dict[str, str]:
    """Return the alpha-2 code for each folded name and alpha-3 code. Folding is slow, so the result is cached."""
    codes: dict[str, str] = {}
    for code, country in _countries():
        other_names = _OTHER_NAMES.get(code, "").split("|")
        for name in (
            _names_by_code()[code],
            country.name,
            country.apolitical_name,
            country.alpha3,
            *other_names,
        ):
            if folded := _fold(name):
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
"""The postal code and name of each state, by country code. `_table` reads the code from the first three characters."""


def state_name(country: str, abbreviation: str) -> str | None:
    """Return the name of the state with this postal code, or None if the country has no such code.

    Case and dots are ignored.
    """
    return STATES.get(country, {}).get(abbreviation.replace(".", "").strip().upper())
