"""A program in a real pseudo-terminal: keys go in, bytes come out, and pyte shows the screen as a user would see it.

Nothing sleeps: conditions are polled until a deadline.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from typing import TYPE_CHECKING, Any, Self

import pyte
import warm_python
from screen_text import unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_DEADLINE_SECONDS = 30.0  # a long limit, for a busy machine
_UNKNOWN_TO_PYTE = re.compile(r"\x1b\[[<>=?][0-9;]*[u$][py]?")
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_CONTROL = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")
_KITTY = re.compile(rb"\x1b\[([<>])[0-9]*u")
_ANSWERS = {b"\x1b[?2026$p": b"\x1b[?2026;2$y", b"\x1b[?2048$p": b"\x1b[?2048;2$y"}


class PtySession:
    """One run of a program in its own terminal, for use in a ``with`` statement.

    Args:
        argv: The program and its arguments.
        env: Variables beyond those of this process; None as a value removes one.
        columns: The terminal's width in cells.
        rows: Its height.
        answering: Whether the terminal supports synchronized output and in-band resize reports.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str | None] | None = None,
        columns: int = 80,
        rows: int = 24,
        answering: bool = False,
    ) -> None:
        self.raw = bytearray()
        self.columns, self.rows = columns, rows
        self._answering = answering
        self._answered = 0
        self._drawn: tuple[tuple[int, int, int], str] | None = None
        self._status: int | None = None
        wanted = {**os.environ, "TERM": "xterm-256color", "COLUMNS": None, "LINES": None, "NO_COLOR": None}
        wanted |= {"COLORTERM": None, "TMUX": None, **(env or {})}
        environment = {name: value for name, value in wanted.items() if value is not None}
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.attributes_before = termios.tcgetattr(slave)
        self.slave = slave  # stays open, so that the terminal's state can be read after the program's end
        self._master: int | None = master
        if warm_python.can_run(argv, environment):
            self.pid = warm_python.start(slave, argv, environment)
        else:
            self.pid = os.fork()
            if self.pid == 0:
                _become(slave, master, argv, environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for descriptor in (self.slave, self._master):
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)

    # Actions of the user

    def send(self, keys: str | bytes) -> None:
        """Type `keys`."""
        assert self._master is not None
        os.write(self._master, keys.encode() if isinstance(keys, str) else keys)

    def kill(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self.pid, number)

    def resize(self, columns: int, rows: int) -> None:
        """Resize the terminal."""
        assert self._master is not None
        self.columns, self.rows = columns, rows
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Close the terminal, as a dropped connection does."""
        assert self._master is not None
        os.close(self.slave)
        os.close(self._master)
        self._master, self.slave = None, -1

    # Waiting

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Read until `condition` is true, or fail with `what` and the screen after a time limit."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while not condition():
            self._read(0.02)
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}; the screen shows\n{self.text}")

    def wait_for(self, text: str) -> None:
        """Read until `text` is on the screen, also if it is wrapped."""
        self.wait_until(lambda: text in self.text or text in unwrapped(self.text), repr(text))

    def wait_stopped(self) -> None:
        """Read until the program has been stopped by a signal."""

        def stopped() -> bool:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            return pid == self.pid and os.WIFSTOPPED(status)

        self.wait_until(stopped, "the program to stop")
        self._read(0.0)

    def wait_exit(self) -> int:
        """Read until the program ends. Return its exit status, or minus the signal that killed it."""

        def ended() -> bool:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
            return pid != 0

        if self._status is None:
            self.wait_until(ended, "the program to end")
        while self._read(0.0):
            pass
        assert self._status is not None
        return self._status

    def quiet(self, seconds: float = 0.3) -> bytes:
        """Read until there was no output for `seconds`, and return the output."""
        start = len(self.raw)
        while self._read(seconds):
            pass
        return bytes(self.raw[start:])

    # The visible screen

    @property
    def screen(self) -> pyte.Screen:
        """The screen, drawn from the bytes so far."""
        screen = pyte.Screen(self.columns, self.rows)
        pyte.Stream(screen).feed(_UNKNOWN_TO_PYTE.sub("", self.raw.decode("utf-8", "replace")))
        return screen

    @property
    def text(self) -> str:
        """The lines of the screen, without trailing blanks."""
        state = (len(self.raw), self.columns, self.rows)
        if self._drawn is None or self._drawn[0] != state:  # drawing takes longer than reading
            self._drawn = state, "\n".join(line.rstrip() for line in self.screen.display)
        return self._drawn[1]

    @property
    def after_screens(self) -> str:
        """The output after the alternate screen was left, without control sequences."""
        return _CONTROL.sub(b"", self.raw.rpartition(b"\x1b[?1049l")[2]).decode("utf-8", "replace")

    @property
    def modes_left_set(self) -> set[str]:
        """The private modes that were set and not reset (``kitty`` for its keyboard protocol)."""
        state: dict[str, int] = {}
        for match in _MODE.finditer(self.raw):
            for mode in match[1].decode().split(";"):
                state[mode] = 1 if match[2] == b"h" else 0
        kitty = sum(1 if match[1] == b">" else -1 for match in _KITTY.finditer(self.raw))
        shown_from_the_start = {"7", "25"}  # line wrap and the cursor
        left = {mode for mode, is_set in state.items() if bool(is_set) != (mode in shown_from_the_start)}
        return left | ({"kitty"} if kitty else set())

    @property
    def terminal_is_whole(self) -> bool:
        """Whether all modes and line settings are as they were before the program."""
        return not self.modes_left_set and self.attributes == self.attributes_before

    @property
    def attributes(self) -> list[Any]:
        """The line settings of the terminal (`termios.tcgetattr`)."""
        return termios.tcgetattr(self.slave)

    def _read(self, seconds: float) -> bytes:
        if self._master is None:
            select.select([], [], [], seconds)
            return b""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return b""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:  # the error of a terminal that no process has open
                raise
            return b""
        self.raw += data
        if self._answering:
            self._answer()
        return data

    def _answer(self) -> None:
        for question, answer in _ANSWERS.items():
            if question in self.raw[self._answered :]:
                self.send(answer)
        self._answered = len(self.raw)


def _become(slave: int, master: int, argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """In the child, make the terminal its controlling terminal, and run the program."""
    try:
        os.close(master)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for descriptor in (0, 1, 2):
            os.dup2(slave, descriptor)
        os.close(slave)
        os.execvpe(argv[0], list(argv), environment)  # noqa: S606 - a test's own program
    finally:
        os._exit(127)
