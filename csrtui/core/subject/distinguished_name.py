"""Encode and decode distinguished names, and format them as RFC 4514 text."""

import re
import warnings
from typing import TYPE_CHECKING

from csrtui.core.subject.fields import TYPES_BY_OID, Attribute, SubjectFields

if TYPE_CHECKING:
    from cryptography import x509

_SPECIAL = frozenset('"+,;<>\\')
"""The characters that must be escaped with a backslash at any position (RFC 4514, 2.4)."""
FIELDS_BY_OID = {
    "2.5.4.6": "country",
    "2.5.4.8": "state",
    "2.5.4.7": "locality",
    "2.5.4.10": "organization",
    "2.5.4.11": "organizational_unit",
    "2.5.4.3": "common_name",
}
"""The fields of `SubjectFields` by the object identifiers of their attributes (RFC 5280 A.1), in the order of a CSR."""
_PLAIN = r"[A-Za-z0-9.*-]+(?: [A-Za-z0-9.*-]+)*"
"""Matches values that need no escaping. Most values match and skip the slower check of each character."""


def encode(subject: SubjectFields) -> "x509.Name":
    """Return the fields as an X.509 name in the order C, ST, L, O, OU, CN, with one attribute in each RDN (BR 7.1.4.2).

    The country is encoded as a PrintableString, and all other fields as UTF8String. The advisor has already checked
    that the fields are within `UPPER_BOUNDS`.
    """
    from cryptography import x509

    attributes = (
        *((oid, getattr(subject, field)) for oid, field in FIELDS_BY_OID.items()),
        *((attribute.details.oid, attribute.value) for attribute in subject.attributes),
    )
    return x509.Name(
        [_attribute(x509.ObjectIdentifier(oid), value) for oid, value in attributes if value is not None]
    )


def _attribute(oid: "x509.ObjectIdentifier", value: str) -> "x509.NameAttribute[str]":
    """Return an attribute. cryptography's own length check counts octets instead of characters, so it is skipped."""
    from cryptography import x509

    if value.isascii():
        return x509.NameAttribute(oid, value)
    with warnings.catch_warnings(action="ignore"):
        return x509.NameAttribute(oid, value, _validate=False)


def decode(name: "x509.Name") -> SubjectFields:
    """Return the fields of a name. If a field occurs more than once, use its first value.

    If csrtui knows the types of the other attributes, they are returned too, in their order. `fields_of` decides
    whether an OU is a field or one of the others.
    """
    fields: dict[str, str] = {}
    others = []
    known_fields = fields_of(name)
    for attribute in name:
        oid = attribute.oid.dotted_string
        field = known_fields.get(oid)
        if field is not None and field not in fields:
            fields[field] = _text(attribute.value)
        elif oid in TYPES_BY_OID:
            others.append(Attribute(TYPES_BY_OID[oid], _text(attribute.value)))
    return SubjectFields(**fields, attributes=tuple(others))


def fields_of(name: "x509.Name") -> dict[str, str]:
    """Return the fields to read from a name, by their object identifiers.

    `encode` writes additional attributes after all fields. So if the only OUs come after all other fields, they are
    additional attributes, and the OU field is left out of the result.
    """
    fields = [FIELDS_BY_OID.get(attribute.oid.dotted_string) for attribute in name]
    if "organizational_unit" in fields:
        index = fields.index("organizational_unit")
        before, after = fields[:index], set(fields[index + 1 :])
        if ("common_name" in before or None in before) and after <= {None, "organizational_unit"}:
            return {oid: field for oid, field in FIELDS_BY_OID.items() if field != "organizational_unit"}
    return FIELDS_BY_OID


def rfc4514(name: "x509.Name") -> str:
    r"""Return the name as RFC 4514 text, last RDN first. The text contains only printable characters.

    Other characters are written as their UTF-8 octets in hexadecimal pairs (``\1B``). RFC 4514 permits this but does
    not require it, and cryptography's `rfc4514_string` leaves such characters unescaped.
    """
    return ",".join(
        "+".join(
            f"{attribute.rfc4514_attribute_name}={escape_value(_text(attribute.value))}" for attribute in rdn
        )
        for rdn in reversed(name.rdns)
    )


def escape_value(value: str) -> str:
    """Return an attribute value, escaped according to RFC 4514, 2.4."""
    if re.fullmatch(_PLAIN, value):
        return value
    escaped = "".join(map(_escape, value))
    if value.startswith((" ", "#")):
        escaped = f"\\{escaped}"
    return f"{escaped[:-1]}\\ " if value.endswith(" ") and len(value) > 1 else escaped


def _escape(character: str) -> str:
    if character in _SPECIAL:
        return f"\\{character}"
    if not character.isprintable():
        return "".join(f"\\{octet:02X}" for octet in character.encode("utf-8", "surrogatepass"))
    return character


def _text(value: str | bytes) -> str:
    """Return an attribute value as text. Return a BIT STRING (x500UniqueIdentifier) as hexadecimal digits."""
    return value if isinstance(value, str) else value.hex()
