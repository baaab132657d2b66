"""How values are quoted in the advice."""

import unicodedata

from csrtui.core.base.escaping import shows, visible

_LONGEST = 44
_HEAD, _TAIL = 26, 15


def quoted(value: str) -> str:
    """A value for a sentence: visible, and shortened in the middle when it is long."""
    if len(value) > _LONGEST:
        value = f"{value[:_HEAD]}...{value[-_TAIL:]}"
    shown = visible(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_HEAD]}...{shown[-_TAIL:]}"


def character(which: str) -> str:
    """Return what a sentence calls one character: itself if it can be seen, else its Unicode name with an article."""
    if which == " ":
        return "a blank"
    if shows(which):
        return which if which.isascii() else f"{which} (U+{ord(which):04X})"
    name = unicodedata.name(which, "").lower()
    article = "an" if name[:1] in set("aeiou") else "a"
    return f"{article} {name or 'control character'} (U+{ord(which):04X})"


def plural(count: int, noun: str) -> str:
    """``1 character``, ``2 characters``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
