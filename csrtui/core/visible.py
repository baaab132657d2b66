"""Text from outside made safe to show in a terminal.

A subject, a file name or a certificate may hold escape sequences, C1 controls, bidirectional overrides
and zero-width characters. `visible` is the one place where such text becomes harmless.
"""


def visible(text: str) -> str:
    r"""Return `text` with every character that does not print written as a Python escape.

    ESC becomes the four characters ``\x1b``, a right-to-left override ``\u202e``, a no-break space
    ``\xa0``. Printable characters, the ASCII space among them, stay as they are. Printable is what
    `str.isprintable` says: no character of the Unicode categories Other and Separator.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(ord(character)) for character in text)


def _escape(code: int) -> str:
    if code <= 0xFF:  # noqa: PLR2004 - what two hexadecimal digits hold
        return f"\\x{code:02x}"
    if code <= 0xFFFF:  # noqa: PLR2004 - what four hexadecimal digits hold
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"
