"""A progress bar on one line, with the last finished item and the estimated remaining time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Callable

_BAR_WIDTH = 20
_MINUTE = 60


class ProgressLine(TextBlock):
    """A progress bar that counts finished items. It is hidden while nothing is running.

    Args:
        clock: A function that returns the seconds of a monotonic clock.
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
        self._total = self._count = 0
        self._start_time = 0.0
        self._last_name = ""

    def begin(self, total: int) -> None:
        """Show the bar and start to count to `total`, which must be at least 1."""
        self._total, self._count, self._last_name = total, 0, ""
        self._start_time = self._clock()
        self.display = True
        self._draw()

    def advance(self, name: str) -> None:
        """Count one more finished item."""
        self.reach(self._count + 1, name)

    def reach(self, count: int, name: str = "") -> None:
        """Set the number of finished items, and the name of the last one."""
        self._count = min(count, self._total)
        self._last_name = visible(name)
        self._draw()

    def clear(self) -> None:
        """Hide the bar."""
        self._total = 0
        self.display = False

    def on_resize(self) -> None:
        """Fit the name to the new width."""
        self._draw()

    def _draw(self) -> None:
        if self._total:
            length = _BAR_WIDTH * self._count // self._total
            bar = f"[{'=' * length}{' ' * (_BAR_WIDTH - length)}] {self._count} of {self._total}"
            text = f"{bar}{self._remaining_time()}  {self._last_name}"
            self.show([((cut(text, self.size.width) if self.size.width else text, ""),)])

    def _remaining_time(self) -> str:
        """Return the estimate as ``, 20 s left``, or an empty string before the first item and after the last one."""
        if not 0 < self._count < self._total:
            return ""
        seconds = (self._clock() - self._start_time) / self._count * (self._total - self._count)
        if seconds < _MINUTE:
            return f", {seconds:.0f} s left"
        return f", {seconds / _MINUTE:.0f} min left"
