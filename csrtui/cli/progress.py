"""A bar on stderr while many things are done, where stderr is a terminal."""

import sys
import time
from threading import Lock
from types import TracebackType
from typing import Self

from csrtui.cli.output import talk
from csrtui.core.base.escaping import visible

_BAR = 20
_COLUMNS = 79
"""A line that wrapped could not be drawn over."""
_BETWEEN = 0.1
"""Seconds between two drawings at least: more often nobody can read it."""
_MINUTE, _HOUR = 60, 3600


class ProgressBar:
    """Counts what is done, in place, on one line of the terminal; says nothing elsewhere.

    Args:
        noun: What is counted.
        total: How many there are, where that is known: then a bar is drawn, and the time left.
    """

    def __init__(self, noun: str, total: int | None = None) -> None:
        self._noun = visible(noun)
        self._total = total
        self._done = 0
        self._shown = sys.stderr.isatty()
        self._began = time.monotonic()
        self._width = 0
        self._drawn = float("-inf")
        self._name = ""
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._shown and self._done:
                self._draw()
                talk("\n")

    def advance(self, name: str | None = None) -> None:
        """One more is done, called `name`; may be called from any thread."""
        with self._lock:
            self._done += 1
            self._name = name or ""
            now = time.monotonic()
            if self._shown and now - self._drawn >= _BETWEEN:
                self._drawn = now
                self._draw()

    def _draw(self) -> None:
        line = f"{self._line()} {visible(self._name)}"[:_COLUMNS].rstrip()
        talk(f"\r{line.ljust(self._width)}")
        self._width = len(line)

    def _line(self) -> str:
        seconds = max(time.monotonic() - self._began, 0.001)
        rate = self._done / seconds
        if self._total is None:
            return f"{self._done} {self._noun}, {_rate(rate)}"
        full = _BAR * min(self._done, self._total) // max(self._total, 1)
        bar = "=" * full + " " * (_BAR - full)
        done = f"[{bar}] {self._done} of {self._total} {self._noun}"
        left = max(self._total - self._done, 0) / rate
        return f"{done}, {_rate(rate)}, {_time(left)} left" if left else f"{done} in {_time(seconds)}"


def _rate(rate: float) -> str:
    return f"{rate:.0f}/s" if rate >= 1 else f"{rate * _MINUTE:.0f}/min"


def _time(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"
