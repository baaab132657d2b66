"""Countries: codes (ISO 3166-1 alpha-2, from `iso3166`), the names people give them, and the usual slips.

`iso3166` is imported when the first country is asked for: loading it costs 10 ms.
"""

import unicodedata
from functools import cache
from typing import Final, NamedTuple

_SLIPS: Final = {
    "UK": "GB",
    "EN": "GB",
    "ENG": "GB",
    "SCO": "GB",
    "WAL": "GB",
    "GER": "DE",
    "USA": "US",
    "SUI": "CH",
}
"""What is typed for a code and is none: the domain's ending, the language, the sport's sign."""

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
    "AE": "UAE|Emirates|الإمارات", "AL": "Shqiperia", "AM": "Hayastan", "AR": "Republica Argentina",
    "AT": "Österreich", "AZ": "Azerbaycan", "BA": "Bosna i Hercegovina|Bosnia", "BE": "België|Belgique|Belgien",
    "BG": "България|Bulgariya", "BR": "Brasil", "BY": "Беларусь|Byelorussia", "CH": "Schweiz|Suisse|Svizzera|Svizra",
    "CI": "Ivory Coast", "CN": "中国|PRC|People's Republic of China", "CV": "Cape Verde",
    "CY": "Κύπρος|Kypros|Kibris", "CZ": "Czech Republic|Česko|Česká republika|Tschechien",
    "DE": "Deutschland|Allemagne|Alemania|Bundesrepublik Deutschland|Federal Republic of Germany",
    "DK": "Danmark", "DO": "Republica Dominicana", "DZ": "الجزائر|Algerie", "EE": "Eesti", "EG": "مصر|Misr",
    "ES": "España|Espagne|Spanien", "FI": "Suomi", "FR": "France métropolitaine|Frankreich|Francia",
    "GB": "Great Britain|Britain|England|Scotland|Wales|Northern Ireland|United Kingdom of Great Britain",
    "GE": "Sakartvelo|საქართველო", "GR": "Ελλάδα|Hellas|Ellada|Hellenic Republic", "HK": "香港", "HR": "Hrvatska",
    "HU": "Magyarország", "IE": "Éire|Republic of Ireland", "IL": "ישראל|Yisrael", "IN": "Bharat|भारत",
    "IQ": "العراق", "IS": "Ísland", "IT": "Italia|Italien|Italie", "JO": "الأردن", "JP": "日本|Nippon|Nihon",
    "KR": "Korea|Republic of Korea|대한민국|한국|Hanguk", "KZ": "Қазақстан|Qazaqstan", "LB": "لبنان|Liban",
    "LI": "Fürstentum Liechtenstein", "LT": "Lietuva", "LU": "Lëtzebuerg|Luxemburg", "LV": "Latvija",
    "MA": "المغرب|Maroc", "ME": "Crna Gora", "MK": "Macedonia|Северна Македонија", "MX": "México",
    "NL": "Nederland|Holland|The Netherlands|Niederlande|Pays-Bas", "NO": "Norge|Noreg", "NZ": "Aotearoa",
    "PE": "Perú", "PH": "Pilipinas", "PL": "Polska", "PT": "Republica Portuguesa", "QA": "قطر",
    "RO": "România", "RS": "Srbija|Србија", "RU": "Россия|Rossiya", "SA": "السعودية|KSA", "SE": "Sverige",
    "SG": "Singapura|新加坡", "SI": "Slovenija", "SK": "Slovensko|Slovak Republic", "SZ": "Swaziland",
    "TH": "ประเทศไทย|ไทย", "TN": "تونس|Tunisie", "TR": "Türkiye|Turkiye", "TW": "台灣|臺灣", "UA": "Україна|Ukrayina",
    "US": "America|USA|United States of America|Estados Unidos|États-Unis", "VA": "Holy See", "VN": "Việt Nam",
    "ZA": "Suid-Afrika|RSA",
}  # fmt: skip
"""What countries are called at home, and by others, besides their English names."""


_NOT_ASSIGNED: Final = "XK"
"""Kosovo: in the package, but a code for private use in the standard, which public CAs refuse (BR 7.1.2.7.4)."""


class _Tables(NamedTuple):
    names: dict[str, str]
    codes: dict[str, str]


def name_of(code: str) -> str | None:
    """The common English name behind an alpha-2 code in capitals; None when it is no code."""
    return _tables().names.get(code)


def find_country(text: str) -> str | None:
    """The alpha-2 code that is meant: a code in any case, a slip, an alpha-3 code, or a country's name.

    Accents, case, dots and a leading *the* do not matter. None when nothing fits.
    """
    folded = _folded(text)
    code = folded.upper()
    if code in _tables().names:
        return code
    return _SLIPS.get(code) or _tables().codes.get(folded)


def search(prefix: str) -> list[tuple[str, str]]:
    """Codes and common names that fit what was typed so far: the code first, then names by their start.

    A name fits when one of its words, or another name of the country, begins so. Nothing typed: all.
    """
    wanted = _folded(prefix)
    tables = _tables()
    ranked: dict[str, int] = {}
    for folded, code in tables.codes.items():
        if folded.startswith(wanted):
            ranked[code] = min(ranked.get(code, 2), 1)
        elif f" {wanted}" in folded:
            ranked.setdefault(code, 2)
    for code in tables.names:
        if wanted and code.lower() == wanted:
            ranked[code] = 0
    order = sorted(ranked, key=lambda code: (ranked[code], _folded(tables.names[code])))
    return [(code, tables.names[code]) for code in order]


def _folded(text: str) -> str:
    """Lower case, without accents, dots, and *the*; blanks single."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in decomposed if not unicodedata.combining(c) and c != ".")
    words = "".join(c if c.isalnum() or unicodedata.category(c) == "Mc" else " " for c in plain).split()
    return " ".join(words[1:] if words[:1] == ["the"] and words[1:] else words)


@cache
def _tables() -> _Tables:
    import iso3166

    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    for country in iso3166.countries:
        code = country.alpha2
        if code == _NOT_ASSIGNED:
            continue
        names[code] = _COMMON.get(code, country.apolitical_name)
        for name in (
            names[code],
            country.name,
            country.apolitical_name,
            country.alpha3,
            *_ALSO.get(code, "").split("|"),
        ):
            if folded := _folded(name):
                codes.setdefault(folded, code)
    return _Tables(names, codes)
