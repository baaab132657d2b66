"""Show the progress of long work on stderr, and stop the work on a signal."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock
from types import FrameType, TracebackType
from typing import Self, TypeAlias

from csrtui.cli.output import write_unless_quiet
from csrtui.core.base.escaping import plural, visible

_BAR_WIDTH = 20
_COLUMNS = 79
"""The width of the progress line; a line that wraps cannot be redrawn."""
_MIN_INTERVAL = 0.1
"""The minimum number of seconds between two updates of the line."""
_MINUTE, _HOUR = 60, 3600

_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProgressBar:
    """A progress line that is redrawn in place, or nothing if stderr is not a terminal.

    Args:
        noun: The items that are counted, in the singular, such as ``pair``.
        total: The number of items, or None if it is unknown. If it is known, a bar and the remaining time are shown.
    """

    def __init__(self, noun: str, total: int | None = None) -> None:
        self._noun = visible(noun)
        self._total = total
        self._count = 0
        self._is_shown = sys.stderr.isatty()
        self._start = time.monotonic()
        self._width = 0
        self._last_drawing = float("-inf")
        self._name = ""
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._is_shown and self._count:
                self._draw()
                write_unless_quiet("\n")

    def advance(self, name: str | None = None) -> None:
        """Count one more item and show its name. Any thread can call this method."""
        with self._lock:
            self._count += 1
            self._name = name or ""
            now = time.monotonic()
            if self._is_shown and now - self._last_drawing >= _MIN_INTERVAL:
                self._last_drawing = now
                self._draw()

    def _draw(self) -> None:
        line = f"{self._line()} {visible(self._name)}"[:_COLUMNS].rstrip()
        write_unless_quiet(f"\r{line.ljust(self._width)}")
        self._width = len(line)

    def _line(self) -> str:
        seconds = max(time.monotonic() - self._start, 0.001)
        rate = self._count / seconds
        rate_text = f"{rate:.0f}/s" if rate >= 1 else f"{rate * _MINUTE:.0f}/min"
        if self._total is None:
            return f"{plural(self._count, self._noun)}, {rate_text}"
        filled = _BAR_WIDTH * min(self._count, self._total) // max(self._total, 1)
        bar = ("=" * filled).ljust(_BAR_WIDTH)
        counts = f"[{bar}] {self._count} of {plural(self._total, self._noun)}"
        remaining = max(self._total - self._count, 0) / rate
        return (
            f"{counts}, {rate_text}, {_duration(remaining)} left"
            if remaining
            else f"{counts} in {_duration(seconds)}"
        )


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


class StopEvent(Event):
    """An event that a signal from the user or the system sets. csrtui then starts no more work.

    Attributes:
        signal: The number of the signal that set it, or 0.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signal = 0

    @property
    def exit_code(self) -> int:
        """The exit status that a shell reports for this signal: 130 after Ctrl+C."""
        return 128 + self.signal


@contextmanager
def stop_on_signals() -> Iterator[StopEvent]:
    """Yield an event that is set by SIGINT (Ctrl+C), SIGTERM or SIGHUP. A second signal ends the program.

    Signals that were ignored at the start, for example because of ``nohup``, stay ignored.
    """
    stop = StopEvent()
    previous: dict[signal.Signals, _Handler] = {}

    def handle(number: int, _: FrameType | None) -> None:
        stop.signal = number
        stop.set()
        _restore(previous)

    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                previous[number] = signal.signal(number, handle)
    try:
        yield stop
    finally:
        _restore(previous)


def _restore(handlers: dict[signal.Signals, _Handler]) -> None:
    for number, handler in handlers.items():
        with suppress(TypeError):  # the handler was not set from Python
            signal.signal(number, handler)
