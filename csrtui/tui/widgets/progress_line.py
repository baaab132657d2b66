"""A bar on one line: how much is done, what was done last, and how long the rest takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Callable

_BAR = 20
_MINUTE = 60


class ProgressLine(TextBlock):
    """Counts what is done.

    Args:
        clock: Seconds that only go up.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    ProgressLine { height: 1; }
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._clock = clock
        self._total = self._done = 0
        self._began = 0.0
        self._last = ""

    def begin(self, total: int) -> None:
        """Start to count to `total`, which is at least one."""
        self._total, self._done, self._last = total, 0, ""
        self._began = self._clock()
        self.display = True
        self._draw()

    def advance(self, name: str) -> None:
        """One more is done."""
        self.reach(self._done + 1, name)

    def reach(self, done: int, name: str = "") -> None:
        """So many are done."""
        self._done = min(done, self._total)
        self._last = visible(name)
        self._draw()

    def clear(self) -> None:
        """Take the line away."""
        self._total = 0
        self.display = False

    def on_resize(self) -> None:
        """Cut the name anew."""
        self._draw()

    def _draw(self) -> None:
        if self._total:
            full = _BAR * self._done // self._total
            bar = f"[{'=' * full}{' ' * (_BAR - full)}] {self._done} of {self._total}"
            text = f"{bar}{self._left()}  {self._last}"
            self.show([((cut(text, self.size.width) if self.size.width else text, ""),)])

    def _left(self) -> str:
        if not 0 < self._done < self._total:
            return ""
        seconds = (self._clock() - self._began) / self._done * (self._total - self._done)
        if seconds < _MINUTE:
            return f", {seconds:.0f} s left"
        return f", {seconds / _MINUTE:.0f} min left"
