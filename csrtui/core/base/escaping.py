"""Make untrusted text safe to display in a terminal or a sentence, and safe to use in a shell command or a spreadsheet.

A subject, a file name or a certificate can contain escape sequences, C1 controls, bidirectional overrides,
zero-width characters and letters without a glyph. Only `visible` makes them harmless in a terminal. `spreadsheet_cell`
prevents formulas (OWASP, CSV Injection).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_WITHOUT_GLYPH = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that Python considers printable although they have no visible glyph.

They are the letters and marks among Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt: joiners,
fillers, variation selectors), and the empty Braille pattern.
"""


def is_visible(text: str) -> bool:
    """Return whether every character of `text` is printable and has a visible glyph."""
    return text.isprintable() and (text.isascii() or re.search(_WITHOUT_GLYPH, text) is None)


def visible(text: str) -> str:
    r"""Return `text` with every invisible character written as a Python escape.

    ESC becomes the four characters ``\x1b``, a right-to-left override becomes ``\u202e``, a no-break space becomes
    ``\xa0``, and a variation selector becomes ``\ufe0f``. Visible characters (`is_visible`) and the ASCII space stay
    unchanged. Except for the ASCII space, the result has no character of the Unicode categories Other and Separator.
    """
    if is_visible(text):
        return text
    return "".join(character if is_visible(character) else _escape(ord(character)) for character in text)


def _escape(code: int) -> str:
    if code <= 0xFF:  # noqa: PLR2004 - two hexadecimal digits
        return f"\\x{code:02x}"
    if code <= 0xFFFF:  # noqa: PLR2004 - four hexadecimal digits
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"


def name_text(name: str) -> str:
    """Return a name for display in a list, in quotation marks if it is empty or begins or ends with a space."""
    text = visible(name)
    return text if text and text == text.strip() else f'"{text}"'


_MAX_EXCERPT = 44
_HEAD, _TAIL = 26, 15
_MAX_EXCERPTS = 3


def excerpt(value: str) -> str:
    """Return a value to quote in a sentence: escaped, and shortened in the middle if it is long."""
    if len(value) > _MAX_EXCERPT:
        value = f"{value[:_HEAD]}...{value[-_TAIL:]}"
    text = visible(value)
    return text if len(text) <= _MAX_EXCERPT else f"{text[:_HEAD]}...{text[-_TAIL:]}"


def excerpts(values: Sequence[str]) -> str:
    """Return values for quoting in a sentence (`excerpt`). Values after the first three are only counted."""
    quoted = ", ".join(excerpt(value) or '""' for value in values[:_MAX_EXCERPTS])
    return quoted + (f" and {len(values) - _MAX_EXCERPTS} more" if len(values) > _MAX_EXCERPTS else "")


def describe_character(character: str) -> str:
    """Return a character as a sentence names it: itself if it is visible, else its Unicode name with an article."""
    if character == " ":
        return "a blank"
    if is_visible(character):
        return character if character.isascii() else f"{character} (U+{ord(character):04X})"
    name = unicodedata.name(character, "").lower()
    article = "an" if name[:1] in set("aeiou") else "a"
    return f"{article} {name or 'control character'} (U+{ord(character):04X})"


def plural(count: int, noun: str) -> str:
    """Return a number with a noun in the singular or plural: ``1 character``, ``2 characters``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def enumeration(words: Sequence[str]) -> str:
    """Return words as a phrase: ``a``, ``a and b``, or ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


class Syntax(str):
    """A word that stays unquoted in a command, because the shell must interpret it: an operator or a pattern."""

    __slots__ = ()


AND: Final = Syntax("&&")


def command(*words: str) -> str:
    """Return a shell command made of these words. Each word is quoted unless it is `Syntax`."""
    return " ".join(word if isinstance(word, Syntax) else quote(word) for word in words)


def quote(word: str) -> str:
    r"""Return a word quoted for any POSIX shell, in printable characters only.

    A word with unprintable characters becomes ``"$(printf '…')"`` with octal escapes, because dash does not support
    ``$'…'``. A word that ends with a line break becomes ``$'…'`` (bash, zsh, ksh), because ``$(…)`` would drop the line
    break.
    """
    from shlex import quote as quote_printable

    if is_visible(word):
        return quote_printable(word)
    escaped = "".join(map(_octet, word.encode("utf-8", "surrogateescape")))
    return f"$'{escaped}'" if word.endswith("\n") else f"\"$(printf '{escaped}')\""


def _octet(octet: int) -> str:
    """Return an octet for a printf(1) format. ``-`` is escaped, so that the format never begins like an option."""
    character = chr(octet)
    is_plain = character.isascii() and (character.isalnum() or character in "/._ ")
    return character if is_plain else f"\\{octet:03o}"


def names_file(text: str, *labels: str) -> bool:
    """Return whether a message about a file already begins with one of these names of the file."""
    return any(text.startswith((f"{label} ", f"cannot read {label}: ")) for label in labels if label)


_FORMULA = r"(^|;)(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])"
"""Matches where a formula could begin: at the start of a cell or after a semicolon. If the comma is the decimal sign,
semicolons separate cells. The last four characters are the full-width forms of the first four, which some spreadsheets
convert."""
_NUMBER = r"[+-]?[0-9]+"


def spreadsheet_cell(text: str) -> str:
    """Return `text` as a cell, with an apostrophe wherever a spreadsheet would begin a formula.

    Signed numbers and all other text stay unchanged, so that programs can read the original names. `text` must not
    contain line breaks or tabs.
    """
    return text if re.fullmatch(_NUMBER, text) else re.sub(_FORMULA, r"\1'", text)
