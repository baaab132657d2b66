"""Text from outside made safe to show in a terminal.

A subject, a file name or a certificate may hold escape sequences, C1 controls, bidirectional overrides,
zero-width characters and letters that are drawn as nothing. `visible` is the one place where such text becomes
harmless.
"""

import re

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
