"""Checks of the terminal and the environment before Textual starts. This module must not import Textual."""

import os
from collections.abc import Mapping
from typing import Final

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

_STDIN: Final = 0
_STDERR: Final = 2  # Textual draws on stderr; stdout stays free
_UNUSABLE_TERMS: Final = frozenset({"", "dumb", "unknown"})
_HINT: Final = "use `csrtui new NAME` to create a pair without screens; `csrtui --help` lists all commands"


def refuse_without_terminal(environ: Mapping[str, str]) -> None:
    """Check that there is a terminal for the screens. Without a terminal, Textual would hang.

    Args:
        environ: The environment. ``TERM`` is read.

    Raises:
        InputError: Standard input or standard error is not a terminal, or TERM is unset, ``dumb`` or ``unknown``.
            The hint names commands that work without screens.
    """
    for descriptor, name in ((_STDIN, "standard input"), (_STDERR, "standard error")):
        if not os.isatty(descriptor):
            raise InputError(f"the screens need a terminal; {name} is not a terminal", _HINT)
    term = environ.get("TERM", "")
    if term in _UNUSABLE_TERMS:
        setting = f"TERM={visible(term)}" if term else "TERM is not set"
        raise InputError(f"the screens need a terminal with cursor addressing; {setting}", _HINT)


def drop_textual_environment() -> None:
    """Remove every variable whose name begins with TEXTUAL from this process's environment.

    Call this function before Textual is first imported, because Textual reads the variables at import. TEXTUAL_LOG
    would write every key press, including those in passphrase fields, to a file that everyone can read. TEXTUAL_DRIVER
    would load any class. TEXTUAL_SCREENSHOT and TEXTUAL_PRESS would act without the user.
    """
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]


def hostname() -> str:
    """Return the first label of this machine's name as visible text, or "" if it has no name."""
    return visible(os.uname().nodename.partition(".")[0])
