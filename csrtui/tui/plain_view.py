"""Text in the ordinary terminal, from its left edge, where its own means select it; the app waits meanwhile."""

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
_GOES_BACK = frozenset(b"\r\nq\x03\x04")
"""Enter, q, ctrl+c (which may well be meant to copy, and must not end the program) and ctrl+d."""
_LOCAL_FLAGS = 3  # in the list of `termios.tcgetattr`
_WAY_BACK = "Enter goes back to csrtui."


async def show_plain(app: App[Any], text: str) -> None:
    """Leave the screens, print a text, and come back when Enter is pressed.

    To be awaited in a worker: the app goes on, so that a signal still ends it, but draws nothing meanwhile.

    Args:
        app: What to leave.
        text: Lines of visible text.

    Raises:
        textual.app.SuspendNotSupported: The app's driver cannot leave the terminal.
    """
    # Drawing would wait in the driver's queue, which nobody empties meanwhile, and stop the event loop once it is
    # full. The keys are set before anybody can read that there is a way back.
    with app.batch_update(), app.suspend(), _key_by_key():
        _print(f"\n{text.rstrip()}\n\n{_WAY_BACK}\n")
        await _way_back()


def _print(text: str) -> None:
    rest = text.encode("utf-8", "backslashreplace")
    with contextlib.suppress(OSError):  # the terminal is gone: there is a signal, or the end of its input
        while rest:
            rest = rest[os.write(_STDERR, rest) :]


@contextlib.contextmanager
def _key_by_key() -> Iterator[None]:
    """Keys come at once, are not shown, and send no signals."""
    try:
        before = termios.tcgetattr(_STDIN)
        changed = termios.tcgetattr(_STDIN)
        changed[_LOCAL_FLAGS] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(_STDIN, termios.TCSANOW, changed)
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(_STDIN, termios.TCSANOW, before)


async def _way_back() -> None:
    loop = asyncio.get_running_loop()
    back = loop.create_future()

    def read() -> None:
        try:
            keys = os.read(_STDIN, 1024)
        except OSError:
            keys = b""
        if (not keys or _GOES_BACK.intersection(keys)) and not back.done():
            back.set_result(None)

    loop.add_reader(_STDIN, read)
    try:
        await back
    finally:
        loop.remove_reader(_STDIN)
