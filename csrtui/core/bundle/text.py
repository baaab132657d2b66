"""PEM and base64 in any text: mails, web pages, JSON, word processors, shell output (RFC 7468, leniently).

Only the form is read here. What a block holds is told by `structure`, whatever its label says.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from csrtui.core.base.asn1 import BerError, to_der

MAX_DEPTH = 4
"""How often text may be packed into text: base64 in JSON in a mail."""
MAX_TEXTS = 300
"""The most strings of one JSON document, or parts of one mail, that are read."""

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−⸺⸻﹘﹣－"), "-")
_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u202f\u205f\u3000"), " "
)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\0"))
_CLEANED = _DASHES | _SPACES | _INVISIBLE
_TAG = re.compile(r"<[!/?a-zA-Z][^<>]{0,2000}>")
_ESCAPE = re.compile(r"\\{1,4}(?:u([0-9a-fA-F]{4})|([nrt/]))")
_ESCAPED = {"n": "\n", "r": "\n", "t": " ", "/": "/"}
_QUOTED_PRINTABLE = re.compile(r"=(?:3D|2B|2F|0D|0A|20)")
_MARKER = re.compile(r"(?<!-)-{1,40} ?(BEGIN|END) ([A-Z0-9][A-Z0-9 #.]{0,40}?) ?-{1,40}")
_PEM_HEADERS = re.compile(
    r"\s*Proc-Type:\s*4,\s*ENCRYPTED\s+DEK-Info:\s*([A-Za-z0-9-]{1,40}),\s*([0-9A-Fa-f]{1,64})\s",
    re.IGNORECASE,
)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}: ?[^\n]*\n(?:[ \t]+[^\n]*\n)*")
_AROUND = re.compile(r"[\s>|\"',;\\#]+")
"""What quoting puts between the characters of base64: marks of mails, quotation marks of source code."""
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_LOOSE = re.compile(r"(?<![A-Za-z0-9+/=])(?:MI[A-Za-z0-9+/]|LS0tLS1CRUdJ)[A-Za-z0-9+/]{5,}={0,2}")
"""How base64 of a long SEQUENCE and of a BEGIN line begins."""
_BASE64_URL = re.compile(r"\s*MI[A-Za-z0-9_-]{40,}={0,2}\s*")
_FROM_BASE64_URL = str.maketrans("-_", "+/")
"""Base64 for URLs (RFC 4648, 5), in which ACME transports a CSR."""
_WHOLE_LINE = re.compile(r"[A-Za-z0-9+/]{1,100000}={0,2}")
_SHORTEST = 32
_UNKNOWN, _LONGEST = 2**31, 2**21
"""Characters of base64: where their number is not known, and more than are read."""
_FIRST_TAGS = frozenset({0x02, 0x06, 0x30})
"""What everything that is read here begins with inside: a number, an object identifier or a SEQUENCE."""
_PACKED_PEM = "LS0tLS1CRUdJ"
_MAIL = re.compile(r"(?:^|\n)(?:MIME-Version|Content-Type|Content-Transfer-Encoding):", re.IGNORECASE)


_PRIVATE_KEY = re.compile(
    r"PRIVATE\s+KEY(?:\s+BLOCK)?\s?-|BEGIN\s+(?:[A-Z0-9]+\s+){0,4}PRIVATE\s+KEY|PuTTY-User-Key-File-",
    re.IGNORECASE,
)
"""A private key shows by its label, however the dashes around it have suffered in a paste."""


@dataclass(frozen=True, slots=True)
class EncodedBlock:
    """One PEM block, or base64 without its lines.

    Attributes:
        label: Between ``BEGIN`` and the dashes; empty without these.
        body: What it decodes to; None where that is not possible.
        fault: Why it is not.
        cipher: The two values of ``DEK-Info``, where it has the headers of RFC 1421.
        path: Where in a JSON document it is, such as ``le.Certificates.0.key``; else empty.
    """

    label: str
    body: bytes | None
    fault: str = ""
    cipher: tuple[str, str] | None = None
    path: str = ""


def decode(data: bytes) -> str:
    """Return text of any of the usual encodings: UTF-8, UTF-16 with or without its mark, Latin-1."""
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
    """Whether a text has the label of a private key."""
    return _PRIVATE_KEY.search(text.translate(_CLEANED)) is not None


def blocks_in(text: str, depth: int = 0, path: str = "") -> Iterator[EncodedBlock]:
    """Give the blocks in a text in their order, also those in JSON strings, mail parts and base64."""
    if _BASE64_URL.fullmatch(text) is not None:
        text = text.translate(_FROM_BASE64_URL)
    parts = _parts(text) if depth < MAX_DEPTH else None
    if parts is None:
        yield from _plain(clean(text), depth, path)
        return
    for name, part in parts:
        yield from blocks_in(part, depth + 1, ".".join(filter(None, (path, name))))


def clean(text: str) -> str:
    """Return text without what programs put into PEM on its way: typographic dashes, invisible characters, tags, escapes."""
    text = text.translate(_CLEANED).replace("\r\n", "\n").replace("\r", "\n")
    if "\\" in text and "BEGIN" in text:
        text = _ESCAPE.sub(_unescaped, text)
    if "<" in text:
        text = _TAG.sub("\n", text)
    if "&" in text:
        from html import unescape

        text = unescape(text).translate(_CLEANED).replace("\r", "\n")
    if _QUOTED_PRINTABLE.search(text):
        text = _unquoted(text)
    return text


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _ESCAPED[match[2]]


def _unquoted(text: str) -> str:
    """Quoted-printable decoded (RFC 2045, 6.7); the = that pads base64 is left alone."""
    from quopri import decodestring

    return decodestring(text.encode("utf-8", "replace")).decode("latin-1")


def _parts(text: str) -> list[tuple[str, str]] | None:
    """The strings of a JSON document with their paths, or the parts of a mail; None where it is neither."""
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped[:1] in {"{", "["}:
        return _json_strings(stripped)
    if _MAIL.search(text[:20_000]):
        return _mail_parts(text)
    return None


def _json_strings(text: str) -> list[tuple[str, str]] | None:
    import json

    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    texts: list[tuple[str, str]] = []
    pending: list[tuple[str, object]] = [("", document)]
    while pending and len(texts) < MAX_TEXTS:
        path, value = pending.pop(0)
        if isinstance(value, str) and len(value) >= _SHORTEST:
            texts.append((path, value))
        elif isinstance(value, dict | list):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            pending[:0] = [(f"{path}.{name}" if path else str(name), inner) for name, inner in items]
    return texts


def _mail_parts(text: str) -> list[tuple[str, str]] | None:
    from email import message_from_string
    from email.errors import MessageError

    try:
        message = message_from_string(text.lstrip("\ufeff \t\r\n"))
        parts = [part for part in message.walk() if not part.is_multipart()][:MAX_TEXTS]
        bodies = [part.get_payload(decode=True) for part in parts]
    except (MessageError, RecursionError, ValueError, LookupError, AttributeError):
        return None
    if len(parts) == 1 and "content-type" not in message and "content-transfer-encoding" not in message:
        return None
    # DER in an attachment becomes base64 again, which is read like any other text
    return [("", _text_of_part(body)) for body in bodies if isinstance(body, bytes)]


def _text_of_part(body: bytes) -> str:
    return (
        binascii.b2a_base64(body, newline=False).decode()
        if body[:1] == b"0" and b"\0" in body
        else decode(body)
    )


def _plain(text: str, depth: int, path: str) -> Iterator[EncodedBlock]:
    """The blocks between BEGIN and END lines, and base64 without them, in their order."""
    before = 0
    begin: re.Match[str] | None = None
    for marker in [*_MARKER.finditer(text), None]:
        end = marker.start() if marker is not None else len(text)
        if begin is not None:
            yield _block(begin[2], text[before:end], path, is_whole=marker is not None and marker[1] == "END")
        else:
            yield from _loose(text[before:end], depth, path)
        if marker is not None:
            before = marker.end()
            begin = marker if marker[1] == "BEGIN" else None


def _block(label: str, body: str, path: str, *, is_whole: bool) -> EncodedBlock:
    cipher = None
    body = body.strip("*_~`")  # what chat programs put around a line
    if headers := _PEM_HEADERS.match(_AROUND_LINES.sub("\n", body)):
        cipher = headers[1], headers[2]
        body = _AROUND_LINES.sub("\n", body)[headers.end() :]
    elif ":" in body:
        body = _without_headers(body)
    if not is_whole:
        body = _base64_lines(body)
    packed = _AROUND.sub("", body)
    stranger = _NOT_BASE64.search(packed)
    if stranger is not None and is_whole:
        fault = f"contains {stranger[0]!a}, which is not a character of base64"
        return EncodedBlock(label, None, fault, cipher, path)
    decoded = decode_base64(packed)
    if not is_whole and not _is_complete(decoded):
        return EncodedBlock(label, None, "is cut short: its END line is missing", cipher, path)
    return EncodedBlock(label, decoded, "", cipher, path)


_AROUND_LINES = re.compile(r"\n[ \t]*(?:[>|#][ \t]?)*")


def _without_headers(body: str) -> str:
    body = body.lstrip()
    at = 0
    while match := _HEADER.match(body, at):
        at = match.end()
    return body[at:]


def _base64_lines(body: str) -> str:
    """The lines at the beginning that are base64."""
    lines = []
    for line in body.strip().split("\n"):
        packed = _AROUND.sub("", line)
        if packed and not _WHOLE_LINE.fullmatch(packed):
            break
        lines.append(packed)
    return "".join(lines)


def decode_base64(text: str) -> bytes:
    """Return what base64 decodes to, also where its padding is missing; it ends where padding begins."""
    text = text.rstrip("=").partition("=")[0]
    text = text[: len(text) - 1] if len(text) % 4 == 1 else text
    return binascii.a2b_base64(text + "=" * (-len(text) % 4))


def _is_complete(data: bytes) -> bool:
    try:
        to_der(data)
    except BerError:
        return False
    return True


def _loose(text: str, depth: int, path: str) -> Iterator[EncodedBlock]:
    """Base64 without BEGIN and END lines: of DER, or of PEM as Kubernetes and Traefik keep it."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at].rstrip(" \t\"',;>|\\")
        at += 1
        for match in _LOOSE.finditer(line):
            run = match[0]
            if match.end() == len(line) and not run.endswith("="):
                run, at = _continued(run, lines, at)
            if len(run) >= _SHORTEST:
                yield from _decoded_run(run, depth, path)


