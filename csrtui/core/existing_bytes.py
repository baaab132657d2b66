"""Finding CSRs and certificates in bytes that somebody pasted or keeps in a file.

Nothing is decoded here beyond PEM's base64 and the first tags of DER, which is enough to tell a private key
and to refuse it unread.
"""

import binascii
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from csrtui.core.errors import InputError
from csrtui.core.visible import visible

MAX_BYTES = 1024 * 1024
"""The most bytes looked at; far more than any certificate chain has."""


class BlockKind(StrEnum):
    """What a block holds, in words."""

    REQUEST = "certificate request"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Block:
    """One CSR or certificate, not yet decoded: its DER."""

    kind: BlockKind
    der: bytes


_LABELS = {
    b"CERTIFICATE REQUEST": BlockKind.REQUEST,
    b"NEW CERTIFICATE REQUEST": BlockKind.REQUEST,
    b"CERTIFICATE": BlockKind.CERTIFICATE,
    b"X509 CERTIFICATE": BlockKind.CERTIFICATE,
}
"""PEM's labels (RFC 7468 5, 7, and what it says of old ones)."""

_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 #]{1,40})-----")
_END = re.compile(rb"-----END ([A-Z0-9 #]{1,40})-----")
_KEY = re.compile(
    rb"PRIVATE\s+KEY(?:\s+BLOCK)?-|BEGIN\s+(?:[A-Z0-9]+\s+){0,4}PRIVATE\s+KEY|PuTTY-User-Key-File-",
    re.IGNORECASE,
)
"""Told by its label, however the dashes around it have suffered in a paste."""
_KEYSTORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""How Java's keystores begin (JKS, JCEKS)."""
_BETWEEN = re.compile(rb"[\s>]+")
"""What may stand between base64's characters: blanks, line ends, and the marks of a quoted mail."""
_IN_JSON = re.compile(rb"-----(?:\\r)?\\n")
"""PEM with the ends of its lines as JSON writes them (RFC 8259, 7): so the programs of CAs answer, and their APIs."""
_ESCAPES = ((rb"\r", b"\r"), (rb"\n", b"\n"), (rb"\/", b"/"))
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")

_INTEGER, _OCTET_STRING, _OBJECT_IDENTIFIER, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
_TO_GIVE = "give a CSR or a certificate, in PEM or DER"


def find_blocks(data: bytes) -> list[Block]:
    """Return the CSRs and certificates in `data`, at least one, in their order.

    Args:
        data: PEM with anything before, between and after, also in UTF-16 as Windows writes it; or DER.

    Raises:
        InputError: It is empty, too much, holds a private key, or nothing that could be meant.
    """
    if len(data) > MAX_BYTES:
        raise InputError(
            f"that is more than {MAX_BYTES} bytes, too much for a CSR or a certificate", _TO_GIVE
        )
    if not data.strip(b"\0\t\n\v\f\r "):
        raise InputError("there is nothing in it", _TO_GIVE)
    refuse_private_key(data)
    text = text_of(data)
    if has_sections(text):
        return _pem_blocks(text)
    if data[0] == _SEQUENCE:
        return [_der_block(data)]
    raise InputError("there is no CSR and no certificate in it", _TO_GIVE)


def refuse_private_key(data: bytes) -> None:
    """Refuse what holds a private key, unread; without the NULs it is found in UTF-16 as well.

    Raises:
        InputError: It does.
    """
    if _KEY.search(data.replace(b"\0", b"")) or data.startswith(_KEYSTORES) or is_private_der(data):
        raise InputError("that is a private key: it stays where it is", _TO_GIVE)


def is_private_der(data: bytes) -> bool:
    """Whether DER is of a shape that only holders of private keys have.

    A SEQUENCE that begins with an INTEGER is PKCS #8, PKCS #1, SEC 1 or PKCS #12; one of an algorithm and an
    OCTET STRING is an encrypted PKCS #8 (RFC 5958). A CSR or certificate begins with a SEQUENCE that
    begins with a number or a context tag.
    """
    outer = contents_of(data, 0)
    if outer is None:
        return False
    if data[outer[0]] == _INTEGER:
        return True
    inner = contents_of(data, outer[0])
    if inner is None or data[inner[0]] != _OBJECT_IDENTIFIER:
        return False
    return data[inner[1] : inner[1] + 1] == bytes([_OCTET_STRING])


