"""Run a program in its own pseudo-terminal, and record when it writes which bytes.

A first picture is `PAINTED` cells drawn that are not blank. All times are seconds on one clock that
starts before the program does, so that its interpreter and its imports are in them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from measure import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAINTED = 40
"""The number of drawn cells. Fewer could be a program's greeting."""

_ESCAPE = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^X][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]"
)
_QUESTION = re.compile(rb"\x1b\[\?(2026|2048)\$p")
_RECENT = 4000
"""The number of characters in which a text is searched."""
_START_SECONDS = 30.0
_QUIET_SECONDS = 0.4
_ANSWER_SECONDS = 2.0
_BETWEEN_KEYS_SECONDS = 0.12
_END_SECONDS = 5.0


class NothingDrawnError(Exception):
    """The program did not draw the expected output. The message contains its output so far."""


class ProgramEndedError(NothingDrawnError):
    """The program has ended unexpectedly."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to a key.

    Attributes:
        first: Seconds from the key to the first byte, or None without output.
        count: The number of bytes until the program was idle.
    """

    first: float | None
    count: int


class Terminal:
    """One run of a program; use it in a ``with`` statement, which ends the program.

    Args:
        command: The program and its arguments.
        environment: All environment variables.
        columns: The terminal's width in cells.
        rows: Its height.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], *, columns: int = 80, rows: int = 24
    ) -> None:
        self._drawn = bytearray()
        self._started = time.perf_counter()
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            try:
                os.chdir(ROOT)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - no shell is wanted
            finally:
                os._exit(127)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGTERM)
        end = time.perf_counter() + _END_SECONDS
        while os.waitpid(self._pid, os.WNOHANG)[0] == 0:
            if time.perf_counter() > end:
                os.kill(self._pid, signal.SIGKILL)
            with contextlib.suppress(ProgramEndedError):
                self._read(0.01)
        os.close(self._terminal)

    def first_picture(self) -> float:
        """Wait for the first picture, and return the seconds since the program was started.

        Raises:
            NothingDrawnError: There was no picture.
        """
        while time.perf_counter() - self._started < _START_SECONDS:
            if self._read(0.05) and len(self.text.replace(" ", "").replace("\n", "")) >= PAINTED:
                return time.perf_counter() - self._started
        raise NothingDrawnError(self.text[-400:])

    @property
    def text(self) -> str:
        """The text drawn so far, without escape sequences."""
        return _ESCAPE.sub(b"", bytes(self._drawn)).decode(errors="replace")

    def settle(self, quiet: float = _QUIET_SECONDS, limit: float = _ANSWER_SECONDS) -> int:
        """Read until there was no output for `quiet` seconds, but at most `limit` seconds.

        Return the number of bytes.
        """
        count, end = 0, time.perf_counter() + limit
        while (left := end - time.perf_counter()) > 0:
            data = self._read(min(quiet, left))
            if not data:
                break
            count += len(data)
        return count

    def send(self, keys: str) -> None:
        """Send several keys at once."""
        os.write(self._terminal, keys.encode())

    def press(self, key: str, quiet: float = _BETWEEN_KEYS_SECONDS) -> Answer:
        """Send one key, and read until there was no output for `quiet` seconds. Return the response."""
        before = time.perf_counter()
        os.write(self._terminal, key.encode())
        data = self._read(_ANSWER_SECONDS)
        if not data:
            return Answer(None, 0)
        first = time.perf_counter() - before
        return Answer(first, len(data) + self.settle(quiet))

    def settled(self, key: str, quiet: float = _QUIET_SECONDS) -> float:
        """Send one key, and return the seconds until the last byte before a pause of `quiet` seconds.

        Raises:
            NothingDrawnError: The key had no effect.
        """
        before = time.perf_counter()
        os.write(self._terminal, key.encode())
        last = None
        while self._read(_ANSWER_SECONDS if last is None else quiet):
            last = time.perf_counter() - before
        if last is None:
            raise NothingDrawnError(self.text[-400:])
        return last

    def seen(self, text: str, limit: float = _START_SECONDS) -> float:
        """Return the seconds from now until a text is drawn.

        Raises:
            NothingDrawnError: The text was not drawn.
        """
        before = time.perf_counter()
        while text not in self.text[-_RECENT:]:
            if time.perf_counter() - before > limit:
                raise NothingDrawnError(self.text[-400:])
            self._read(0.05)
        return time.perf_counter() - before

    def peak_memory(self) -> float:
        """Return the peak memory of the program in MB."""
        with open(f"/proc/{self._pid}/status") as status:
            [line] = [line for line in status if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024

    def idle(self, seconds: float) -> float:
        """Return the number of bytes per second without any key press."""
        end, count = time.perf_counter() + seconds, 0
        while (left := end - time.perf_counter()) > 0:
            count += len(self._read(left))
        return count / seconds

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._terminal], [], [], seconds)
        if not ready:
            return b""
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:
            data = b""
        if not data:
            raise ProgramEndedError(self.text[-400:])
        self._drawn += data
        for question in _QUESTION.finditer(data):
            os.write(self._terminal, b"\x1b[?" + question[1] + b";0$y")
        return data
