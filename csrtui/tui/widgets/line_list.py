"""A list that draws only the rows on the screen, so that 100,000 rows are drawn as fast as twenty."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from textual import events
    from textual.binding import BindingType

ItemT = TypeVar("ItemT")


class ItemRows(Generic[ItemT]):
    """The content of a `LineList`: a row for each item. The list calls the methods only for rows on the screen.

    A subclass adds `header` and `row`, and `key` if the items are not hashable. Each method must be fast.
    """

    def __init__(self, items: Sequence[ItemT]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def item(self, index: int) -> ItemT:
        """Return the item of row `index`, from 0."""
        return self._items[index]

    def header(self, width: int) -> str | Content:
        """Return the header line. The list cuts it to `width` cells."""
        raise NotImplementedError

    def row(self, index: int, width: int) -> str | Content:
        """Return row `index` as one line. The list cuts it to `width` cells."""
        raise NotImplementedError

    def name_width(self, width: int) -> int:  # noqa: ARG002 - for subclasses
        """Return the number of cells that the cursor highlights in a line of `width` cells, or 0 for the whole line.

        With only the name highlighted, the other cells keep their colours, and a step of the cursor changes only the
        cells of two names. This saves bytes on a slow link.
        """
        return 0

    def key(self, index: int) -> Hashable:
        """Return the key of row `index`, which is unique and stays the same when rows are added, removed or sorted."""
        return self._items[index]

    def find(self, key: Hashable) -> int | None:
        """Return the current index of the row with this key, or None if no row has it."""
        return self._indexes.get(key)

    @cached_property
    def _indexes(self) -> dict[Hashable, int]:
        return {self.key(index): index for index in range(len(self))}


class TextRows(ItemRows[ItemT]):
    """Rows that consist of one text each, cut to the width of the list."""

    def __init__(
        self,
        header: str,
        items: Sequence[ItemT],
        text: Callable[[ItemT], str],
        key: Callable[[ItemT], Hashable],
    ) -> None:
        super().__init__(items)
        self.items = items
        self._header = header
        self._text = text
        self._key = key

    def header(self, width: int) -> str:
        """Return the header."""
        return cut(self._header, width)

    def row(self, index: int, width: int) -> str:
        """Return the text of a row."""
        return cut(self._text(self.item(index)), width)

    def key(self, index: int) -> Hashable:
        """Return the key of a row."""
        return self._key(self.item(index))


class LineList(Widget, can_focus=True):
    """A list of rows under a header, with a cursor.

    The first two cells of each line are a gutter: ``>`` at the cursor, ``*`` at a marked row. With focus, the row
    under the cursor is in reverse video, or only its name (`ItemRows.name_width`). Without focus, it is bold and has no
    ``>``, unless another widget moves the cursor of a list that cannot have the focus. There is no scrollbar. When the
    cursor leaves the view, the view scrolls by half a page, so that most steps repaint only two lines.
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

    @dataclass(eq=False, repr=False)
    class Highlighted(Message):
        """The cursor is on another row, or the rows have changed. The index is None if the list is empty."""

        index: int | None

    class Moved(Message):
        """The user moved the cursor."""

    @dataclass(eq=False, repr=False)
    class Opened(Message):
        """Enter was pressed on a row.

        Attributes:
            index: The index of the row, from 0, when the key was pressed. The list may have changed since then.
        """

        index: int
        key: Hashable

    class HeaderClicked(Message):
        """The header line was clicked."""

    class Marked(Message):
        """The marks have changed."""

    def __init__(
        self,
        rows: ItemRows[Any],
        *,
        can_mark: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._rows = rows
        self._can_mark = can_mark
        self._marks: frozenset[Hashable] = frozenset()
        self._cursor = 0
        self._cursor_key: Hashable = rows.key(0) if len(rows) else None
        self._top = 0

    # Interface for screens

    @property
    def rows(self) -> ItemRows[Any]:
        """The rows."""
        return self._rows

    @property
    def cursor(self) -> int | None:
        """The index of the row under the cursor, from 0, or None if the list is empty."""
        return self._cursor if len(self._rows) else None

    @property
    def current(self) -> Any:
        """The item under the cursor, or None if the list is empty."""
        return self._rows.item(self._cursor) if len(self._rows) else None

    @property
    def marks(self) -> frozenset[Hashable]:
        """The keys of the marked rows, including rows that are filtered out."""
        return self._marks

    @property
    def visible_keys(self) -> list[Hashable]:
        """The keys of the rows on the screen."""
        indexes = range(self._top, min(self._top + self._page, len(self._rows)))
        return [self._rows.key(index) for index in indexes]

    def set_rows(self, rows: ItemRows[Any]) -> None:
        """Replace the rows. The cursor and the marks stay on the same keys.

        If the key under the cursor no longer exists, the cursor stays at its index.
        """
        self._rows = rows
        index = rows.find(self._cursor_key) if self._cursor_key is not None else None
        self._set_cursor(self._cursor if index is None else index)
        self.refresh()
        self.post_message(self.Highlighted(self.cursor))

    def refresh_row(self, index: int) -> None:
        """Redraw row `index` if it is on the screen."""
        line = index - self._top
        if 0 <= line < self._page:
            self.refresh(Region(0, line + 1, self.size.width, 1))

    def move_to(self, index: int) -> None:
        """Move the cursor to row `index`, or to the nearest row that exists."""
        old_cursor, old_top = self._cursor, self._top
        self._set_cursor(index)
        if self._top != old_top:
            self.refresh()
        elif self._cursor != old_cursor:
            self.refresh_row(old_cursor)
            self.refresh_row(self._cursor)
        if self._cursor != old_cursor:
            self.post_message(self.Highlighted(self.cursor))

    def clear_marks(self) -> None:
        """Remove all marks."""
        self.set_marks(frozenset())

    def set_marks(self, marks: frozenset[Hashable]) -> None:
        """Mark the rows with these keys and unmark all others."""
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
            self.post_message(self.Opened(self.cursor, self._rows.key(self.cursor)))

    def action_mark(self) -> None:
        """Mark or unmark the row under the cursor, and move down by one row."""
        if self._can_mark and self.cursor is not None:
            self._set_marks(self._marks ^ {self._rows.key(self.cursor)})
            self.refresh_row(self.cursor)
            self.action_move(1)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row. A double click opens it."""
        if event.y == 0:
            self.post_message(self.HeaderClicked())
        else:
            self._move(self._top + event.y - 1)
            if event.chain == 2 and self._top + event.y - 1 < len(self._rows):  # noqa: PLR2004 - a double click
                self.action_open()

    def on_resize(self) -> None:
        """Keep the row under the cursor on the screen."""
        self._set_cursor(self._cursor)
        self.refresh()

    # Drawing

    @property
    def _page(self) -> int:
        """The number of rows that fit under the header of the list."""
        return max(0, self.size.height - 1)

    def _move(self, index: int) -> None:
        old_cursor = self._cursor
        self.move_to(index)
        if self._cursor != old_cursor:
            self.post_message(self.Moved())

    def _set_marks(self, marks: frozenset[Hashable]) -> None:
        if marks != self._marks:
            self._marks = marks
            self.post_message(self.Marked())

    def _set_cursor(self, index: int) -> None:
        """Set the cursor to the nearest existing row, and scroll if it is not in view."""
        count, page = len(self._rows), self._page
        self._cursor = max(0, min(index, count - 1))
        self._cursor_key = self._rows.key(self._cursor) if count else None
        if page and not self._top <= self._cursor < self._top + page:
            is_one_step = self._top - 1 <= self._cursor <= self._top + page
            is_below = self._cursor >= self._top
            lead = page // 2 if is_one_step and page > 1 else 0
            self._top = self._cursor - page + 1 + lead if is_below else self._cursor - lead
        self._top = max(0, min(self._top, count - page))

    def render_line(self, y: int) -> Strip:
        """Draw line `y` of the widget: the header, a row, or a blank line."""
        index = self._top + y - 1
        if y == 0:
            return self._line("  ", self._rows.header(self._inner_width), "line-list--header")
        if index >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        is_marked = bool(self._marks) and self._rows.key(index) in self._marks
        is_current = index == self._cursor
        shows_cursor = self.has_focus or not self.can_focus
        gutter = (">" if is_current and shows_cursor else " ") + ("*" if is_marked else " ")
        text = self._rows.row(index, self._inner_width)
        if is_current and isinstance(text, Content) and (width := self._rows.name_width(self._inner_width)):
            return self._named_line(gutter, text, width)
        return self._line(gutter, text, "line-list--cursor" if is_current else None)

    def _named_line(self, gutter: str, text: Content, name_width: int) -> Strip:
        """Return the line under the cursor: the gutter and the name in the style of the cursor, the rest unchanged."""
        line = self._line(gutter, text, None)
        name, rest = line.divide([len(gutter) + name_width, max(line.cell_length, len(gutter) + name_width)])
        return Strip.join([name.apply_style(self.get_component_rich_style("line-list--cursor")), rest])

    @property
    def _inner_width(self) -> int:
        return max(0, self.size.width - 2)

    def _line(self, gutter: str, text: str | Content, component: str | None) -> Strip:
        # A row with a component style loses its own colours: a single style costs fewer bytes and is easier to read.
        if component or isinstance(text, str):
            style = self.get_component_rich_style(component) if component else self.rich_style
            segments = [Segment(gutter + str(text), style)]
        else:
            style = self.rich_style
            parts = text.render(self.visual_style, "", self.app.stylesheet.parse_style)
            segments = [
                Segment(gutter, style),
                *(Segment(part, part_style.rich_style) for part, part_style in parts),
            ]
        return Strip(segments).adjust_cell_length(self.size.width, style)
