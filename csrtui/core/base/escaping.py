"""Make text from outside safe to show: in a terminal, in a sentence, in a shell command, in a spreadsheet.

A subject, a file name or a certificate can contain escape sequences, C1 controls, bidirectional overrides,
zero-width characters and letters without a glyph. `visible` is the one function that makes them harmless in a
terminal; `spreadsheet_cell` prevents formulas (OWASP, CSV Injection).
"""

import re
import unicodedata
from typing import Final

_DRAWN_AS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What Python calls printable, and nobody sees: the letters and marks among Unicode's Default_Ignorable_Code_Point
(DerivedCoreProperties.txt: joiners, fillers, variation selectors), and the empty Braille pattern."""


def shows(text: str) -> bool:
    """Return whether every character of `text` is seen as it is: it prints, and something is drawn for it."""
    return text.isprintable() and (text.isascii() or _DRAWN_AS_NOTHING.search(text) is None)


def visible(text: str) -> str:
    r"""Return `text` with every character that is not seen as it is written as a Python escape.

    ESC becomes the four characters ``\x1b``, a right-to-left override ``\u202e``, a no-break space ``\xa0``, a
    variation selector ``\ufe0f``. What `shows` stays as it is, the ASCII space among it: no character of the
    Unicode categories Other and Separator, and none that is drawn as nothing.
    """
    if shows(text):
        return text
    return "".join(character if shows(character) else _escape(ord(character)) for character in text)


def _escape(code: int) -> str:
    if code <= 0xFF:  # noqa: PLR2004 - what two hexadecimal digits hold
        return f"\\x{code:02x}"
    if code <= 0xFFFF:  # noqa: PLR2004 - what four hexadecimal digits hold
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"


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


class Syntax(str):
    """A word of a command that the shell interprets: an operator, or a pattern that is already quoted."""

    __slots__ = ()


AND: Final = Syntax("&&")


def command(*words: str) -> str:
    """Return a shell command of these words, each quoted unless it is `Syntax`."""
    return " ".join(word if isinstance(word, Syntax) else quote(word) for word in words)


def quote(word: str) -> str:
    r"""Return a word as any POSIX shell reads it, in printable characters only.

    A word with other characters becomes ``"$(printf '…')"`` with octal escapes, since dash does not know ``$'…'``.
    Only a word that ends with a line break, which ``$(…)`` would drop, becomes ``$'…'`` (bash, zsh, ksh).
    """
    from shlex import quote as quote_printable

    if shows(word):
        return quote_printable(word)
    escaped = "".join(map(_octet, word.encode("utf-8", "surrogateescape")))
    return f"$'{escaped}'" if word.endswith("\n") else f"\"$(printf '{escaped}')\""


def _octet(octet: int) -> str:
    """Return an octet for the format of printf(1); a ``-`` is escaped, since the format could begin like an option."""
    character = chr(octet)
    is_plain = character.isascii() and (character.isalnum() or character in "/._ ")
    return character if is_plain else f"\\{octet:03o}"


_FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a formula could begin: at the start of the cell, or after a semicolon, which separates cells where the
comma is the decimal sign. The last four characters are the full-width forms of the first four, which some
spreadsheets convert."""
_NUMBER = re.compile(r"[+-]?[0-9]+")


def cell(text: str) -> str:
    """Return `text` as a cell: with an apostrophe wherever a spreadsheet would start a formula.

    A number keeps its sign. No other text changes, so that programs read names as they are.

    Args:
        text: The content, without line breaks and tabs.
    """
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)
