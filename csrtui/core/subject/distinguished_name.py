"""Distinguished names: written in the order of the Baseline Requirements, shown as RFC 4514 does."""

import re
from typing import TYPE_CHECKING

from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from cryptography import x509

_SPECIAL = frozenset('"+,;<>\\')
"""What RFC 4514, 2.4 escapes with a backslash wherever it stands."""
_PLAIN = re.compile(r"[A-Za-z0-9.*-]+(?: [A-Za-z0-9.*-]+)*")
"""Most values there are: nothing in them is escaped, so that they need not be looked at letter by letter."""


def encode(subject: SubjectFields) -> "x509.Name":
    """Return the X.509 name: C, ST, L, O, OU, CN, one attribute in each RDN (BR 7.1.4.2).

    The country becomes a PrintableString, all else UTF8String. The fields are within their bounds:
    the advisor has seen them.
    """
    from cryptography import x509
    from cryptography.x509 import NameOID

    in_order = (
        (NameOID.COUNTRY_NAME, subject.country),
        (NameOID.STATE_OR_PROVINCE_NAME, subject.state),
        (NameOID.LOCALITY_NAME, subject.locality),
        (NameOID.ORGANIZATION_NAME, subject.organization),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, subject.organizational_unit),
        (NameOID.COMMON_NAME, subject.common_name),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in in_order if value is not None])


def decode(name: "x509.Name") -> SubjectFields:
    """Return the fields of a name as they stand in it; of an attribute that is there twice, the first."""
    from cryptography.x509 import NameOID

    def first(oid: "x509.ObjectIdentifier") -> str | None:
        found = name.get_attributes_for_oid(oid)
        return _text(found[0].value) if found else None

    return SubjectFields(
        common_name=first(NameOID.COMMON_NAME),
        organization=first(NameOID.ORGANIZATION_NAME),
        organizational_unit=first(NameOID.ORGANIZATIONAL_UNIT_NAME),
        country=first(NameOID.COUNTRY_NAME),
        state=first(NameOID.STATE_OR_PROVINCE_NAME),
        locality=first(NameOID.LOCALITY_NAME),
    )


def rfc4514(name: "x509.Name") -> str:
    r"""Return the name as RFC 4514 writes it, the last RDN first, safe to show as it is.

    Beyond what the RFC demands, every character that does not print is written as the hexadecimal pairs
    of its UTF-8 (``\1B``), which the RFC allows: cryptography's own rendering leaves them raw.
    """
    return ",".join(
        "+".join(f"{part.rfc4514_attribute_name}={escape_value(_text(part.value))}" for part in rdn)
        for rdn in reversed(name.rdns)
    )


def escape_value(value: str) -> str:
    """Return an attribute's value escaped as RFC 4514, 2.4 says."""
    if _PLAIN.fullmatch(value):
        return value
    last = len(value) - 1
    return "".join(
        _escape(character, at_start=at == 0, at_end=at == last) for at, character in enumerate(value)
    )


def _escape(character: str, *, at_start: bool, at_end: bool) -> str:
    if character in _SPECIAL:
        return f"\\{character}"
    if (character == " " and (at_start or at_end)) or (character == "#" and at_start):
        return f"\\{character}"
    if not character.isprintable():
        return "".join(f"\\{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
    return character


def _text(value: str | bytes) -> str:
    """An attribute's value as text; a BIT STRING (x500UniqueIdentifier) as its hexadecimal digits."""
    return value if isinstance(value, str) else value.hex()
