"""A bar on stderr while many things are done, where stderr is a terminal."""

import sys
import time
from threading import Lock
from types import TracebackType
from typing import Self

from csrtui.cli.output import talk
from csrtui.core.visible import visible

_BAR = 20
_COLUMNS = 79
"""A line that wrapped could not be drawn over."""


class Progress:
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
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._done:
            talk("\n")

    def advance(self, name: str | None = None) -> None:
        """One more is done, called `name`; may be called from any thread."""
        with self._lock:
            self._done += 1
            if self._shown:
                line = f"{self._line()}{visible(name or '')}"[:_COLUMNS]
                talk(f"\r{line.ljust(self._width)}")
                self._width = len(line)

    def _line(self) -> str:
        if self._total is None:
            return f"{self._done} {self._noun}"
        full = _BAR * self._done // self._total
        left = (time.monotonic() - self._began) / self._done * (self._total - self._done)
        bar = "=" * full + " " * (_BAR - full)
        return f"[{bar}] {self._done} of {self._total} {self._noun}, {left:.0f} s left "
