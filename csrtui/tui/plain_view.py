"""Show plain text on the normal terminal screen, from the left edge, so that the user can select it.

The app is suspended until the user returns.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import App

_STDIN, _STDERR = 0, 2
_RETURN_KEYS = frozenset(b"\r\nq\x03\x04")
"""The return keys: Enter, q, ctrl+d, and ctrl+c (often meant as copy, so it must not end the program)."""
_LOCAL_FLAGS = 3  # index of the local modes in the list of `termios.tcgetattr`
_PROMPT = "Press Enter to return to csrtui."
_CLEAR = "\x1b[H\x1b[2J"  # cursor to the top left, erase the screen (ECMA-48: CUP, ED)


async def show_plain(app: App[Any], text: str) -> None:
    """Suspend the screens, clear the terminal, print a text, and resume when the user presses Enter or another return key.

    The terminal is cleared, so that the user selects this text and not an earlier one.

    Await this function in a worker. The app then still handles signals, but draws nothing until the function returns.

    Args:
        app: The app to suspend.
        text: Lines of visible text.

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
        if (not keys or _RETURN_KEYS.intersection(keys)) and not is_over.done():
            is_over.set_result(None)

    loop.add_reader(_STDIN, read)
    try:
        await is_over
    finally:
        loop.remove_reader(_STDIN)
