"""Split a file into items of undecoded DER, recognized by their structure: labels and file names are often wrong.

PKCS #7 and CMS (RFC 5652, 5.1) are unpacked certificate by certificate, so that a damaged one hides no other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from csrtui.core.base import asn1
from csrtui.core.base.asn1 import INTEGER, OCTET_STRING, OID, SEQUENCE, SET, BerError, Node, parse, read_node
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.bundle import pfx, text
from csrtui.core.bundle.material import ProblemKind

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


_SIGNED_DATA = "1.2.840.113549.1.7.2"
_ENVELOPED_DATA = "1.2.840.113549.1.7.3"
_HINT = "give what the CA sent: PEM, DER or PKCS #7"


def certificates_in(root: Node) -> list[bytes]:
    """Return the DER of each certificate in a ContentInfo.

    Args:
        root: With definite lengths (`csrtui.core.base.asn1.to_der`).

    Raises:
        InputError: It contains no certificates, or is malformed.
    """
    try:
        kind = root.child(0, OID).oid
        if kind == _ENVELOPED_DATA:
            raise InputError(
                "the PKCS #7 is encrypted for somebody (S/MIME)",
                "open the message in the mail program, and save what is in it",
            )
        if kind != _SIGNED_DATA:
            raise InputError("the PKCS #7 contains no certificates", _HINT)
        parts = root.child(1, _CONTEXT_0).child(0, SEQUENCE).children()
        groups = [part.children() for part in parts if part.tag == _CONTEXT_0]
    except ValueError as error:
        raise InputError("the PKCS #7 is malformed: it has not the structure of RFC 5652", _HINT) from error
    certificates = [node.encoded for group in groups for node in group if node.tag == SEQUENCE]
    if not certificates:
        raise InputError("the PKCS #7 contains no certificates", _HINT)
    return certificates


MAX_ITEMS = 500
"""The most items that are read: more than any list of trusted CAs has."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that was found, not decoded: DER, or what is wrong with it."""

    structure: Structure
    der: bytes
    block: text.EncodedBlock

    @property
    def is_private(self) -> bool:
        """Whether it is a private key, or says so."""
        return "PRIVATE KEY" in self.block.label or self.structure in PRIVATE


PRIVATE = frozenset({Structure.PRIVATE_KEY, Structure.ENCRYPTED_PRIVATE_KEY})
SIGNED = frozenset({Structure.CERTIFICATE, Structure.REQUEST})
NOUNS = {
    Structure.CERTIFICATE: "certificate",
    Structure.REQUEST: "certificate request",
    Structure.PKCS7: "PKCS #7",
    Structure.PKCS12: "PKCS #12",
    Structure.PRIVATE_KEY: "private key",
    Structure.ENCRYPTED_PRIVATE_KEY: "private key",
    Structure.OTHER: "block",
}
_PRINTABLE = frozenset(range(32, 127)) | {9, 10, 13}
_SHORTEST = 40
"""The fewest octets of anything that is read here."""
_LONG_LENGTHS = frozenset({b"\x80", b"\x81", b"\x82", b"\x83"})
"""How lengths begin of what is long enough to be a key, CSR or certificate."""
_WORDS = ("CERTIFICATE", "PRIVATE KEY", "PKCS", "CMS")
"""What the labels have in common of blocks that have to be readable."""


def is_truncated_der(data: bytes) -> bool:
    """Whether bytes that are not DER begin as it does; text may begin with the same octet."""
    is_text = all(octet in _PRINTABLE for octet in data[:64])
    return len(data) >= _SHORTEST and data[1:2] in _LONG_LENGTHS and not is_text


def first_blocks(blocks: Iterable[text.EncodedBlock]) -> list[text.EncodedBlock]:
    """Return the first blocks that have to be readable, and one more where there are more than `MAX_ITEMS`."""
    chosen = []
    for block in blocks:
        if block.label or block.body is None or structure_of(_first(block.body)) is not Structure.OTHER:
            chosen.append(block)
        if len(chosen) > MAX_ITEMS:
            break
    return [block for block in chosen if not block.label or _is_meant(block)]


def _is_meant(block: text.EncodedBlock) -> bool:
    """Whether a block has to be readable: CRLs, parameters and public keys are passed over."""
    if any(word in block.label for word in _WORDS):
        return True
    return block.body is not None and structure_of(_first(block.body)) is not Structure.OTHER


def der_blocks(data: bytes) -> Iterable[text.EncodedBlock]:
    """Give one or several DER encodings, one after the other, with line ends or NULs after them."""
    at = 0
    while data[at : at + 1] == b"0" and at < len(data):
        try:
            _, length = asn1.to_der(data[at:])
        except asn1.BerError:
            return
        if structure_of(_first(data[at : at + length])) is Structure.OTHER:
            return
        yield text.EncodedBlock("", data[at : at + length])
        at += length
        at += len(data[at:]) - len(data[at:].lstrip(b"\0\r\n\t \x1a"))


def _first(body: bytes) -> bytes:
    """The first encoding of a body: as it is where its lengths are definite, else in DER."""
    root = asn1.parse(body)
    if root is not None:
        chosen = root.encoded
        if structure_of(chosen) in SIGNED:
            return chosen
    try:
        return asn1.to_der(body)[0]
    except asn1.BerError:
        return body


def item_of(block: text.EncodedBlock) -> Item:
    """Return what a block is, by its structure."""
    if block.body is None:
        return Item(_labelled(block.label), b"", block)
    if block.cipher is not None:
        return Item(Structure.PRIVATE_KEY, block.body, block)
    der = _first(block.body)
    return Item(structure_of(der), der, block)


def _labelled(label: str) -> Structure:
    """What a block would be that cannot be decoded."""
    if "PRIVATE KEY" in label:
        return Structure.PRIVATE_KEY
    if "REQUEST" in label:
        return Structure.REQUEST
    return Structure.CERTIFICATE if "CERTIFICATE" in label else Structure.OTHER


def kind_of(item: Item) -> ProblemKind:
    """Return what a problem with an item is about."""
    if item.structure in PRIVATE or "PRIVATE KEY" in item.block.label or item.structure is Structure.PKCS12:
        return ProblemKind.KEY
    if item.structure is Structure.REQUEST or "REQUEST" in item.block.label:
        return ProblemKind.REQUEST
    is_certificate = item.structure is not Structure.OTHER or "CERTIFICATE" in item.block.label
    return ProblemKind.CERTIFICATE if is_certificate else ProblemKind.FILE


def noun_of(item: Item) -> str:
    """Return what an item is called in a message."""
    label = item.block.label
    if "REQUEST" in label:
        return "certificate request"
    return {"CERTIFICATE": "certificate", "PRIVATE KEY": "private key"}.get(label, visible(label) or "text")


def broken(noun: str, error: asn1.BerError) -> str:
    """Return what is wrong with bytes that are not BER: cut short only where lengths say so."""
    return f"{noun} is cut short: {error}" if error.is_short else f"{noun} is damaged: {error}"
