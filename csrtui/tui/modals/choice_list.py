"""The list of the values of a choice field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.containers import Vertical

from csrtui.tui.modals.base import Modal
from csrtui.tui.widgets.choice_field import PrefixSearch
from csrtui.tui.widgets.item_rows import ItemRows
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut, pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tui.widgets.choice_field import ChoiceValue

_FRAME = 4
"""The lines of the dialog around the values: its border, the header of the list, and the keys."""


class ValueRows(ItemRows["ChoiceValue"]):
    """The rows of a `LineList` with the values of a choice field.

    Args:
        title: The label of the field.
        choices: The values.
    """

    def __init__(self, title: str, choices: Sequence[ChoiceValue]) -> None:
        super().__init__(choices)
        self._title = title
        self.choices = choices
        self._width = max(cell_len(choice.text) for choice in choices)

    def header(self, width: int) -> str:  # noqa: ARG002 - the list cuts the line
        """Return the label of the field."""
        return self._title

    def row(self, index: int, width: int) -> str:
        """Return the text of a value, with its description."""
        choice = self.choices[index]
        return cut(f"{pad(choice.text, self._width)}  {choice.description}".rstrip(), width)

    def key(self, index: int) -> Hashable:
        """Return the value of a row."""
        return self.choices[index].value


class ChoiceLines(LineList, inherit_bindings=False):
    """A list of values, with only those keys of a list that are not first letters of values."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("enter,space", "open", "Choose", show=False),
    ]

    def __init__(self, rows: ValueRows, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(rows, id=id)
        self._search = PrefixSearch()

    def on_key(self, event: events.Key) -> None:
        """Move the cursor to the next value whose text begins with the typed characters."""
        if isinstance(self.rows, ValueRows):
            index = self._search.find(self.rows.choices, self.cursor or 0, event.character)
            if index is not None:
                event.stop()
                self.move_to(index)


class ChoiceListModal(Modal["str | None"]):
    """A dialog with the values of a choice field. It returns the chosen value, or None.

    Args:
        title: The label of the field.
        choices: The values.
        value: The current value.
    """

    def __init__(self, title: str, choices: Sequence[ChoiceValue], value: str) -> None:
        super().__init__()
        self._rows = ValueRows(title, choices)
        self._value = value

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield ChoiceLines(self._rows, id="choices-list")
            yield TextBlock(id="answer")

    def on_mount(self) -> None:
        """Put the cursor on the current value."""
        values = self.query_one(ChoiceLines)
        values.focus()
        self._fit_list()
        values.move_to(self._rows.find(self._value) or 0)

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Return the chosen value."""
        event.stop()
        self.dismiss(self._rows.choices[event.index].value)

    def draw(self) -> None:
        """Fit the list to the screen."""
        self._fit_list()
        self.show("#answer", self.key_lines(("Enter", "Choose"), ("Esc", "Cancel"), ("Letters", "Find"))[:1])

    def _fit_list(self) -> None:
        room = max(self.app.size.height - _FRAME, 1)
        self.query_one(ChoiceLines).styles.height = min(len(self._rows), room) + 1
