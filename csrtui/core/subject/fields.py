"""The subject of a request: its six fields and their maximum lengths, and additional attributes for a private CA."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import FieldName

_IA5: Final = re.compile(r"[\x20-\x7e]*")
_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*")
_ANY: Final = re.compile(r".*", re.DOTALL)
_MAX_QUOTED = 40
_SEPARATOR: Final = ";"


class AttributeType(NamedTuple):
    """A type of attribute.

    Attributes:
        oid: The object identifier.
        bound: The maximum length in characters (RFC 5280 A.1, X.520).
        allowed: Matches the values that the type's encoding can represent.
    """

    oid: str
    bound: int
    allowed: re.Pattern[str] = _ANY


ATTRIBUTE_TYPES: Final = {
    "emailAddress": AttributeType("1.2.840.113549.1.9.1", 255, _IA5),
    "serialNumber": AttributeType("2.5.4.5", 64, _PRINTABLE),
    "DC": AttributeType("0.9.2342.19200300.100.1.25", 63, _IA5),
    "OU": AttributeType("2.5.4.11", 64),
    "UID": AttributeType("0.9.2342.19200300.100.1.1", 256),
    "GN": AttributeType("2.5.4.42", 64),
    "SN": AttributeType("2.5.4.4", 64),
    "title": AttributeType("2.5.4.12", 64),
    "street": AttributeType("2.5.4.9", 128),
    "postalCode": AttributeType("2.5.4.17", 40),
    "organizationIdentifier": AttributeType("2.5.4.97", 256),
    "businessCategory": AttributeType("2.5.4.15", 128),
    "dnQualifier": AttributeType("2.5.4.46", 64, _PRINTABLE),
    "pseudonym": AttributeType("2.5.4.65", 128),
}
"""The attribute types by their names in openssl and RFC 4519."""
_NAMES: Final = {name.casefold(): name for name in ATTRIBUTE_TYPES}
TYPES_BY_OID: Final = {attribute.oid: name for name, attribute in ATTRIBUTE_TYPES.items()}
"""The names of the types by their object identifiers."""


class Attribute(NamedTuple):
    """An attribute of a subject: a key of `ATTRIBUTE_TYPES` and a value."""

    type: str
    value: str

    @property
    def text(self) -> str:
        """The attribute as it is typed: ``OU=Research``."""
        return f"{self.type}={self.value}"

    @property
    def details(self) -> AttributeType:
        """The type of the attribute."""
        return ATTRIBUTE_TYPES[self.type]


def read_attribute(text: str) -> Attribute:
    """Return the attribute in a text such as ``OU=Research``.

    Raises:
        InputError: The text has no "=", or the type is unknown.
    """
    name, separator, value = text.partition("=")
    known = _NAMES.get(name.strip().casefold())
    if not separator or known is None:
        raise InputError(
            f'"{visible(text[:_MAX_QUOTED])}" is not TYPE=VALUE with a known type',
            f"types: {', '.join(ATTRIBUTE_TYPES)}",
        )
    return Attribute(known, value)


def read_attributes(text: str) -> tuple[Attribute, ...]:
    """Return the attributes in a text such as ``OU=Research; UID=4711``. A semicolon always ends a value.

    Raises:
        InputError: A part has no "=", or its type is unknown.
    """
    return tuple(read_attribute(part.strip()) for part in text.split(_SEPARATOR) if part.strip())


def attributes_text(attributes: Iterable[Attribute]) -> str:
    """Return attributes as text for `read_attributes`, without those that it cannot read back (`fits_text`)."""
    return f"{_SEPARATOR} ".join(attribute.text for attribute in attributes if fits_text(attribute))


def fits_text(attribute: Attribute) -> bool:
    """Return whether `read_attributes` can read an attribute back: its value has no semicolon and no trailing blank."""
    return _SEPARATOR not in attribute.value and attribute.value == attribute.value.rstrip()


UPPER_BOUNDS = {
    FieldName.COUNTRY: 2,
    FieldName.STATE: 128,
    FieldName.LOCALITY: 128,
    FieldName.ORGANIZATION: 64,
    FieldName.ORGANIZATIONAL_UNIT: 64,
    FieldName.COMMON_NAME: 64,
}
"""Maximum length of each field in characters, not octets (RFC 5280 A.1, BR 7.1.4.2)."""


class SubjectFields(NamedTuple):
    """The subject of a request as the CSR contains it. Missing fields are None, never empty.

    Their names and their order are those of the form and of JSON, not the order of the CSR. `attributes` are the
    additional attributes for a private CA, which come after the six fields.
    """

    common_name: str | None = None
    organization: str | None = None
    organizational_unit: str | None = None
    country: str | None = None
    state: str | None = None
    locality: str | None = None
    attributes: tuple[Attribute, ...] = ()

    @property
    def units(self) -> tuple[str, ...]:
        """The values of all OUs."""
        additional = tuple(attribute.value for attribute in self.attributes if attribute.type == "OU")
        return (self.organizational_unit, *additional) if self.organizational_unit else additional


class SubjectInput(NamedTuple):
    """The subject fields as the user entered them, without the common name. Empty fields are empty strings."""

    organization: str = ""
    organizational_unit: str = ""
    country: str = ""
    state: str = ""
    locality: str = ""

    def text(self, name: FieldName) -> str:
        """Return the text of one field."""
        text: str = getattr(self, name.value)
        return text
