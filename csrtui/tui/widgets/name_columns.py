"""A list of names in columns, so that many names are on the screen at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from csrtui.core.base.escaping import visible
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

_MIN_COLUMN = 22
"""The least number of cells of a column, if there is more than one."""


class NameColumns(Widget, can_focus=True):
    """Numbered names in columns, with a cursor. If they do not fit, one page of them is shown.

    Args:
        id: The widget's id.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("left", "column(-1)", "Column left", show=False),
        Binding("right", "column(1)", "Column right", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000000)", "First", show=False),
        Binding("end", "move(1000000)", "Last", show=False),
    ]
    DEFAULT_CSS = """
    NameColumns { width: 1fr; height: 1fr; color: $foreground; }
    """
    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor is on another name."""

    @dataclass(eq=False, repr=False)
    class Pasted(Message):
        """Text was pasted into the list.

        Attributes:
            text: The text.
        """

        text: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._names: Sequence[str] = ()
        self._cursor = 0

    @property
    def cursor(self) -> int | None:
        """The index of the name under the cursor, or None if there are no names."""
        return self._cursor if self._names else None

    def show(self, names: Sequence[str], cursor: int | None = None) -> None:
        """Show names, with the cursor on the name with this index or, without an index, where it is."""
        before, self._names = self._cursor, names
        self._cursor = max(0, min(self._cursor if cursor is None else cursor, len(names) - 1))
        self.refresh()
        if self._cursor != before:
            self.post_message(self.Moved())

    def action_move(self, step: int) -> None:
        """Move the cursor by `step` names, but not beyond the first or last name."""
        self.show(self._names, self._cursor + step)

    def action_column(self, step: int) -> None:
        """Move the cursor to the name beside it, if there is one."""
        target = self._cursor + step * self.size.height
        if 0 <= target < len(self._names):
            self.show(self._names, target)

    def action_page(self, step: int) -> None:
        """Move the cursor by one page."""
        self.action_move(step * self._columns * self.size.height)

    def on_paste(self, event: events.Paste) -> None:
        """Post the pasted text."""
        event.stop()
        self.post_message(self.Pasted(event.text))

    @property
    def _columns(self) -> int:
        needed = -(-len(self._names) // max(self.size.height, 1))
        return max(1, min(needed, self.size.width // _MIN_COLUMN))

    def render_line(self, y: int) -> Strip:
        """Draw a line, with one name for each column."""
        style, width = self.rich_style, self.size.width // self._columns
        page = self._columns * self.size.height
        first = self._cursor // page * page + y
        digits = len(str(len(self._names)))
        segments: list[Segment] = []
        for index in range(first, min(first + page - y, len(self._names)), self.size.height):
            is_current = index == self._cursor
            text = f"{'>' if is_current else ' '}{index + 1:>{digits}} "
            text += pad(visible(self._names[index]), width - len(text) - 1)
            highlight = Style(reverse=True) if self.has_focus else Style(bold=True)
            segments += [Segment(text, style + highlight if is_current else style), Segment(" ", style)]
        return Strip(segments).adjust_cell_length(self.size.width, style)
