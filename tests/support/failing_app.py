"""A small app that fails at a chosen place, with a canary in a local variable and in the message.

``python failing_app.py BASE WHERE``: BASE is ``safe`` or ``plain`` (Textual's own App, the control that
shows the leak). WHERE names the place or is ``nowhere``.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import sys
import termios
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.widgets import Static

from csrtui.cli.output import discard_output
from csrtui.tui.crash_safe_app import SafeApp
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.strip import Strip
    from textual.widget import Widget

CANARY = "correct-horse-battery"


def fail() -> None:
    """Raise an error with a canary in a local variable."""
    passphrase = CANARY[::-1][::-1]
    raise ValueError(f"cannot use {passphrase}")


async def fail_later() -> None:
    """Fail in a coroutine."""
    fail()


class Label(Static):
    """A widget that shows text, or fails to."""

    failing = ""

    def on_mount(self) -> None:
        if self.failing == "widget-mount":
            fail()

    def render_line(self, y: int) -> Strip:
        if self.failing == "render":
            fail()
        return super().render_line(y)


class Failing:
    """The places of failure, mixed into either base."""

    failing = ""

    def compose(self) -> Iterator[Widget]:
        yield TextField()
        if self.failing == "compose":
            fail()
        yield Label("ready", markup=False)

    def on_mount(self: Any) -> None:
        match self.failing:
            case "mount":
                fail()
            case "timer":
                self.set_timer(0.01, fail)
            case "worker":
                self.run_worker(fail_later())
            case "thread-worker":
                self.run_worker(fail, thread=True)
            case "thread":
                threading.Thread(target=fail).start()
            case "task":
                self.kept = self._loop.call_soon(fail)
            case "css":
                self.stylesheet.add_source(f"Label {{ color: {CANARY}; }}")
                self.refresh_css()

    async def wait_until_ready(self) -> None:
        """Wait until everything exists, or forever if the app is told never to be ready."""
        if self.failing == "incomplete":
            await asyncio.Event().wait()

    def key_f5(self) -> None:
        if self.failing == "key":
            fail()
        if self.failing == "stuck":
            threading.Event().wait(60)

    def key_f6(self: Any) -> None:
        self.exit(message="bye\x1b[31m" if self.failing == "message" else None)

    def save_state(self) -> None:
        """Write a file to show that this method was called."""
        if path := os.environ.get("STATE_FILE"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write("saved\n")
        if self.failing == "save":
            fail()


class SafeFailing(Failing, SafeApp[None]):
    """The base of csrtui's own app."""


class PlainFailing(Failing, App[None]):
    """Textual's app."""


def resize_once_read(at: tuple[int, int], then: tuple[int, int]) -> None:
    """Resize the terminal at the worst time: right after the program has read its size."""
    read = os.get_terminal_size

    def read_and_resize(descriptor: int = 1) -> os.terminal_size:
        size = read(descriptor)
        if size == at:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", then[1], then[0], 0, 0))
        return size

    os.get_terminal_size = read_and_resize


def main() -> int:
    """Run one of the apps."""
    base, where = sys.argv[1:]
    if where.startswith("resized"):
        (columns, rows) = map(int, where.split("-")[1:])
        resize_once_read((columns, rows), (100, 30))
    Failing.failing = Label.failing = where
    if base == "plain":
        plain = PlainFailing()
        plain.run()
        return plain.return_code or 0
    app = SafeFailing()
    app.run()
    return app.exit_status


if __name__ == "__main__":
    status = main()
    for stream in (sys.stdout, sys.stderr):  # as csrtui itself ends on a terminal that is lost
        try:
            stream.flush()
        except OSError:
            discard_output(stream)
    sys.exit(status)
