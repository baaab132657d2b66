"""Text that something on its way has changed: HTML entities, and UTF-8 read as Latin-1."""

import re
import unicodedata

from csrtui.core.names.international import script_of

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_LOOKS_LIKE = re.compile("&#?[A-Za-z0-9]+;?")
_DAMAGED = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014"
    "\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]+"
)
"""A lead byte of UTF-8 and what follows it, both as the characters that Windows-1252 or Latin-1 gives them.

These and no others: what stands between them, such as Ř, is no byte in either, and would have no code in `_byte`.
"""
_LIKELY = (
    (0x00A0, 0x017F), (0x0370, 0x045F), (0x0490, 0x0491), (0x05D0, 0x06FF), (0x0900, 0x0E7F),
    (0x1E00, 0x1EFF), (0x2010, 0x203A), (0x20A0, 0x20BF), (0x2122, 0x2122), (0x3000, 0xD7A3),
)  # fmt: skip
"""Code points that names of firms and places are written in; others say that nothing was damaged."""


def decoded_entities(text: str) -> str | None:
    """The text with its HTML entities decoded, however often they were encoded; None when it has none."""
    if not _ENTITY.search(text):
        return None
    from html import unescape

    decoded = unescape(text)
    while _ENTITY.search(decoded) and unescape(decoded) != decoded:
        decoded = unescape(decoded)
    return decoded if decoded != text else None


def taken_for_html(text: str) -> str | None:
    """What the linters of CAs take for an HTML entity in a text that has none: ``&REG`` in ``M&REGAN``; else None.

    HTML knows some entities without their semicolon, which pkilint decodes; zlint refuses whatever looks like one.
    """
    for match in _LOOKS_LIKE.finditer(text):
        entity = match[0] if match[0].endswith(";") else _decodable(match[0])
        if entity:
            return entity
    return None


def _decodable(text: str) -> str | None:
    """The shortest beginning of a text that HTML decodes."""
    from html import unescape

    beginnings = (text[:end] for end in range(2, len(text) + 1))
    return next((beginning for beginning in beginnings if unescape(beginning) != beginning), None)


def repaired_encoding(text: str) -> str | None:
    """The text with every piece of UTF-8 that was read as Latin-1 or Windows-1252 repaired; None for no damage.

    Text that only happens to be valid UTF-8 (``NESTLÉ®``) is told by what it would turn into: a rare letter,
    or a word of two scripts.
    """
    if text.isascii() or not _DAMAGED.search(text):
        return None
    repaired = _DAMAGED.sub(_repaired_piece, text)
    return repaired if repaired != text and not _mixes_scripts(repaired) else None


def _repaired_piece(match: re.Match[str]) -> str:
    piece = match[0]
    try:
        decoded = b"".join(map(_byte, piece)).decode("utf-8")
    except UnicodeDecodeError:
        return piece
    likely = all(any(low <= ord(c) <= high for low, high in _LIKELY) for c in decoded)
    return decoded if likely else piece


def _byte(character: str) -> bytes:
    """The byte that was read as this character: by Windows-1252, where it has one, else by Latin-1."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _mixes_scripts(text: str) -> bool:
    for word in re.split(r"[\W\d_]+", unicodedata.normalize("NFC", text)):
        scripts = {script for script in map(script_of, word) if script}
        if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "HEBREW", "ARABIC"}:
            return True
    return False
