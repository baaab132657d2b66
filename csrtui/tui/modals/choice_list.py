"""The list of the values of a choice field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.containers import Vertical

from csrtui.tui.modals.base import Modal
from csrtui.tui.widgets.choice_field import PrefixSearch
from csrtui.tui.widgets.line_list import LineList, TextRows
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tui.widgets.choice_field import ChoiceValue

_FRAME = 4
"""The lines of the dialog around the values: its border, the header of the list, and the keys."""


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

    def __init__(self, title: str, choices: Sequence[ChoiceValue], *, id: str) -> None:  # noqa: A002 - Textual's name
        width = max(cell_len(choice.text) for choice in choices)
        rows = TextRows(
            title,
            choices,
            lambda choice: f"{pad(choice.text, width)}  {choice.description}".rstrip(),
            lambda choice: choice.value,
        )
        super().__init__(rows, id=id)
        self._choices = choices
        self._search = PrefixSearch()

    def on_key(self, event: events.Key) -> None:
        """Move the cursor to the next value whose text begins with the typed characters."""
        index = self._search.find(self._choices, self.cursor or 0, event.character)
        if index is not None:
            event.stop()
            self.move_to(index)


class ChoiceListModal(Modal["str | None"]):
    """A dialog with the values of a choice field. It returns the chosen value, or None."""

    def __init__(self, title: str, choices: Sequence[ChoiceValue], value: str) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._value = value

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            count = len(self._choices)
            title = f"{self._title} · {count} values" if count > self._room else self._title
            yield ChoiceLines(title, self._choices, id="choices-list")
            yield TextBlock(id="answer")

    def on_mount(self) -> None:
        """Put the cursor on the current value."""
        values = self.query_one(ChoiceLines)
        values.focus()
        self._fit_list()
        values.move_to(values.rows.find(self._value) or 0)

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Return the chosen value."""
        event.stop()
        self.dismiss(self._choices[event.index].value)

    def draw(self) -> None:
        """Fit the list to the screen."""
        self._fit_list()
        more = [("PgUp, PgDn", "More")] if len(self._choices) > self._room else []
        keys = [("Enter", "Choose"), ("Esc", "Cancel"), *more, ("Letters", "Find")]
        self.show("#answer", self.key_lines(*keys)[:1])

    @property
    def _room(self) -> int:
        return max(self.app.size.height - _FRAME, 1)

    def _fit_list(self) -> None:
        self.query_one(ChoiceLines).styles.height = min(len(self._choices), self._room) + 1
