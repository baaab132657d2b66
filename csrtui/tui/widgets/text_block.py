"""A block of styled lines. Its size does not depend on its text, so new text never changes the layout around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from csrtui.core.base.escaping import visible
from csrtui.tui.wrapping import wrap

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

_MIN_TEXT = 8
"""The least number of cells to which a text beside a head is wrapped."""


def wrapped(text: str, width: int, manner: str = "", margin: str = " ") -> list[Line]:
    """Return a text as lines of at most `width` cells after a margin. The text may be untrusted: it is escaped."""
    return [((f"{margin}{line}", manner),) for line in wrap(visible(text), width)]


def hanging(head: str, text: str, width: int, head_manner: str = "", manner: str = "") -> list[Line]:
    """Return a head with a text beside it, wrapped to `width` cells together. The text may be untrusted: it is escaped.

    Args:
        head: A label or a dash, with the gap after it. The lines after the first one are indented by its width.
        text: The text.
        width: The number of cells of a line.
        head_manner: The style of the head.
        manner: The style of the text.
    """
    indent = cell_len(head)
    first, *rest = wrap(visible(text), max(width - indent, _MIN_TEXT))
    return [
        ((head, head_manner), (first, manner)),
        *(((" " * indent, ""), (line, manner)) for line in rest),
    ]


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
