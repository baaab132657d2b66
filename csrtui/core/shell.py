"""Shell commands that csrtui shows: each word is quoted, so that a value in a command stays one word."""

from csrtui.core.visible import shows

_OPERATORS = frozenset({"&&", ";"})


def command(*words: str) -> str:
    """Return a shell command of these words, each quoted; ``&&`` and ``;`` stay as they are."""
    return " ".join(word if word in _OPERATORS else quote(word) for word in words)


def quote(word: str) -> str:
    """Return a word as a POSIX shell takes it.

    What does not print is written as ``$'…'`` (bash, zsh, ksh), so that the command can be shown and still
    names the very file.
    """
    from shlex import quote as quote_printable

    if shows(word):
        return quote_printable(word)
    escaped = (
        chr(byte) if 0x20 < byte < 0x7F and byte not in b"'\\" else f"\\x{byte:02x}"  # noqa: PLR2004 - ASCII
        for byte in word.encode("utf-8", "surrogateescape")
    )
    return f"$'{''.join(escaped)}'"
