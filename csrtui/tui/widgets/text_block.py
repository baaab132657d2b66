"""Blocks of styled lines. Their size does not depend on their text, so new text never changes the layout around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.reactive import Reactive
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

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
    """Lines of text, aligned at the top. A long line ends in an ellipsis; lines below the block are left out."""

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
        width = self.size.width
        strip = Strip([Segment(text, style + TEXT_STYLES[name]) for text, name in self._lines[y]])
        if 0 < width < strip.cell_length and strip.crop(width).text.strip():
            return Strip([*strip.crop(0, width - 1), Segment("…", style)], width)
        return strip.adjust_cell_length(width, style)


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


class TextView(TextBlock, can_focus=True):
    """A `TextBlock` that scrolls, for text that may be longer than the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j,enter", "scroll(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "scroll(-1000000)", "Start", show=False),
        Binding("end,G", "scroll(1000000)", "End", show=False),
    ]

    lines_below: Reactive[int] = Reactive(0, repaint=False)
    """The number of lines below the visible ones."""

    _all_lines: Sequence[Line] = ()
    _top = 0

    def __init__(self, *, id: str | None = None, can_focus: bool = True) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.can_focus = can_focus

    @property
    def all_text(self) -> str:
        """The text of all lines, including those out of view."""
        return "\n".join("".join(text for text, _ in line) for line in self._all_lines)

    def show_all(self, lines: Sequence[Line]) -> None:
        """Replace the text. The scroll position stays the same if the new text is long enough."""
        self._all_lines = lines
        self._go_to(self._top)

    def action_scroll(self, step: int) -> None:
        """Scroll by `step` lines."""
        self._go_to(self._top + step)

    def action_page(self, step: int) -> None:
        """Scroll by `step` pages."""
        self._go_to(self._top + step * max(self._height - 1, 1))

    def on_resize(self) -> None:
        """When the view grows, scroll back so that no blank lines follow the text."""
        self._go_to(self._top)

    def _go_to(self, top: int) -> None:
        self._top = max(0, min(top, len(self._all_lines) - self._height))
        self.show(self._all_lines[self._top :])  # pass all lines to the end: the height may not be known yet
        self.lines_below = max(len(self._all_lines) - self._top - max(self._height, 1), 0)

    @property
    def _height(self) -> int:
        """The number of lines of the view. In a dialog, its style says it before the layout."""
        height = self.styles.height
        return int(height.value) if height is not None and height.is_cells else self.size.height
