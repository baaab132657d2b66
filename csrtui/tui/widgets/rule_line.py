"""The rule between two parts of a screen, which can carry a message, and say how much of a text lies below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from csrtui.core.base.escaping import visible
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from csrtui.tui.widgets.text_view import TextView

_END = "──"
_AROUND = 5
"""Cells around a message: two strokes and a blank before it, a blank and a stroke behind it."""


class RuleLine(TextBlock):
    """A line across; `tell` puts a message into it, the next `clear` takes it away.

    Args:
        view: The text above it: while not all of that is on the screen, the line says how much is below.
        id: The widget's id.
        classes: Its classes.
    """

    DEFAULT_CSS = """
    RuleLine { height: 1; }
    """

    message = ""

    def __init__(
        self,
        view: TextView | None = None,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._view = view

    def on_mount(self) -> None:
        """Follow the text above."""
        if self._view is not None:
            self.watch(self._view, "below", self._draw, init=False)

    def tell(self, text: str) -> None:
        """Show a message in the line."""
        self.message = visible(text)
        self._draw()

    @property
    def is_cut(self) -> bool:
        """Whether the message is longer than the line."""
        return cut(self.message, self._room) != self.message

    def clear(self) -> None:
        """Show the bare line."""
        if self.message:
            self.message = ""
            self._draw()

    def on_resize(self) -> None:
        """Draw the line as long as the screen is wide."""
        self._draw()

    def _draw(self) -> None:
        width, below = self.size.width - len(self._below), (self._below, "label")
        if not self.message:
            self.show([(("─" * width, "label"), below)])
            return
        text = cut(self.message, self._room)
        rest = max(width - len(_END) - 2 - cell_len(text), 0)
        self.show([((f"{_END} ", "label"), (text, "strong"), (" " + "─" * rest, "label"), below)])

    @property
    def _below(self) -> str:
        """How much is below the text on the screen; nothing where that would cut the message."""
        count = 0 if self._view is None else self._view.below
        text = f" {count} more line{'s' if count > 1 else ''}: PgDn {_END}" if count else ""
        return text if cell_len(self.message) + _AROUND + len(text) <= self.size.width else ""

    @property
    def _room(self) -> int:
        return max(self.size.width - len(self._below) - _AROUND, 1)