def _continued(run: str, lines: list[str], at: int) -> tuple[str, int]:
    """A run with the lines after it that are base64 as a whole, up to the end of the DER; and the line after them."""
    pieces, length, needed = [run], len(run), _needed(run)
    while at < len(lines) and length < needed and not pieces[-1].endswith("="):
        piece = _AROUND.sub("", lines[at])
        if piece and not _WHOLE_LINE.fullmatch(piece):
            break
        pieces.append(piece or "")
        length += len(piece)
        at += 1
    return "".join(pieces), at


def _needed(run: str) -> int:
    """How many characters the DER takes that a run begins with."""
    if run.startswith(_PACKED_PEM):
        return _UNKNOWN
    head = decode_base64(run[:8])
    if head[1] == 0x80:  # noqa: PLR2004 - the indefinite length
        return _UNKNOWN
    octets = head[1] & 0x7F
    return -(-(2 + octets + int.from_bytes(head[2 : 2 + octets])) // 3) * 4


def _decoded_run(run: str, depth: int, path: str) -> Iterator[EncodedBlock]:
    decoded = decode_base64(run)
    if run.startswith(_PACKED_PEM):
        if depth < MAX_DEPTH:
            yield from blocks_in(decode(decoded), depth + 1, path)
        return
    needed = _needed(run)
    if needed <= len(decoded) * 4 // 3 + 4 or needed == _UNKNOWN:
        yield EncodedBlock("", decoded, "", None, path)
    elif needed <= _LONGEST and decoded[2 + (decoded[1] & 0x7F)] in _FIRST_TAGS:
        yield EncodedBlock("", None, "is base64 that is cut short", None, path)
