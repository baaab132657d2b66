"""A list of rows drawn a line at a time: a hundred thousand rows cost what twenty cost."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Hashable

    from textual import events
    from textual.binding import BindingType
    from textual.content import Content


class Rows(Protocol):
    """What a `LineList` shows. Each method is asked only for rows on the screen and must be fast."""

    def __len__(self) -> int:
        """How many rows there are."""

    def header(self, width: int) -> str | Content:
        """The line over the rows, at most `width` cells; what is longer is cut."""

    def row(self, index: int, width: int) -> str | Content:
        """Row `index` (from 0) as one line of at most `width` cells; what is longer is cut."""

    def key(self, index: int) -> Hashable:
        """What stays the same about row `index` when rows come, go or are sorted."""

    def find(self, key: Hashable) -> int | None:
        """Where the row with `key` is now, or None."""


class Marking(Enum):
    """Whether rows can be marked."""

    OFF = auto()
    SPACE = auto()
    """The space key marks the row under the cursor, or takes the mark away, and goes down one."""


class LineList(Widget, can_focus=True):
    """Rows under a header, with a cursor.

    The first two cells of each line are the list's own: ``>`` at the cursor, ``*`` at a marked row. With
    focus the cursor's row is in reverse video. There is no scrollbar; `position` says in words where one is.
    At the edge the view moves by half a page, so that most steps repaint two lines only.

    Args:
        rows: What to show.
        marking: Whether rows can be marked.
        id: The widget's id.
        classes: Its classes, separated by blanks.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("enter", "open", "Open", show=False),
        Binding("space", "mark", "Mark", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-list--header", "line-list--cursor"}
    DEFAULT_CSS = """
    LineList {
        width: 1fr;
        height: 1fr;
        color: $foreground;
        &>.line-list--header { text-style: bold; }
        &>.line-list--cursor { text-style: bold; }
        &:focus>.line-list--cursor { text-style: reverse; }
    }
    """
    ALLOW_SELECT = False

    class Highlighted(Message):
        """The cursor is on another row (or the rows changed under it).

        Args:
            line_list: The list.
            index: The row, from 0; None when there are no rows.
        """

        def __init__(self, line_list: LineList, index: int | None) -> None:
            super().__init__()
            self.line_list = line_list
            self.index = index

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    class Moved(Message):
        """The user has moved the cursor.

        Args:
            line_list: The list.
        """

        def __init__(self, line_list: LineList) -> None:
            super().__init__()
            self.line_list = line_list

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    class Opened(Message):
        """Enter was pressed on a row.

        Args:
            line_list: The list.
            index: The row, from 0.
        """

        def __init__(self, line_list: LineList, index: int) -> None:
            super().__init__()
            self.line_list = line_list
            self.index = index

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    class Marked(Message):
        """The marks changed.

        Args:
            line_list: The list.
            keys: The keys of all marked rows.
        """

        def __init__(self, line_list: LineList, keys: frozenset[Hashable]) -> None:
            super().__init__()
            self.line_list = line_list
            self.keys = keys

        @property
        def control(self) -> LineList:
            """The list."""
            return self.line_list

    def __init__(
        self,
        rows: Rows,
        *,
        marking: Marking = Marking.OFF,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._rows = rows
        self._marking = marking
        self._marks: frozenset[Hashable] = frozenset()
        self._cursor = 0
        self._cursor_key: Hashable = rows.key(0) if len(rows) else None
        self._top = 0

    # What the screen around it asks and says

    @property
    def rows(self) -> Rows:
        """What is shown."""
        return self._rows

    @property
    def cursor(self) -> int | None:
        """The row under the cursor, from 0; None when there are no rows."""
        return self._cursor if len(self._rows) else None

    @property
    def marks(self) -> frozenset[Hashable]:
        """The keys of the marked rows, also of those that are not shown at the moment."""
        return self._marks

    @property
    def visible_keys(self) -> list[Hashable]:
        """The keys of the rows on the screen."""
        rows = range(self._top, min(self._top + self._page, len(self._rows)))
        return [self._rows.key(index) for index in rows]

    @property
    def position(self) -> str:
        """Which rows are on the screen, such as ``1-20 of 312``."""
        count = len(self._rows)
        if not count:
            return "0 of 0"
        return f"{self._top + 1}-{min(self._top + self._page, count)} of {count}"

    def set_rows(self, rows: Rows) -> None:
        """Show `rows` instead; cursor and marks stay on their keys, the cursor near its place if its is gone."""
        self._rows = rows
        found = rows.find(self._cursor_key) if self._cursor_key is not None else None
        self._place(self._cursor if found is None else found)
        self.refresh()
        self.post_message(self.Highlighted(self, self.cursor))

    def refresh_row(self, index: int) -> None:
        """Draw row `index` again, if it is on the screen."""
        line = index - self._top
        if 0 <= line < self._page:
            self.refresh(Region(0, line + 1, self.size.width, 1))

    def move_to(self, index: int) -> None:
        """Put the cursor on row `index`, or on the nearest there is."""
        old_cursor, old_top = self._cursor, self._top
        self._place(index)
        if self._top != old_top:
            self.refresh()
        elif self._cursor != old_cursor:
            self.refresh_row(old_cursor)
            self.refresh_row(self._cursor)
        if self._cursor != old_cursor:
            self.post_message(self.Highlighted(self, self.cursor))

    def clear_marks(self) -> None:
        """Take all marks away."""
        self.set_marks(frozenset())

    def set_marks(self, marks: frozenset[Hashable]) -> None:
        """Mark the rows with these keys, and no others."""
        self._set_marks(marks)
        self.refresh()

    # Keys

    def action_move(self, step: int) -> None:
        """Move the cursor by `step` rows."""
        self._move(self._cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by `step` pages."""
        self._move(self._cursor + step * max(1, self._page - 1))

    def action_first(self) -> None:
        """Go to the first row."""
        self._move(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._move(len(self._rows) - 1)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.cursor is not None:
            self.post_message(self.Opened(self, self.cursor))

    def action_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away, and go down one."""
        if self._marking is Marking.SPACE and self.cursor is not None:
            self._set_marks(self._marks ^ {self._rows.key(self.cursor)})
            self.refresh_row(self.cursor)
            self.action_move(1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse was pressed, if the mouse is on."""
        if event.y > 0:
            self._move(self._top + event.y - 1)

    def on_resize(self) -> None:
        """Keep the cursor's row on the screen."""
        self._place(self._cursor)
        self.refresh()

    # Drawing

    @property
    def _page(self) -> int:
        """How many rows fit under the header."""
        return max(0, self.size.height - 1)

    def _move(self, index: int) -> None:
        before = self._cursor
        self.move_to(index)
        if self._cursor != before:
            self.post_message(self.Moved(self))

    def _set_marks(self, marks: frozenset[Hashable]) -> None:
        if marks != self._marks:
            self._marks = marks
            self.post_message(self.Marked(self, marks))

    def _place(self, index: int) -> None:
        count, page = len(self._rows), self._page
        self._cursor = max(0, min(index, count - 1))
        self._cursor_key = self._rows.key(self._cursor) if count else None
        if page and not self._top <= self._cursor < self._top + page:
            one_step = self._top - 1 <= self._cursor <= self._top + page
            below = self._cursor >= self._top
            lead = page // 2 if one_step and page > 1 else 0
            self._top = self._cursor - page + 1 + lead if below else self._cursor - lead
        self._top = max(0, min(self._top, count - page))

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the widget: the header, a row, or nothing."""
        index = self._top + y - 1
        if y == 0:
            return self._line("  ", self._rows.header(self._inner_width), "line-list--header")
        if index >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        marked = bool(self._marks) and self._rows.key(index) in self._marks
        here = index == self._cursor
        gutter = (">" if here else " ") + ("*" if marked else " ")
        text = self._rows.row(index, self._inner_width)
        return self._line(gutter, text, "line-list--cursor" if here else None)

    @property
    def _inner_width(self) -> int:
        return max(0, self.size.width - 2)

    def _line(self, gutter: str, text: str | Content, component: str | None) -> Strip:
        # Under a component the row's own colours are left out: one style is fewer bytes and reads better.
        if component or isinstance(text, str):
            style = self.get_component_rich_style(component) if component else self.rich_style
            segments = [Segment(gutter + str(text), style)]
        else:
            style = self.rich_style
            parts = text.render(self.visual_style, "", self.app.stylesheet.parse_style)
            segments = [Segment(gutter, style), *(Segment(part, own.rich_style) for part, own in parts)]
        return Strip(segments).adjust_cell_length(self.size.width, style)
