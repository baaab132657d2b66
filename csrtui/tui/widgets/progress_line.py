"""A progress bar on one line, with the last finished item and the estimated remaining time."""

from __future__ import annotations

from time import monotonic

from csrtui.core.base.escaping import visible
from csrtui.tui.widgets.text_block import TextLine
from csrtui.tui.wrapping import cut

_BAR_WIDTH = 20
_MINUTE = 60


class ProgressLine(TextLine):
    """A progress bar that counts finished items. It is hidden while nothing is running."""

    _total = _count = 0
    _start_time = 0.0
    _last_name = ""

    def begin(self, total: int) -> None:
        """Show the bar and start to count to `total`, which must be at least 1."""
        self._total, self._count, self._last_name = total, 0, ""
        self._start_time = monotonic()
        self.display = True
        self.draw()

    def advance(self, name: str) -> None:
        """Count one more finished item."""
        self.reach(self._count + 1, name)

    def reach(self, count: int, name: str = "") -> None:
        """Set the number of finished items, and the name of the last one."""
        self._count = min(count, self._total)
        self._last_name = visible(name)
        self.draw()

    def clear(self) -> None:
        """Hide the bar."""
        self._total = 0
        self.display = False

    def draw(self) -> None:
        """Draw the line."""
        if self._total:
            length = _BAR_WIDTH * self._count // self._total
            bar = f"[{'=' * length}{' ' * (_BAR_WIDTH - length)}] {self._count} of {self._total}"
            text = f"{bar}{self._remaining_time()}  {self._last_name}"
            self.show([((cut(text, self.size.width) if self.size.width else text, ""),)])

    def _remaining_time(self) -> str:
        """Return the estimate as ``, 20 s left``, or an empty string before the first item and after the last one."""
        if not 0 < self._count < self._total:
            return ""
        seconds = (monotonic() - self._start_time) / self._count * (self._total - self._count)
        if seconds < _MINUTE:
            return f", {seconds:.0f} s left"
        return f", {seconds / _MINUTE:.0f} min left"
