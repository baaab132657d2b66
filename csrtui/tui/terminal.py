"""Checks before Textual starts, and plain text on the normal screen. This module must not import Textual."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from typing import TYPE_CHECKING, Any, Final

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.app import App

_STDIN: Final = 0
_STDERR: Final = 2  # Textual draws on stderr; stdout stays free
_UNUSABLE_TERMS: Final = frozenset({"", "dumb", "unknown"})
_HINT: Final = "use `csrtui new NAME` to create a pair without screens; `csrtui --help` lists all commands"


def refuse_without_terminal(environ: Mapping[str, str]) -> None:
    """Check that there is a terminal for the screens. Without a terminal, Textual would hang.

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


_RETURN_KEYS = frozenset(b"\r\nq\x03\x04")
"""The return keys: Enter, q, ctrl+d, and ctrl+c (often meant as copy, so it must not end the program)."""
_ESCAPE = b"\x1b"
"""Esc. Other keys send more bytes after it."""
_LOCAL_FLAGS = 3  # index of the local modes in the list of `termios.tcgetattr`
_PROMPT = "Press Enter to return to csrtui."
_CLEAR = "\x1b[H\x1b[2J"  # cursor to the top left, erase the screen (ECMA-48: CUP, ED)


async def show_plain(app: App[Any], text: str) -> None:
    """Suspend the screens, clear the terminal, print a text, and resume when the user presses Enter or another return key.

    The terminal is cleared, so that the user selects this text and not an earlier one.

    Await this function in a worker. The app then still handles signals, but draws nothing until the function returns.

    Raises:
        textual.app.SuspendNotSupported: The app's driver cannot leave the terminal.
    """
    # Nothing empties the driver's queue while the app is suspended. Drawing would fill it and block the event loop. The
    # terminal mode is set before the prompt appears, so that the keys in the prompt work at once.
    with app.batch_update(), app.suspend(), _single_key_mode():
        _print(f"{_CLEAR}\n{text.rstrip()}\n\n{_PROMPT}\n")
        await _wait_for_return_key()


def _print(text: str) -> None:
    rest = text.encode("utf-8", "backslashreplace")
    with contextlib.suppress(OSError):  # the terminal is lost: a signal or the end of input follows
        while rest:
            rest = rest[os.write(_STDERR, rest) :]


@contextlib.contextmanager
def _single_key_mode() -> Iterator[None]:
    """Receive keys one by one, without echo and without signals."""
    try:
        original = termios.tcgetattr(_STDIN)
        settings = termios.tcgetattr(_STDIN)
        settings[_LOCAL_FLAGS] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(_STDIN, termios.TCSANOW, settings)
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(_STDIN, termios.TCSANOW, original)


async def _wait_for_return_key() -> None:
    loop = asyncio.get_running_loop()
    is_over = loop.create_future()

    def read() -> None:
        try:
            keys = os.read(_STDIN, 1024)
        except OSError:
            keys = b""
        is_return = not keys or keys.endswith(_ESCAPE) or _RETURN_KEYS.intersection(keys)
        if is_return and not is_over.done():
            is_over.set_result(None)

    loop.add_reader(_STDIN, read)
    try:
        await is_over
    finally:
        loop.remove_reader(_STDIN)
