"""Shell commands that csrtui shows: each word is quoted, so that a value in a command stays one word."""

from typing import Final

from csrtui.core.base.escaping import shows


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
