"""Find blanks and invisible characters in typed text, and names and hosts in pasted text.

A *blank* is white space, a line break or a format character.
"""

import re
import unicodedata
from typing import Final

from csrtui.core.base.escaping import is_visible

JOINERS: Final = "\u200c\u200d"
"""The zero-width characters that some scripts and emoji need between letters (RFC 5892 A.1, A.2)."""
REPLACEMENT: Final = "\ufffd"
"""The character that programs write in place of text that they cannot decode (Unicode 23.8)."""
_VISIBLE_FORMATS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""The visible format characters: Prepended_Concatenation_Mark (PropList.txt), such as the Arabic number sign."""
_SELECTORS: Final = ("VARIATION SELECTOR", "MONGOLIAN FREE VARIATION SELECTOR", "MONGOLIAN VOWEL SEPARATOR")
"""The beginnings of the Unicode names of variation selectors, which select a variant of the letter before them."""
_VISIBLE_SPACES: Final = frozenset(" \u1680\u3000")
"""The spaces that a reader can see: the ASCII space, the Ogham space mark (a line) and the wide East Asian space."""


def is_blank(character: str, previous: str = "") -> bool:
    """Return whether a character is a blank.

    Args:
        character: One character.
        previous: The character before it, or "". A joiner after a non-ASCII letter is not a blank.
    """
    if " " < character <= "~":
        return False
    if character in JOINERS:
        return not previous or previous.isascii()
    return character.isspace() or unicodedata.category(character) in {"Zs", "Zl", "Zp", "Cf"}


def is_control(character: str) -> bool:
    """Return whether `character` is a control character, a line break or a surrogate (invalid in UTF-8)."""
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def trim(text: str, *, keep_controls: bool = False) -> str:
    """Return the text without leading and trailing blanks. With `keep_controls`, stop at a control character."""
    start, end = 0, len(text)
    while start < end and is_blank(text[start]) and not (keep_controls and is_control(text[start])):
        start += 1
    while start < end and is_blank(text[end - 1], text[end - 2 : end - 1]):
        if keep_controls and is_control(text[end - 1]):
            break
        end -= 1
    return text[start:end]


def first_blank(text: str) -> str:
    """Return the first blank in the text, or an empty string if it has none."""
    if text.isascii() and text.isprintable() and " " not in text:
        return ""
    pairs = zip(f" {text}", text, strict=False)  # each character with its predecessor
    return next((character for previous, character in pairs if is_blank(character, previous)), "")


def find_invisible(text: str) -> int | None:
    """Return the index of the first invisible character or U+FFFD, or None if there is none.

    Two kinds of characters belong to the text and do not count: a joiner (U+200C, U+200D) that its script needs
    (RFC 5892 A.1, A.2), and a variation selector after a non-ASCII letter.
    """
    if text.isascii():
        return None
    return next((index for index in range(len(text)) if _is_invisible(text, index)), None)


def remove_invisible(text: str) -> str:
    """Return the text without invisible characters. Invisible spaces become ASCII spaces."""
    return "".join(
        character
        if not _is_invisible(text, index)
        else " "
        if unicodedata.category(character) == "Zs"
        else ""
        for index, character in enumerate(text)
    )


def _is_invisible(text: str, index: int) -> bool:
    character = text[index]
    if character.isascii() or character in _VISIBLE_FORMATS or character in _VISIBLE_SPACES:
        return False
    if character in JOINERS:
        return not _is_valid_joiner(text, index)
    if unicodedata.name(character, "").startswith(_SELECTORS):
        return index == 0 or text[index - 1].isascii() or not text[index - 1].isalpha()
    has_no_glyph = character.isprintable() and not is_visible(character)
    return character == REPLACEMENT or has_no_glyph or unicodedata.category(character) in {"Cf", "Zs"}


def _is_valid_joiner(text: str, index: int) -> bool:
    import idna

    try:
        return idna.valid_contextj(text, index)
    except ValueError:  # an adjacent character has no name, e.g. a control character
        return False


_SCHEME = r"(?i)[A-Za-z][A-Za-z0-9+.-]*:/{2,}|(?:https?|ftp|mailto|email|uri|url|dns|ip|cn):/*"
_END = r"[/\\?#\s]"
_PORT = r"(.*?):[0-9]*"
_ZONE = r"([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)%.*"
_DIRECTIVE = r"(?im)^[ \t]*(?:server_name|ServerName|ServerAlias)[ \t]+(?=\S)"
_BULLET = r"(?m)^[ \t]*[-–—•·*][ \t]+(?=[^\s.])"
_LABEL = (
    r"(?i)(?<![^\s,;|\"'`(\[{<])(?:DNS(?: Name)?|IP(?: Address)?|CN|subjectAltName)[ \t]*[:=][ \t]*(?=\S)"
)
"""Matches the labels that openssl (``DNS:``, ``IP Address:``) and Windows (``DNS Name=``) put before names."""
_SEPARATOR = r"[\s,;|\uff0c\uff1b\u3001]+"
_BRACKETS = dict(zip("([{<“‘«\"'`", ")]}>”’»\"'`", strict=True))
_OPENING_BRACKETS = {closing: opening for opening, closing in _BRACKETS.items()}


def extract_host(text: str) -> str | None:
    """Return the host in a URL or a similar text, unchecked, or "" if the text has no host.

    Return None if there is nothing to extract, because the text has no scheme, user, port, path or zone.
    """
    if not any(mark in text for mark in "/@:") and not text.startswith("\\\\"):
        return None
    scheme = re.match(_SCHEME, text)
    authority = text[scheme.end() :] if scheme else text.lstrip("\\/")
    host = re.split(_END, authority, maxsplit=1)[0].rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    port = re.fullmatch(_PORT, host)
    if port and ":" not in port[1]:
        host = port[1]
    if zone := re.fullmatch(_ZONE, host):
        host = zone[1]
    if host == text:
        return None
    return host.strip().rstrip(".")


def split_names(text: str) -> list[str]:
    """Return the names in pasted text, in order.

    Names are separated by white space, commas, semicolons and vertical bars. Quotes and brackets around a name, list
    bullets, the labels ``DNS:`` and ``IP Address:``, and web server directives (``server_name``, ``ServerName``,
    ``ServerAlias``) are removed. Invalid names are returned too, so that the advice can report them.
    """
    for pattern in (_DIRECTIVE, _BULLET, _LABEL):
        text = re.sub(pattern, " ", text)
    return [name for name in map(_unwrap, re.split(_SEPARATOR, text)) if name]


def _unwrap(word: str) -> str:
    """Return a word without the quotes and brackets around it. Keep a bracket that closes inside it (``[::1]:443``)."""
    previous = None
    while word != previous:
        previous = word
        closing = _BRACKETS.get(word[:1])
        if closing and closing not in word[1:-1]:
            word = word[1:].removesuffix(closing)
        opening = _OPENING_BRACKETS.get(word[-1:])
        if opening and opening not in word[:-1]:
            word = word[:-1]
    return word
