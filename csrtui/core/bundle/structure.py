"""What a DER encoding is, told by its structure: labels and file names are often wrong."""

from enum import Enum, auto

from csrtui.core.base.ber import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, BerError, Node, parse, read_node
from csrtui.core.bundle import pfx

_CONTEXT_0 = 0xA0
_PKCS7 = "1.2.840.113549.1.7."
_RSA_INTEGERS, _DSA_INTEGERS = 9, 6
"""How many numbers the private keys of PKCS #1 and OpenSSL's DSA consist of."""
_SIGNED = 3


class Structure(Enum):
    """The structures that are told apart."""

    CERTIFICATE = auto()
    """RFC 5280, 4.1."""
    REQUEST = auto()
    """RFC 2986, 4."""
    PKCS7 = auto()
    """ContentInfo (RFC 5652, 3)."""
    PKCS12 = auto()
    """PFX (RFC 7292, 4)."""
    PRIVATE_KEY = auto()
    """PKCS #8, PKCS #1, SEC 1 or OpenSSL's DSA."""
    ENCRYPTED_PRIVATE_KEY = auto()
    """EncryptedPrivateKeyInfo (RFC 5958, 3)."""
    OTHER = auto()
    """Something else that begins as DER does: a public key, a CRL, parameters."""


def structure_of(der: bytes) -> Structure:
    """Return what the first encoding in DER is."""
    root = parse(der)
    if root is None or root.tag != SEQUENCE:
        return Structure.OTHER
    try:
        parts = root.children()
        return _of(der, parts) if parts else Structure.OTHER
    except (ValueError, IndexError):
        return Structure.OTHER


def _of(der: bytes, parts: list[Node]) -> Structure:
    tags = [part.tag for part in parts]
    match tags:
        case [0x06, *_] if (parts[0].oid or "").startswith(_PKCS7):
            return Structure.PKCS7
        case [0x02, 0x30, *_] if pfx.is_pfx(der):
            return Structure.PKCS12
        case [0x02, 0x30, 0x04, *_] | [0x02, 0x04, *_]:
            return Structure.PRIVATE_KEY
        case [0x30, 0x04] if parts[0].children()[0].tag == OID:
            return Structure.ENCRYPTED_PRIVATE_KEY
        case [0x30, 0x30, 0x03]:
            return _of_signed(parts[0].children())
    is_numbers = tags.count(INTEGER) == len(tags) and len(tags) in {_RSA_INTEGERS, _DSA_INTEGERS}
    return Structure.PRIVATE_KEY if is_numbers else Structure.OTHER


def _of_signed(parts: list[Node]) -> Structure:
    """Tell a certificate, a CSR and a CRL apart by what is signed."""
    if parts[0].tag == _CONTEXT_0:
        return Structure.CERTIFICATE
    if parts[0].tag != INTEGER or len(parts) < _SIGNED or parts[1].tag != SEQUENCE:
        return Structure.OTHER
    name = parts[1].children()
    if not name or name[0].tag == SET:
        return Structure.REQUEST
    # version 1 of a certificate: serial number, algorithm, issuer, validity; a CRL has a time in its place
    return Structure.CERTIFICATE if len(parts) > _SIGNED and parts[3].tag == SEQUENCE else Structure.OTHER


def is_private_beginning(data: bytes) -> bool:
    """Whether bytes begin as DER of a private key does, also where the end is missing."""
    try:
        start = _contents(data)
        first = read_node(data, start)
    except BerError:
        return False
    if first.tag == INTEGER:
        return True
    return first.tag == SEQUENCE and data[first.end : first.end + 1] == bytes([OCTET_STRING])


def _contents(data: bytes) -> int:
    """Where the contents of the SEQUENCE begin.

    Raises:
        BerError: There is none.
    """
    if data[:1] != bytes([SEQUENCE]) or len(data) < 2:  # noqa: PLR2004 - tag and length
        raise BerError("no SEQUENCE")
    return 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
