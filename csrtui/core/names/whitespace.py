"""Find white space of every kind, and invisible characters in subject fields."""

import unicodedata
from typing import Final

from csrtui.core.base.escaping import shows
from csrtui.core.names.international import JOINERS


def is_blank(character: str, before: str = "") -> bool:
    """Whether a character shows nothing: a space or line break of any kind, or a format character.

    Args:
        character: One character.
        before: The character before it, or empty: a joiner after a letter outside ASCII is not a blank.
    """
    if " " < character <= "~":
        return False
    if character in JOINERS:
        return not before or before.isascii()
    return character.isspace() or unicodedata.category(character) in {"Zs", "Zl", "Zp", "Cf"}


def trimmed(text: str) -> str:
    """The text without the blanks at its ends."""
    start, end = 0, len(text)
    while start < end and is_blank(text[start]):
        start += 1
    while start < end and is_blank(text[end - 1], text[end - 2] if end - 2 >= start else ""):
        end -= 1
    return text[start:end]


def first_blank(text: str) -> str:
    """The first blank in the text, or an empty text when there is none."""
    if text.isascii() and text.isprintable() and " " not in text:
        return ""
    before = ""
    for character in text:
        if is_blank(character, before):
            return character
        before = character
    return ""


REPLACEMENT: Final = "\ufffd"
"""What a program writes where it could not read a character (Unicode 23.8)."""
_VISIBLE_FORMATS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters that are drawn: Prepended_Concatenation_Mark (PropList.txt), such as the Arabic number sign."""
_SELECTORS: Final = ("VARIATION SELECTOR", "MONGOLIAN FREE VARIATION SELECTOR", "MONGOLIAN VOWEL SEPARATOR")
"""How the names of characters begin that choose a form of the letter before them."""
_DRAWN_SPACES: Final = frozenset(" \u1680\u3000")
"""Spaces that are what they look like: ASCII's, Ogham's, which is a line, and the wide one of East Asian text."""


def find_invisible(text: str) -> int | None:
    """Return the index of the first invisible character, U+FFFD included; None for none.

    A joiner (U+200C, U+200D) where its script needs one (RFC 5892 A.1, A.2) and a variation selector after a
    letter outside ASCII belong to the text.
    """
    if text.isascii():
        return None
    return next((at for at in range(len(text)) if _is_invisible(text, at)), None)


def without_invisible(text: str) -> str:
    """Return the text with a blank for each no-break space and its like, and without the other invisible ones."""
    return "".join(
        one if not _is_invisible(text, at) else " " if unicodedata.category(one) == "Zs" else ""
        for at, one in enumerate(text)
    )


def _is_invisible(text: str, at: int) -> bool:
    one = text[at]
    if one.isascii() or one in _VISIBLE_FORMATS or one in _DRAWN_SPACES:
        return False
    if one in JOINERS:
        return not _joins(text, at)
    if unicodedata.name(one, "").startswith(_SELECTORS):
        return at == 0 or text[at - 1].isascii() or not text[at - 1].isalpha()
    drawn_as_nothing = one.isprintable() and not shows(one)
    return one == REPLACEMENT or drawn_as_nothing or unicodedata.category(one) in {"Cf", "Zs"}


def _joins(text: str, at: int) -> bool:
    import idna

    try:
        return idna.valid_contextj(text, at)
    except ValueError:  # a neighbour without a name, such as a control
        return False
