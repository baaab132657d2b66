"""Find PEM and base64 in any text: mail, web pages, JSON, word processors, shell output (RFC 7468, leniently).

This module only finds and decodes the blocks. `csrtui.core.bundle.der_items` recognizes their structure.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from csrtui.core.base.asn1 import BerError, to_der

MAX_DEPTH = 4
"""The maximum nesting depth. Base64 inside JSON inside an e-mail has depth 2."""
MAX_TEXTS = 300
"""The maximum number of strings read from a JSON document, and of parts read from an e-mail."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−⸺⸻﹘﹣－"), "-")
_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u202f\u205f\u3000"), " "
)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\0"))
_TRANSLATION = _DASHES | _SPACES | _INVISIBLE
_TAG = re.compile(r"<[!/?a-zA-Z][^<>]{0,2000}>")
_ESCAPE = re.compile(r"\\{1,4}(?:u([0-9a-fA-F]{4})|([nrt/]))")
_ESCAPED = {"n": "\n", "r": "\n", "t": " ", "/": "/"}
_QUOTED_PRINTABLE = re.compile(r"=(?:3D|2B|2F|0D|0A|20)")
_MARKER = re.compile(r"(?<!-)-{1,40} ?(BEGIN|END) ([A-Z0-9][A-Z0-9 #.]{0,40}?) ?-{1,40}")
_ENCRYPTION_HEADERS = re.compile(
    r"\s*Proc-Type:\s*4,\s*ENCRYPTED\s+DEK-Info:\s*([A-Za-z0-9-]{1,40}),\s*([0-9A-Fa-f]{1,64})\s",
    re.IGNORECASE,
)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}: ?[^\n]*\n(?:[ \t]+[^\n]*\n)*")
_LINE_PREFIX = re.compile(r"\n[ \t]*(?:[>|#][ \t]?)*")
_LISTING_START = re.compile(r"\s*?\n[ \t]*(?:\d{1,5}[:.)]?[ \t]+|\d{1,5}:|\+)M")
_LISTING_PREFIX = re.compile(r"\n[ \t]*(?:\d{1,5}(?:[:.)][ \t]*|[ \t]+|(?=\n|$))|\+)")
"""Matches the line number or plus sign that listings and patches put before a line."""
_SEPARATORS = re.compile(r"[\s>|\"',;\\#]+")
"""Matches characters that quoting adds to base64: quote prefixes in mail, quotation marks in source code."""
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_PACKED_PEM = "LS0tLS1CRUdJ"
"""The beginning of a BEGIN line, encoded in base64."""
_BASE64_START = re.compile(
    rf"(?<![A-Za-z0-9+/=])(?:MI[A-Za-z0-9+/]|{_PACKED_PEM})[A-Za-z0-9+/]{{5,}}={{0,2}}"
)
"""Matches base64-encoded data that begins with a long SEQUENCE or a BEGIN line."""
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]{1,100000}={0,2}")
_BASE64_URL = re.compile(r"\s*MI[A-Za-z0-9_-]{40,}={0,2}\s*")
_FROM_BASE64_URL = str.maketrans("-_", "+/")
"""Converts URL-safe base64 (RFC 4648, 5), in which ACME sends CSRs, to plain base64."""
_MIN_START = 8
"""The minimum length of a match of `_BASE64_START`."""
_MIN_LENGTH, _MAX_LENGTH = 32, 2**21
"""The minimum and maximum length of base64 that is decoded, in characters."""
_MAX_MAIL_LINES, _MAX_MULTIPARTS, _MAX_HEADER = 2000, 20, 10_000
"""Maximum number of lines with dashes and of multipart bodies in an e-mail, and maximum length of its headers."""
_CONTENT_HEADER = re.compile(r"^content-[a-z-]{1,40}:.*(?:\n[ \t].*)*", re.IGNORECASE | re.MULTILINE)
_MAX_NAME = 100
"""The maximum length of a name in the path of a JSON string, in characters."""
_UNKNOWN_LENGTH = 2**31
_FIRST_TAGS = frozenset({0x02, 0x06, 0x30})
"""The possible first tags in the SEQUENCE of an item: INTEGER, OBJECT IDENTIFIER, SEQUENCE."""
_MAIL = re.compile(r"(?:^|\n)(?:MIME-Version|Content-Type|Content-Transfer-Encoding):", re.IGNORECASE)
_PRIVATE_KEY = re.compile(
    r"PRIVATE\s+KEY(?:\s+BLOCK)?\s?-|BEGIN\s+(?:[A-Z0-9]+\s+){0,4}PRIVATE\s+KEY|PuTTY-User-Key-File-",
    re.IGNORECASE,
)
"""Matches the label of a private key, even if pasting has damaged the dashes around it."""


