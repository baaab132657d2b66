"""A block of lines that is drawn again only where it changed, and never moves what is around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

Part = tuple[str, str]
"""A piece of text and its manner, a key of `MANNERS`."""
Line = tuple[Part, ...]

MANNERS = {
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
"""How text may look. Each kind of finding is also told by its word, so colour alone says nothing."""


class TextBlock(Widget):
    """Lines of text at the top of the space there is; what does not fit is cut.

    Args:
        id: The widget's id.
        classes: Its classes.
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
        """All lines, without their manners."""
        return "\n".join("".join(text for text, _ in line) for line in self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines, which hold visible text only."""
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        style = self.rich_style
        if y >= len(self._lines):
            return Strip.blank(self.size.width, style)
        segments = [Segment(text, style + MANNERS[manner]) for text, manner in self._lines[y]]
        return Strip(segments).adjust_cell_length(self.size.width, style)
