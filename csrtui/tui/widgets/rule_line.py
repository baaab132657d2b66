"""The rule between two parts of a screen, which can carry a message."""

from __future__ import annotations

from csrtui.core.visible import visible
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut


class RuleLine(TextBlock):
    """A line across; `tell` puts a message into it, the next `clear` takes it away.

    Args:
        id: The widget's id.
        classes: Its classes.
    """

    DEFAULT_CSS = """
    RuleLine { height: 1; }
    """

    message = ""

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
        width = self.size.width
        if not self.message:
            self.show([(("─" * width, "label"),)])
            return
        text = cut(self.message, self._room)
        self.show([(("── ", "label"), (text, "strong"), (" " + "─" * width, "label"))])

    @property
    def _room(self) -> int:
        return max(self.size.width - 5, 1)  # after two strokes and a blank, before a blank and a stroke
