"""A bar on stderr while many things are done, where stderr is a terminal."""

import sys
from types import TracebackType
from typing import Self

from csrtui.cli.output import talk
from csrtui.core.visible import visible


class Progress:
    """Counts what is done, in place, on one line of the terminal; says nothing elsewhere.

    Args:
        noun: What is counted.
    """

    def __init__(self, noun: str) -> None:
        self._noun = visible(noun)
        self._done = 0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._done:
            talk("\n")

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        if self._shown:
            talk(f"\r{self._done} {self._noun}")