@dataclass(frozen=True, slots=True)
class EncodedBlock:
    """A PEM block, or base64 without BEGIN and END lines.

    Attributes:
        label: The text between ``BEGIN`` and the dashes, or "" without a BEGIN line.
        body: The decoded octets, or None if the block cannot be decoded.
        fault: The reason why the block cannot be decoded, or "".
        cipher: The cipher and the IV in ``DEK-Info``, or None if there are no RFC 1421 headers.
        path: The path of the block in a JSON document, such as ``le.Certificates.0.key``, or "".
    """

    label: str
    body: bytes | None
    fault: str = ""
    cipher: tuple[str, str] | None = None
    path: str = ""


def decode_text(data: bytes) -> str:
    """Return bytes as text, decoded from UTF-16 (with or without a byte-order mark), UTF-8, or else Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    sample = data[:200]
    if sample.count(0) * 3 > len(sample):
        return data.decode("utf-16-be" if sample[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def names_private_key(text: str) -> bool:
    """Return whether a text contains the label of a private key."""
    return _PRIVATE_KEY.search(text.translate(_TRANSLATION)) is not None


def find_blocks(text: str, depth: int = 0, path: str = "") -> Iterator[EncodedBlock]:
    """Yield the blocks in a text in order, including those in JSON strings, mail parts and base64."""
    if _BASE64_URL.fullmatch(text) is not None:
        text = text.translate(_FROM_BASE64_URL)
    parts = _parts(text) if depth < MAX_DEPTH else None
    if parts is None:
        yield from _blocks_in_plain_text(_clean(text), depth, path)
        return
    for name, part in parts:
        yield from find_blocks(part, depth + 1, ".".join(filter(None, (path, name))))


def _parts(text: str) -> list[tuple[str, str]] | None:
    """Return the strings in a JSON document with their paths, or the parts of an e-mail, or None for other text."""
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped[:1] in {"{", "["}:
        return _json_strings(stripped)
    return _mail_parts(stripped) if _MAIL.search(text[:20_000]) else None


class _Path(NamedTuple):
    """The path of a value in a JSON document: the path of its parent, and its own name."""

    parent: "_Path | None"
    name: str


def _json_strings(text: str) -> list[tuple[str, str]] | None:
    import json

    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    strings: list[tuple[str, str]] = []
    pending: list[tuple[_Path | None, object]] = [(None, document)]
    while pending and len(strings) < MAX_TEXTS:
        path, value = pending.pop()
        if isinstance(value, str) and len(value) >= _MIN_LENGTH:
            strings.append((_path_text(path), value))
        elif isinstance(value, dict | list):
            members = value.items() if isinstance(value, dict) else enumerate(value)
            pending += reversed([(_Path(path, str(name)), member) for name, member in members])
    return strings


def _path_text(path: _Path | None) -> str:
    """Return a path in a JSON document as text. Long names are cut."""
    names: list[str] = []
    while path is not None:
        names.append(path.name[:_MAX_NAME])
        path = path.parent
    return ".".join(reversed(names))


def _mail_parts(text: str) -> list[tuple[str, str]] | None:
    from email import message_from_string
    from email.errors import MessageError

    # The parser takes 40 microseconds for each part, and compares each line with each boundary around it. The time for
    # a header grows with the square of its length.
    if (
        text.count("\n--") > _MAX_MAIL_LINES
        or text.lower().count("multipart/") > _MAX_MULTIPARTS
        or any(len(header[0]) > _MAX_HEADER for header in _CONTENT_HEADER.finditer(text))
    ):
        return None
    try:
        message = message_from_string(text)
        parts = [part for part in message.walk() if not part.is_multipart()][:MAX_TEXTS]
        bodies = [part.get_payload(decode=True) for part in parts]
    except (MessageError, RecursionError, ValueError, LookupError, AttributeError):
        return None
    if len(parts) == 1 and "content-type" not in message and "content-transfer-encoding" not in message:
        return None
    return [("", _mail_part_text(body)) for body in bodies if isinstance(body, bytes)]


def _mail_part_text(body: bytes) -> str:
    if body[:1] == b"0" and b"\0" in body:  # DER: encode it, to read it like other text
        return binascii.b2a_base64(body, newline=False).decode()
    return decode_text(body)


def _clean(text: str) -> str:
    """Return a text without additions of other programs: typographic dashes, invisible characters, tags, escapes."""
    text = text.translate(_TRANSLATION).replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in text and "BEGIN" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else _ESCAPED[match[2]], text)
    if "<" in text:
        text = _TAG.sub("\n", text)
    if "&" in text:
        from html import unescape

        text = unescape(text).translate(_TRANSLATION).replace("\r", "\n")
    if _QUOTED_PRINTABLE.search(text):  # RFC 2045, 6.7; keep the padding of base64
        from quopri import decodestring

        text = decodestring(text.encode("utf-8", "replace")).decode("latin-1")
    return text


def _blocks_in_plain_text(text: str, depth: int, path: str) -> Iterator[EncodedBlock]:
    """Yield the blocks with and without BEGIN and END lines, in order."""
    start = 0
    begin: re.Match[str] | None = None
    for marker in [*_MARKER.finditer(text), None]:
        section = text[start : marker.start() if marker is not None else len(text)]
        if begin is not None:
            has_end = marker is not None and marker[1] == "END"
            block = _labelled_block(begin[2], section, path, has_end=has_end)
            if (block.body or b"").startswith(b"-----BEGIN ") and depth < MAX_DEPTH:  # PEM inside PEM
                yield from find_blocks(decode_text(block.body or b""), depth + 1, path)
            else:
                yield block
        else:
            yield from _unlabelled_blocks(section, depth, path)
        if marker is not None:
            start = marker.end()
            begin = marker if marker[1] == "BEGIN" else None


def _labelled_block(label: str, body: str, path: str, *, has_end: bool) -> EncodedBlock:
    """Return the block whose BEGIN line has this label. `body` is the text up to the next BEGIN or END line."""
    cipher = None
    body = body.strip("*_~`")  # chat programs put such markup around a line
    if headers := _ENCRYPTION_HEADERS.match(_LINE_PREFIX.sub("\n", body)):
        cipher = headers[1], headers[2]
        body = _LINE_PREFIX.sub("\n", body)[headers.end() :]
    elif _LISTING_START.match(body):
        body = _LISTING_PREFIX.sub("\n", body)
    elif ":" in body:
        body = _strip_headers(body)
    if not has_end:
        body = _leading_base64(body)
    base64 = _SEPARATORS.sub("", body)
    if has_end and (invalid := _NOT_BASE64.search(base64)) is not None:
        fault = f"contains {invalid[0]!a}, which is not a character of base64"
        return EncodedBlock(label, None, fault, cipher, path)
    decoded = decode_base64(base64)
    if not has_end and not _is_complete(decoded):
        return EncodedBlock(label, None, "is cut short: its END line is missing", cipher, path)
    return EncodedBlock(label, decoded, "", cipher, path)


def _strip_headers(body: str) -> str:
    body = body.lstrip()
    at = 0
    while match := _HEADER.match(body, at):
        at = match.end()
    return body[at:]


def _leading_base64(body: str) -> str:
    """Return the base64 at the beginning of a text, up to the first line that is not base64."""
    lines = []
    for line in body.strip().split("\n"):
        base64 = _SEPARATORS.sub("", line)
        if base64 and not _BASE64_LINE.fullmatch(base64):
            break
        lines.append(base64)
    return "".join(lines)


def decode_base64(text: str) -> bytes:
    """Decode base64 up to its padding, which may be missing, and return the octets."""
    text = text.partition("=")[0]
    text = text[: len(text) - 1] if len(text) % 4 == 1 else text
    return binascii.a2b_base64(text + "=" * (-len(text) % 4))


def _is_complete(data: bytes) -> bool:
    try:
        to_der(data)
    except BerError:
        return False
    return True


def _unlabelled_blocks(text: str, depth: int, path: str) -> Iterator[EncodedBlock]:
    """Yield the base64 blocks without BEGIN and END lines. They contain DER, or (in Kubernetes and Traefik) PEM."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number].rstrip(" \t\"',;>|\\")
        number += 1
        if len(line) < _MIN_START:  # a million short lines would take seconds
            continue
        for match in _BASE64_START.finditer(line):
            base64 = match[0]
            if match.end() == len(line) and not base64.endswith("="):
                base64, number = _join_lines(base64, lines, number)
            if len(base64) >= _MIN_LENGTH:
                yield from _decode_unlabelled(base64, depth, path)


