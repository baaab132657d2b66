"""Split a file into its keys, CSRs and certificates, still in DER, and recognize each item by its structure.

Structures are used because labels and file names are often wrong. PKCS #7 and CMS (RFC 5652, 5.1) are unpacked
certificate by certificate, so a damaged certificate does not hide the others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from csrtui.core.base import asn1
from csrtui.core.base.asn1 import BerError, Node
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.bundle import pfx
from csrtui.core.bundle.key_material import ProblemKind
from csrtui.core.bundle.pem import EncodedBlock

MAX_ITEMS = 500
"""The maximum number of items to read, more than in any list of trusted CAs."""
CA_FILE_HINT = "give what the CA sent: PEM, DER or PKCS #7"
_CONTEXT_0 = 0xA0
_PKCS7 = "1.2.840.113549.1.7."
_SIGNED_DATA, _ENVELOPED_DATA = f"{_PKCS7}2", f"{_PKCS7}3"
MULTI_PRIME_TAGS = [asn1.INTEGER] * 9 + [asn1.SEQUENCE]
"""The tags in an RSA private key in PKCS #1 with more than two primes (RFC 8017, A.1.2)."""
_RSA_INTEGERS, _DSA_INTEGERS = 9, 6
"""The number of INTEGERs in a private key in PKCS #1 and in OpenSSL's DSA format."""
_MIN_REQUEST_PARTS = 3
_PRINTABLE = frozenset(range(32, 127)) | {9, 10, 13}
_MIN_OCTETS = 40
"""The minimum size of a key, CSR or certificate, in octets."""
_LONG_LENGTHS = frozenset({b"\x80", b"\x81", b"\x82", b"\x83"})
"""The possible first octets of the length field of a key, CSR or certificate."""
_LABEL_WORDS = ("CERTIFICATE", "PRIVATE KEY", "PKCS", "CMS")
"""The words in the labels of blocks that should be readable."""


class Structure(Enum):
    """The ASN.1 structure of an item."""

    CERTIFICATE = auto()
    """RFC 5280, 4.1."""
    REQUEST = auto()
    """RFC 2986, 4."""
    PKCS7 = auto()
    """ContentInfo (RFC 5652, 3)."""
    PKCS12 = auto()
    """PFX (RFC 7292, 4)."""
    PRIVATE_KEY = auto()
    """PKCS #8, PKCS #1, SEC 1 or OpenSSL's DSA format."""
    ENCRYPTED_PRIVATE_KEY = auto()
    """EncryptedPrivateKeyInfo (RFC 5958, 3)."""
    OTHER = auto()
    """Any other structure, such as a public key, a CRL or parameters."""


PRIVATE = frozenset({Structure.PRIVATE_KEY, Structure.ENCRYPTED_PRIVATE_KEY})
SIGNED = frozenset({Structure.CERTIFICATE, Structure.REQUEST})


@dataclass(frozen=True, slots=True)
class DerItem:
    """An undecoded item of a file.

    Attributes:
        structure: The structure of the item, or the structure that its label suggests if the block cannot be decoded.
        der: The DER octets, or empty bytes if the block cannot be decoded.
        block: The block that contains the item.
    """

    structure: Structure
    der: bytes
    block: EncodedBlock

    @property
    def is_private(self) -> bool:
        """Whether the structure or the label is that of a private key."""
        return "PRIVATE KEY" in self.block.label or self.structure in PRIVATE

    @property
    def is_expected(self) -> bool:
        """Whether csrtui should be able to read the item. False for CRLs, parameters, public keys and other base64."""
        block = self.block
        if any(word in block.label for word in _LABEL_WORDS):
            return True
        if block.body is None:
            return not block.label
        return self.structure is not Structure.OTHER and block.cipher is None

    @property
    def problem_kind(self) -> ProblemKind:
        """The kind of a problem with this item."""
        if self.is_private or self.structure is Structure.PKCS12:
            return ProblemKind.KEY
        if self.structure is Structure.REQUEST or "REQUEST" in self.block.label:
            return ProblemKind.REQUEST
        is_certificate = self.structure is not Structure.OTHER or "CERTIFICATE" in self.block.label
        return ProblemKind.CERTIFICATE if is_certificate else ProblemKind.FILE

    @property
    def label_noun(self) -> str:
        """The noun for the item in messages, derived from its label."""
        label = self.block.label
        if "REQUEST" in label:
            return "certificate request"
        return {"CERTIFICATE": "certificate", "PRIVATE KEY": "private key"}.get(
            label, visible(label) or "text"
        )


def split_der(data: bytes) -> Iterator[DerItem]:
    """Yield the items of a DER file. Line breaks or NULs may separate them."""
    while data[:1] == b"0":
        try:
            _, length = asn1.to_der(data)
        except BerError:
            return
        item = _item(EncodedBlock("", data[:length]))
        if item.structure is Structure.OTHER:
            return
        yield item
        data = data[length:].lstrip(b"\0\r\n\t \x1a")


def expected_items(blocks: Iterable[EncodedBlock]) -> list[DerItem]:
    """Return the items that csrtui should be able to read. At most `MAX_ITEMS` + 1 are returned."""
    return list(islice((item for item in map(_item, blocks) if item.is_expected), MAX_ITEMS + 1))


