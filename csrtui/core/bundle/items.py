"""The items of a file, not decoded: DER that is told by its structure, or what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from csrtui.core.base import ber
from csrtui.core.base.escaping import visible
from csrtui.core.bundle import text
from csrtui.core.bundle.material import ProblemKind
from csrtui.core.bundle.structure import Structure, structure_of

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
            _, length = ber.to_der(data[at:])
        except ber.BerError:
            return
        if structure_of(_first(data[at : at + length])) is Structure.OTHER:
            return
        yield text.EncodedBlock("", data[at : at + length])
        at += length
        at += len(data[at:]) - len(data[at:].lstrip(b"\0\r\n\t \x1a"))


def _first(body: bytes) -> bytes:
    """The first encoding of a body: as it is where its lengths are definite, else in DER."""
    root = ber.parse(body)
    if root is not None:
        chosen = root.encoded
        if structure_of(chosen) in SIGNED:
            return chosen
    try:
        return ber.to_der(body)[0]
    except ber.BerError:
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


def broken(noun: str, error: ber.BerError) -> str:
    """Return what is wrong with bytes that are not BER: cut short only where lengths say so."""
    return f"{noun} is cut short: {error}" if error.is_short else f"{noun} is damaged: {error}"
