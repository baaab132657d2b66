"""A block of styled lines. Its size does not depend on its text, so new text never changes the layout around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

Part = tuple[str, str]
"""A piece of text, and the name of its style (a key of `TEXT_STYLES`)."""
Line = tuple[Part, ...]

TEXT_STYLES = {
    "": Style(),
    "label": Style(dim=True),
    "strong": Style(bold=True),
    "current": Style(reverse=True),
    "error": Style(bold=True, color="red"),
    "warning": Style(bold=True, color="yellow"),
    "note": Style(bold=True, color="cyan"),
    "good": Style(color="green"),
    "key": Style(bold=True),
}
"""The styles of text, by name. Colour is never the only sign: each finding also shows the name of its level."""


class TextBlock(Widget):
    """Lines of text, aligned at the top. Long lines are cut, and lines that do not fit in the height are left out.

    Args:
        id: The widget's id.
        classes: The widget's CSS classes.
    """

    DEFAULT_CSS = """
    TextBlock { width: 1fr; height: 1fr; color: $foreground; }
    """
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = ()

    @property
    def text(self) -> str:
        """All lines, without their styles."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines. Their text must already be escaped for display."""
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        style = self.rich_style
        if y >= len(self._lines):
            return Strip.blank(self.size.width, style)
        segments = [Segment(text, style + TEXT_STYLES[name]) for text, name in self._lines[y]]
        return Strip(segments).adjust_cell_length(self.size.width, style)


class TextLine(TextBlock):
    """A `TextBlock` of one line, which is drawn again when its width changes."""

    DEFAULT_CSS = """
    TextLine { height: 1; }
    """

    def on_resize(self) -> None:
        """Fit the line to the new width."""
        self.draw()

    def draw(self) -> None:
        """Draw the line."""
        raise NotImplementedError
