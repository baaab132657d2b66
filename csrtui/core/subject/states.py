"""States and provinces by their postal codes, where a subject must have them in full.

United States: USPS Publication 28, appendix B; Canada: Canada Post's guidelines; Australia: ISO 3166-2:AU.
"""

from typing import Final


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
