"""Text that other programs have damaged: HTML entities, and UTF-8 decoded as ISO 8859-1 or Windows-1252."""

import re
import unicodedata

from csrtui.core.names.label import script_of

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
_LOOKS_LIKE = "&#?[A-Za-z0-9]+;?"
_DAMAGED = (
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014"
    "\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]+"
)
"""Matches a leading byte of UTF-8 and its continuation bytes, decoded as Windows-1252 or ISO 8859-1.

The ranges contain exactly the characters that `_byte` can encode. Other characters, such as Ř, are in neither encoding.
"""
_LIKELY = (
    (0x00A0, 0x017F), (0x0370, 0x045F), (0x0490, 0x0491), (0x05D0, 0x06FF), (0x0900, 0x0E7F),
    (0x1E00, 0x1EFF), (0x2010, 0x203A), (0x20A0, 0x20BF), (0x2122, 0x2122), (0x3000, 0xD7A3),
)  # fmt: skip
"""The code points that occur in names of companies and places. A repair that produces any other code point is wrong."""


def decode_entities(text: str) -> str | None:
    """Return the text with its HTML entities decoded, even if they were encoded repeatedly, or None if it has none."""
    if not re.search(_ENTITY, text):
        return None
    from html import unescape

    decoded = unescape(text)
    while re.search(_ENTITY, decoded) and unescape(decoded) != decoded:
        decoded = unescape(decoded)
    return decoded if decoded != text else None


def entity_like_text(text: str) -> str | None:
    """Return the part of a text that CA linters mistake for an HTML entity, or None. The text has no real entities.

    pkilint decodes the entities that HTML accepts without a semicolon, such as ``&REG`` in ``M&REGAN``. zlint rejects
    every text that looks like an entity.
    """
    for match in re.finditer(_LOOKS_LIKE, text):
        entity = match[0] if match[0].endswith(";") else _decodable_prefix(match[0])
        if entity:
            return entity
    return None


def _decodable_prefix(text: str) -> str | None:
    """Return the shortest prefix of a text that decodes as an HTML entity, or None."""
    from html import unescape

    prefixes = (text[:end] for end in range(2, len(text) + 1))
    return next((prefix for prefix in prefixes if unescape(prefix) != prefix), None)


def repair_encoding(text: str) -> str | None:
    """Return a text with its UTF-8 repaired that was decoded as ISO 8859-1 or Windows-1252, or None if it is undamaged.

    Some undamaged text (``NESTLÉ®``) is valid UTF-8 by chance. Its repair would give a rare letter or a word in two
    scripts, so such text counts as undamaged.
    """
    if text.isascii() or not re.search(_DAMAGED, text):
        return None
    repaired = re.sub(_DAMAGED, _repair_match, text)
    return repaired if repaired != text and not _mixes_scripts(repaired) else None


def _repair_match(match: re.Match[str]) -> str:
    try:
        decoded = b"".join(map(_byte, match[0])).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
    is_likely = all(any(low <= ord(c) <= high for low, high in _LIKELY) for c in decoded)
    return decoded if is_likely else match[0]


def _byte(character: str) -> bytes:
    """Return the byte for this character in Windows-1252, or in ISO 8859-1 if Windows-1252 has none."""
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
