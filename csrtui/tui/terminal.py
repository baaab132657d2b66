"""The terminal before Textual has it: is there one, and what of the environment may reach Textual.

Nothing here imports Textual.
"""

import os
from collections.abc import Mapping
from typing import Final

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

_STDIN: Final = 0
_STDERR: Final = 2  # Textual draws on stderr; stdout stays free
_NOT_A_SCREEN: Final = frozenset({"", "dumb", "unknown"})
_HINT: Final = "make a pair without screens with `csrtui new NAME`; `csrtui --help` lists all commands"


def refuse_without_terminal(environ: Mapping[str, str]) -> None:
    """Refuse to open screens where there is no terminal to draw them on (Textual would hang).

    Args:
        environ: The environment; ``TERM`` is read.

    Raises:
        InputError: Standard input or standard error is no terminal, or TERM is unset, ``dumb`` or
            ``unknown``. Its hint names the commands that do the same without screens.
    """
    for descriptor, name in ((_STDIN, "standard input"), (_STDERR, "standard error")):
        if not os.isatty(descriptor):
            raise InputError(f"the screens need a terminal, and {name} is not one", _HINT)
    term = environ.get("TERM", "")
    if term in _NOT_A_SCREEN:
        what = f"TERM={visible(term)}" if term else "TERM is not set"
        raise InputError(f"the screens need a terminal that can place text, and {what}", _HINT)


def drop_textual_environment() -> None:
    """Remove every variable whose name begins with TEXTUAL from this process's environment.

    To be called before Textual is imported, which reads them then: TEXTUAL_LOG would write every key
    typed, into a passphrase field too, to a file that all can read; TEXTUAL_DRIVER would load a class
    from anywhere; TEXTUAL_SCREENSHOT and TEXTUAL_PRESS act by themselves.
    """
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]


def hostname() -> str:
    """The first label of this machine's name, made visible; empty where it has none."""
    return visible(os.uname().nodename.partition(".")[0])
