"""The dialog that shows the other names of a request in columns, to edit or remove them one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import FieldName
from csrtui.tui.modals.base import Modal
from csrtui.tui.widgets.form_field import FormField, split_field
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.binding import BindingType

    from csrtui.tui.widgets.text_field import TextField

_MIN_COLUMN = 22
"""The minimum width of a column in cells, if there is more than one."""


class NameColumns(Widget, can_focus=True):
    """Numbered names in columns, with a cursor. If they do not fit, one page of them is shown."""

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
        """Text was pasted into the list."""

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


_FRAME = 7
"""The lines of the dialog around the names: its border, the title, two blank lines, the field and the keys."""


class NameEdits(NamedTuple):
    """The edited names.

    Attributes:
        is_literal: Whether a brace in the names was not typed. See `csrtui.tui.widgets.form_field`.
    """

    names: tuple[str, ...]
    is_literal: bool


class NamesModal(Modal[NameEdits | None]):
    """A dialog with the other names. It returns the edited names, or None if nothing was changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Done", show=False, priority=True),
        Binding("enter", "edit", "Edit", show=False),
        Binding("delete,d,backspace", "remove", "Remove", show=False),
        Binding("a,insert", "add", "Add", show=False),
    ]

    def __init__(self, names: Sequence[str], *, is_literal: bool) -> None:
        super().__init__()
        self._initial = NameEdits(tuple(names), is_literal)
        self._names = list(names)
        self._is_literal = is_literal
        self._edited: int | None = None

    def content(self) -> Iterable[Widget]:
        """Return the list, and the field below it."""
        yield NameColumns(id="names-list")
        with Horizontal(id="name-line"):
            yield TextBlock(id="name-label")
            yield FormField(FieldName.NAMES)

    def on_mount(self) -> None:
        """Put the cursor on the first name, or into the field if there are no names."""
        (self._columns if self._names else self._field).focus()

    @property
    def _columns(self) -> NameColumns:
        return self.query_one(NameColumns)

    @property
    def _field(self) -> FormField:
        return self.query_one(FormField)

    # Keys

    def action_edit(self) -> None:
        """Edit the name under the cursor."""
        self._edited = self._columns.cursor
        if self._edited is not None:
            self._field.load_text(self._names[self._edited], is_template=not self._is_literal)
            self._field.focus()

    def action_add(self) -> None:
        """Go to the field for a new name."""
        self._edited = None
        self._field.load_text("")
        self._field.focus()

    def action_remove(self) -> None:
        """Remove the name under the cursor."""
        cursor = self._columns.cursor
        if cursor is not None:
            del self._names[cursor]
            self.draw()

    def action_close(self) -> None:
        """Leave the field without a change, or close the dialog."""
        if self._field.has_focus and self._names:
            self.ask_before(self._leave_field)
            return
        self.ask_before(self._dismiss)

    def loses_text(self, *, at_quit: bool = False) -> bool:
        """Return whether closing loses a name in the field or, if csrtui quits, a change of the list."""
        is_changed = NameEdits(tuple(self._names), self._is_literal) != self._initial
        return super().loses_text(at_quit=at_quit) or (at_quit and is_changed)

    def _dismiss(self) -> None:
        edits = NameEdits(tuple(self._names), self._is_literal)
        self.dismiss(None if edits == self._initial else edits)

    def on_descendant_focus(self) -> None:
        """Show the key bindings of the list or the field."""
        if self._columns.has_focus:
            self._edited = None
        self.draw()

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Replace the edited name with the text of the field, or add the text. Without text, go back to the list."""
        event.stop()
        field = self._field
        names = split_field(field.value, is_template=field.is_template)
        was_edited = self._edited is not None
        if names or was_edited:
            self._insert(names, is_literal=field.is_literal)
        if was_edited or not names:
            self._leave_field()
        else:
            self.action_add()

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Add pasted names."""
        event.stop()
        self._paste("\n".join(event.lines))

    def on_name_columns_pasted(self, event: NameColumns.Pasted) -> None:
        """Add pasted names."""
        event.stop()
        self._edited = None
        self._paste(event.text)

    def _paste(self, text: str) -> None:
        from csrtui.core.names.pasted_text import split_names
        from csrtui.tui.widgets.text_field import remove_controls

        names = split_names("\n".join(remove_controls(line)[0] for line in text.splitlines()))
        self._insert(names, is_literal="{" in text)

    def _insert(self, names: Sequence[str], *, is_literal: bool) -> None:
        """Replace the edited name with `names`, or append them."""
        start = len(self._names) if self._edited is None else self._edited
        end = start if self._edited is None else start + 1
        self._names[start:end] = names
        self._edited = None
        self._is_literal = self._is_literal or is_literal
        self._columns.show(self._names, start + max(len(names) - 1, 0))
        self.draw()

    def _leave_field(self) -> None:
        self._edited = None
        self._field.load_text("")
        self._columns.focus()

    # Drawing

    def on_name_columns_moved(self) -> None:
        """Show the whole name under the cursor."""
        self._draw_title()

    def _draw_title(self) -> None:
        title, cursor = f"Other names: {plural(len(self._names), 'name')}", self._columns.cursor
        name = visible(self._names[cursor]) if cursor is not None and cursor < len(self._names) else ""
        self.show_title(title)
        self.show("#about", [((name, ""),)])

    def draw(self) -> None:
        """Show the names and the keys."""
        columns, field = self._columns, self._field
        room = max(self.app.size.height - _FRAME, 1)
        columns.styles.height = min(max(len(self._names), 1), room)
        columns.show(self._names)
        self._draw_title()
        label = "Add" if self._edited is None else f"Change name {self._edited + 1}"
        mark = ">" if field.has_focus else " "
        self.query_one("#name-label", TextBlock).show(
            [((mark, "strong"), (label, "strong" if mark == ">" else "label"))]
        )
        if field.has_focus:
            keys = [
                ("Enter", "Add" if self._edited is None else "Change"),
                ("Esc", "List" if self._names else "Done"),
            ]
        else:
            keys = [("Enter", "Edit"), ("d", "Remove"), ("a", "Add"), ("Esc", "Done")]
        self.show("#keys", self.key_lines(*keys)[:1])
