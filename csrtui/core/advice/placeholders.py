"""What stands in a field without saying anything: defaults of openssl and of forms, and *nothing* in words."""

from typing import Final

from csrtui.core.finding import FieldName

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
_REAL_SOMEWHERE: Final = {
    FieldName.LOCALITY: frozenset({"newbury"}),
    FieldName.STATE: frozenset({"berkshire"}),
}
"""Old defaults of Red Hat that are also a town and a county: in their own field they may be meant."""


def is_placeholder(field: FieldName, text: str) -> bool:
    """Whether a trimmed text, in any case, only holds a field's place: from the table, or without a letter."""
    if not any(character.isalnum() for character in text):
        return bool(text)
    if field is FieldName.COUNTRY and len(text) == 2:  # noqa: PLR2004 - a code, such as Namibia's NA
        return False
    folded = text.casefold()
    return folded in _PLACEHOLDERS and folded not in _REAL_SOMEWHERE.get(field, frozenset())
