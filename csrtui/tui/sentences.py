"""Show an error and its hint as sentences of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from csrtui.core.base.errors import CsrtuiError

_PROGRAMS: Final = frozenset(
    {
        "chmod",
        "chown",
        "csrtui",
        "cp",
        "keytool",
        "mkdir",
        "openssl",
        "pip",
        "puttygen",
        "rm",
        "setfacl",
        "ssh",
    }
)
"""A hint that begins with one of these is a command to type, and stays as it is."""


def error_text(error: CsrtuiError) -> str:
    """Return an error and its hint as sentences. The text is not escaped."""
    parts = (error.message, error.hint) if error.hint else (error.message,)
    return " ".join(map(sentence, parts))


def sentence(text: str) -> str:
    """Return a text that begins with a capital letter and ends with a full stop, unless it is a command."""
    first = text.partition(" ")[0]
    if first in _PROGRAMS or not text:
        return text
    capital = text[:1].upper() if first.isalpha() else text[:1]
    return f"{capital}{text[1:]}{'' if text[-1] in '.!?…' else '.'}"