def _join_lines(base64: str, lines: list[str], number: int) -> tuple[str, int]:
    """Return base64 together with the lines that continue its DER, and the number of the line after them."""
    pieces, length, expected = [base64], len(base64), _expected_length(base64)
    while number < len(lines) and length < expected and not pieces[-1].endswith("="):
        piece = _SEPARATORS.sub("", lines[number])
        if piece and not _BASE64_LINE.fullmatch(piece):
            break
        pieces.append(piece)
        length += len(piece)
        number += 1
    return "".join(pieces), number


def _expected_length(base64: str) -> int:
    """Return the expected length of base64 in characters, computed from the length field of its DER."""
    if base64.startswith(_PACKED_PEM):
        return _UNKNOWN_LENGTH
    header = decode_base64(base64[:8])
    if header[1] == 0x80:  # noqa: PLR2004 - the indefinite length
        return _UNKNOWN_LENGTH
    octets = header[1] & 0x7F
    return -(-(2 + octets + int.from_bytes(header[2 : 2 + octets])) // 3) * 4


def _decode_unlabelled(base64: str, depth: int, path: str) -> Iterator[EncodedBlock]:
    decoded = decode_base64(base64)
    if base64.startswith(_PACKED_PEM):
        if depth < MAX_DEPTH:
            yield from find_blocks(decode_text(decoded), depth + 1, path)
        return
    expected = _expected_length(base64)
    if expected <= len(decoded) * 4 // 3 + 4 or expected == _UNKNOWN_LENGTH:
        yield EncodedBlock("", decoded, path=path)
    elif expected <= _MAX_LENGTH and decoded[2 + (decoded[1] & 0x7F)] in _FIRST_TAGS:
        yield EncodedBlock("", None, "is incomplete base64", path=path)
