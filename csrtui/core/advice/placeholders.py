"""Recognize placeholders in subject fields: defaults of openssl, labels of forms, and words that mean "none"."""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from csrtui.core.base.finding import FieldName
from csrtui.core.subject import countries

_PLACEHOLDERS: Final = frozenset({
    # the defaults in openssl.cnf from OpenSSL, Debian and Red Hat
    "some-state", "internet widgits pty ltd", "default city", "default company ltd", "my company ltd",
    "newbury", "berkshire", "organization name", "organizational unit name", "locality name",
    # field labels
    "state", "province", "state or province", "city", "locality", "country", "company", "company name",
    "organization", "organisation", "organizational unit", "unit", "department", "your company", "your organization",
    "your state", "your city", "your company name", "mycompany", "my company", "my organization", "my city", "my state",
    # words that mean "none"
    "n/a", "n.a.", "na", "none", "nil", "null", "unknown", "undefined", "empty", "blank", "not applicable",
    "#n/a", "#name?", "#ref!", "#value!", "#div/0!", "#num!", "#null!",  # errors of spreadsheets
    "todo", "tbd", "test", "testing", "asdf", "qwerty", "xxx", "xxxx", "foo", "bar", "foobar", "placeholder",
})  # fmt: skip
_PLACES: Final[Mapping[tuple[FieldName, str], frozenset[str]]] = {
    (FieldName.LOCALITY, "bar"): frozenset({"ME", "UA", "FR"}),
    (FieldName.STATE, "bar"): frozenset({"ME"}),
    (FieldName.LOCALITY, "none"): frozenset({"IT"}),
    (FieldName.STATE, "na"): frozenset({"ES", "IT"}),  # ISO 3166-2: Navarra, Napoli
    (FieldName.LOCALITY, "newbury"): frozenset({"GB", "US"}),
    (FieldName.STATE, "berkshire"): frozenset({"GB"}),
    (FieldName.LOCALITY, "berkshire"): frozenset({"US"}),
}
"""Countries in which a placeholder is the name of a real place, by field and lower-case name."""
_CERTAIN_ELSEWHERE: Final = frozenset({"none", "na"})
"""Names in `_PLACES` that are certainly placeholders in every other country."""


_DELIMITERS: Final = (("{{", "}}"), ("${", "}"), ("<%", "%>"), ("{%", "%}"))
"""The delimiters of variables in templates (Jinja, shell, ERB)."""
_WHOLE_VARIABLE: Final = re.compile(r"\$\(?\w+\)?|%\w+%|@\w+@")
"""Matches variables that are recognized only if they are the whole text."""


def has_template(text: str) -> bool:
    """Return whether a text contains a variable of a template, such as ``{{ host }}``, that was not replaced."""
    is_delimited = any(closing in text.partition(opening)[2] for opening, closing in _DELIMITERS)
    return is_delimited or _WHOLE_VARIABLE.fullmatch(text) is not None


class Likelihood(Enum):
    """The likelihood that a text is a placeholder."""

    CERTAIN = auto()
    TEMPLATE = auto()
    """The text contains a variable of a template."""
    POSSIBLE = auto()
    """The text may be the name of a real place, because the country is empty or is not in the table."""


def placeholder_likelihood(field: FieldName, text: str, country: str) -> Likelihood | None:
    """Return the likelihood that a text is a placeholder, or None if it is not one.

    A placeholder is in the table, contains a variable of a template, or has neither a letter nor a digit. The name of a
    place in this country is not a placeholder. `text` is trimmed, and `country` is as entered.
    """
    if not any(character.isalnum() for character in text):
        return Likelihood.CERTAIN if text else None
    if has_template(text):
        return Likelihood.TEMPLATE
    folded = text.casefold()
    is_code = field is FieldName.COUNTRY and len(text) == 2  # noqa: PLR2004 - a code, such as Namibia's NA
    if is_code or folded not in _PLACEHOLDERS:
        return None
    place_countries = _PLACES.get((field, folded))
    if place_countries is None:
        return Likelihood.CERTAIN
    code = countries.find_country(country)
    if code in place_countries:
        return None
    return Likelihood.CERTAIN if code and folded in _CERTAIN_ELSEWHERE else Likelihood.POSSIBLE


def is_placeholder(field: FieldName, text: str, country: str) -> bool:
    """Return whether a trimmed text is certainly a placeholder (`placeholder_likelihood`)."""
    return placeholder_likelihood(field, text, country) is Likelihood.CERTAIN