def contents_of(data: bytes, at: int) -> tuple[int, int] | None:
    """Tell where the contents of the SEQUENCE at `at` begin and end; None where there is none with contents."""
    if data[at : at + 1] != bytes([_SEQUENCE]) or len(data) < at + 2:
        return None
    length, start = data[at + 1], at + 2
    if length >= 0x80:  # noqa: PLR2004 - the long form: the low bits count the octets of the length (X.690 8.1.3.5)
        octets = length & 0x7F
        length, start = int.from_bytes(data[start : start + octets]), start + octets
    return (start, start + length) if length and start < len(data) else None


def text_of(data: bytes) -> bytes:
    """Return text as one byte for each character, also of UTF-16 as Windows writes it, and of PEM within JSON."""
    if data.startswith(_BYTE_ORDER_MARKS):
        data = data.decode("utf-16", "replace").encode("ascii", "replace")
    if _IN_JSON.search(data):
        for written, meant in _ESCAPES:
            data = data.replace(written, meant)
    return data


def has_sections(text: bytes) -> bool:
    """Whether there is a BEGIN line of PEM in it."""
    return _BEGIN.search(text) is not None


def sections(text: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Give label and body of whatever stands in PEM, in its order; no body where the END line is missing."""
    ends: dict[bytes, list[int]] = {}  # all of them beforehand: a search for each would be quadratic
    for found in _END.finditer(text):
        ends.setdefault(found[1], []).append(found.start())
    begin = _BEGIN.search(text)
    while begin:
        label = begin[1]
        of_label = ends.get(label, [])
        at = bisect_left(of_label, begin.end())
        end = of_label[at] if at < len(of_label) else -1
        yield label, text[begin.end() : end] if end >= 0 else None
        begin = _BEGIN.search(text, max(end, begin.end()))


def _pem_blocks(text: bytes) -> list[Block]:
    blocks = []
    others: list[bytes] = []
    for label, body in sections(text):
        if label in _LABELS:
            blocks.append(Block(_LABELS[label], der_of(_LABELS[label].value, body)))
        else:
            others.append(label)
    if not blocks:
        labels = ", ".join(visible(label.decode("ascii")) for label in others[:3])
        raise InputError(f"there is no CSR and no certificate in it, only: {labels}", _TO_GIVE)
    return blocks


def der_of(what: str, body: bytes | None) -> bytes:
    """Return what a body of PEM holds.

    Args:
        what: What it is, for the error.
        body: As `sections` gives it.

    Raises:
        InputError: It is cut short, or no base64.
    """
    if body is None:
        raise InputError(f"the {what} is cut short: its END line is missing", "copy it again, all of it")
    try:
        return binascii.a2b_base64(_BETWEEN.sub(b"", body), strict_mode=True)
    except binascii.Error as error:
        raise InputError(
            f"the {what} is damaged: between its BEGIN and END lines is something else than base64",
            "copy it again, all of it",
        ) from error


def _der_block(data: bytes) -> Block:
    """Tell the two by the first tags: a CSR is a SEQUENCE of a version and a Name, and has no second number.

    ``SEQUENCE { SEQUENCE { INTEGER version, SEQUENCE { SET …`` is a CSR (RFC 2986 4.2); a certificate has a
    context tag first (RFC 5280 4.1), or in version 1 a serial number and an algorithm, which is no SET.
    """
    outer = contents_of(data, 0)
    inner = contents_of(data, outer[0]) if outer else None
    if outer and data[outer[0]] == _OBJECT_IDENTIFIER:
        raise InputError("that is PKCS #7, which cannot be started from", _TO_GIVE)
    if inner is None or data[inner[0]] not in {_INTEGER, 0xA0}:
        raise InputError("there is no CSR and no certificate in it", _TO_GIVE)
    if data[inner[0]] == 0xA0:  # noqa: PLR2004 - [0] EXPLICIT version
        return Block(BlockKind.CERTIFICATE, data)
    return Block(BlockKind.CERTIFICATE if _is_version_1(data, inner[0]) else BlockKind.REQUEST, data)


def _is_version_1(data: bytes, at: int) -> bool:
    """Whether behind the INTEGER at `at` stands an AlgorithmIdentifier, which begins with an OID."""
    length = data[at + 1] if at + 1 < len(data) else 0
    behind = contents_of(data, at + 2 + length)
    return behind is not None and data[behind[0]] == _OBJECT_IDENTIFIER
