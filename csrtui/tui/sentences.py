"""Show an error and its hint as sentences of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from csrtui.core.base.errors import CsrtuiError

_FIRST_WORDS: Final = frozenset(
    {"a", "an", "cannot", "it", "no", "nothing", "only", "others", "that", "the", "there", "these", "this"}
)
"""The words that get a capital letter at the beginning of an error. Any other first word could be a name."""
_PROGRAMS: Final = frozenset(
    {"chmod", "chown", "csrtui", "keytool", "mkdir", "openssl", "pip", "puttygen", "setfacl", "ssh"}
)
"""A hint that begins with one of these is a command to type, and stays as it is."""


def error_text(error: CsrtuiError) -> str:
    """Return an error and its hint as sentences. The text is not escaped."""
    first, hint = error.message.partition(" ")[0], error.hint
    message = _sentence(_capitalized(error.message) if first in _FIRST_WORDS else error.message)
    if not hint:
        return message
    is_command = hint.partition(" ")[0] in _PROGRAMS
    return f"{message} {hint if is_command else _sentence(_capitalized(hint))}"


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