def _item(block: EncodedBlock) -> DerItem:
    if block.body is None:
        return DerItem(_structure_by_label(block.label), b"", block)
    if block.cipher is not None:
        return DerItem(Structure.PRIVATE_KEY, block.body, block)
    root = asn1.parse(block.body)
    if root is not None and (structure := structure_of(root.encoded)) in SIGNED:
        return DerItem(structure, root.encoded, block)  # unchanged, because the signature covers these octets
    try:
        der, _ = asn1.to_der(block.body)
    except BerError:
        der = block.body
    return DerItem(structure_of(der), der, block)


def _structure_by_label(label: str) -> Structure:
    if "PRIVATE KEY" in label:
        return Structure.PRIVATE_KEY
    if "REQUEST" in label:
        return Structure.REQUEST
    return Structure.CERTIFICATE if "CERTIFICATE" in label else Structure.OTHER


def structure_of(der: bytes) -> Structure:
    """Return the structure of the first encoding in `der`."""
    root = asn1.parse(der)
    if root is None or root.tag != asn1.SEQUENCE:
        return Structure.OTHER
    try:
        return _structure_of_parts(der, root.children())
    except (ValueError, IndexError):
        return Structure.OTHER


def _structure_of_parts(der: bytes, parts: list[Node]) -> Structure:
    tags = [part.tag for part in parts]
    match tags:
        case [asn1.OID, *_] if (parts[0].oid or "").startswith(_PKCS7):
            return Structure.PKCS7
        case [asn1.INTEGER, asn1.SEQUENCE, *_] if pfx.is_pfx(der):
            return Structure.PKCS12
        case [asn1.INTEGER, asn1.SEQUENCE, asn1.OCTET_STRING, *_] | [asn1.INTEGER, asn1.OCTET_STRING, *_]:
            return Structure.PRIVATE_KEY
        case [asn1.SEQUENCE, asn1.OCTET_STRING] if parts[0].children()[0].tag == asn1.OID:
            return Structure.ENCRYPTED_PRIVATE_KEY
        case [asn1.SEQUENCE, asn1.SEQUENCE, asn1.BIT_STRING]:
            return _structure_of_signed(parts[0].children())
    is_key = len(tags) in {_RSA_INTEGERS, _DSA_INTEGERS} and set(tags) == {asn1.INTEGER}
    return Structure.PRIVATE_KEY if is_key or tags == MULTI_PRIME_TAGS else Structure.OTHER


def _structure_of_signed(parts: list[Node]) -> Structure:
    """Return the structure of signed data with these fields: a certificate, a CSR, or another one, such as a CRL."""
    if parts[0].tag == _CONTEXT_0:
        return Structure.CERTIFICATE
    if parts[0].tag != asn1.INTEGER or len(parts) < _MIN_REQUEST_PARTS or parts[1].tag != asn1.SEQUENCE:
        return Structure.OTHER
    name = parts[1].children()
    if not name or name[0].tag == asn1.SET:
        return Structure.REQUEST
    # A version 1 certificate begins with serial number, algorithm, issuer and validity. In a CRL, the fourth field is a
    # time.
    is_certificate = len(parts) > _MIN_REQUEST_PARTS and parts[3].tag == asn1.SEQUENCE
    return Structure.CERTIFICATE if is_certificate else Structure.OTHER


def pkcs7_certificates(der: bytes) -> list[bytes]:
    """Return the DER of each certificate in a ContentInfo with definite lengths (`csrtui.core.base.asn1.to_der`).

    Raises:
        InputError: The ContentInfo contains no certificates or is malformed.
    """
    try:
        root = asn1.read_node(der)
        kind = root.child(0, asn1.OID).oid
        if kind == _ENVELOPED_DATA:
            raise InputError(
                "the PKCS #7 file is an encrypted message (S/MIME)",
                "open the message in your mail program, and save the attachment",
            )
        if kind != _SIGNED_DATA:
            raise InputError("the PKCS #7 file contains no certificates", CA_FILE_HINT)
        parts = root.child(1, _CONTEXT_0).child(0, asn1.SEQUENCE).children()
        groups = [part.children() for part in parts if part.tag == _CONTEXT_0]
    except ValueError as error:
        message = "the PKCS #7 file is malformed: it does not have the structure of RFC 5652"
        raise InputError(message, CA_FILE_HINT) from error
    certificates = [node.encoded for group in groups for node in group if node.tag == asn1.SEQUENCE]
    if not certificates:
        raise InputError("the PKCS #7 file contains no certificates", CA_FILE_HINT)
    return certificates


def begins_as_private_key(data: bytes) -> bool:
    """Return whether DER, possibly truncated, begins with the fields of a private key."""
    length = int.from_bytes(data[1:2])
    try:
        first = asn1.read_node(data, 2 + (length & 0x7F if length & 0x80 else 0))
    except BerError:
        return False
    if first.tag == asn1.INTEGER:
        return True
    return first.tag == asn1.SEQUENCE and data[first.end : first.end + 1] == bytes([asn1.OCTET_STRING])


def is_truncated_der(data: bytes) -> bool:
    """Return whether data that is not BER is truncated DER, not text that happens to begin with the same octet."""
    is_text = all(octet in _PRINTABLE for octet in data[:64])
    return len(data) >= _MIN_OCTETS and data[1:2] in _LONG_LENGTHS and not is_text


def describe_damage(noun: str, error: BerError) -> str:
    """Return a clause about data that is not BER: cut short if a length field exceeds the data, otherwise damaged."""
    return f"{noun} is cut short: {error}" if error.is_short else f"{noun} is damaged: {error}"
