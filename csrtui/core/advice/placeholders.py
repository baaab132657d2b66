"""Placeholders: defaults of openssl and of forms, and words for *nothing*; and the real places with such names."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from csrtui.core.base.finding import FieldName
from csrtui.core.subject import countries

_PLACEHOLDERS: Final = frozenset({
    # openssl.cnf as OpenSSL, Debian and Red Hat ship it
    "some-state", "internet widgits pty ltd", "default city", "default company ltd", "my company ltd",
    "newbury", "berkshire", "organization name", "organizational unit name", "locality name",
    # the names of the fields
    "state", "province", "state or province", "city", "locality", "country", "company", "company name",
    "organization", "organisation", "organizational unit", "unit", "department", "your company", "your organization",
    "your state", "your city", "your company name", "mycompany", "my company", "my organization", "my city", "my state",
    # nothing, in words
    "n/a", "n.a.", "na", "none", "nil", "null", "unknown", "undefined", "empty", "blank", "not applicable",
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
"""Places that have the name of a placeholder: the field and the name in lower case, and the countries."""


_NOTHING: Final = frozenset({"none", "na"})
"""Of the names of places, those that mean nothing in every country but the ones listed."""


class Likelihood(Enum):
    """How likely it is that a text is only a placeholder."""

    CERTAIN = auto()
    POSSIBLE = auto()
    """A real place may have this name: no country is given, or the table does not list the country."""


def placeholder(field: FieldName, text: str, country: str) -> Likelihood | None:
    """Return how likely a text is only a placeholder: from the table, or without a letter; None for real text.

    Args:
        field: The field.
        text: Its text, trimmed; case does not matter.
        country: The country field as typed. A place of that country is real.
    """
    if not any(character.isalnum() for character in text):
        return Likelihood.CERTAIN if text else None
    folded = text.casefold()
    if field is FieldName.COUNTRY and len(text) == 2:  # noqa: PLR2004 - a code, such as Namibia's NA
        return None
    if folded not in _PLACEHOLDERS:
        return None
    homes = _PLACES.get((field, folded))
    if homes is None:
        return Likelihood.CERTAIN
    code = countries.find_country(country)
    if code in homes:
        return None
    return Likelihood.CERTAIN if code and folded in _NOTHING else Likelihood.POSSIBLE


def is_placeholder(field: FieldName, text: str, country: str) -> bool:
    """Return whether a trimmed text is certainly only a placeholder; see `placeholder`."""
    return placeholder(field, text, country) is Likelihood.CERTAIN
