"""Blanks of every kind: the seen ones, the no-break ones, and those of no width that a paste brings along."""

import unicodedata

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
