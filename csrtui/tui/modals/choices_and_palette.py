"""Dialogs with a list: the values of a choice field, or the commands (the palette)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import on
from textual.binding import Binding

from csrtui.core.base.escaping import visible
from csrtui.tui.commands import Command, search
from csrtui.tui.modals.base import Modal
from csrtui.tui.widgets.choice_field import PrefixSearch
from csrtui.tui.widgets.line_list import LineList, TextRows
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import cut_lines, pad

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.tui.widgets.choice_field import ChoiceValue

_FRAME = 4
"""The lines of the dialog around the values: its border, the header of the list, and the keys."""
_GUTTERS = 4
"""The cells before a value, and those between it and its description."""
_MIN_DESCRIPTION = 12
"""The rows show the descriptions if there are at least so many cells for them."""


class ChoiceLines(LineList, inherit_bindings=False):
    """A list of values. Typed letters move to a value, so they are not commands as in other lists."""

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
        width = _width_of(choices)

        def text(choice: ChoiceValue) -> str:
            has_room = width + _GUTTERS + _MIN_DESCRIPTION <= self.size.width
            return f"{pad(choice.text, width)}  {choice.description}".rstrip() if has_room else choice.text

        super().__init__(TextRows(title, choices, text, lambda choice: choice.value), id=id)
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

    def content(self) -> Iterable[Widget]:
        """Return the list, and the block for the description of the current value."""
        count = len(self._choices)
        title = f"{self._title} · {count} values" if count > self._room else self._title
        return ChoiceLines(title, self._choices, id="choices-list"), TextBlock(id="description")

    def on_mount(self) -> None:
        """Put the cursor on the current value."""
        values = self.query_one(ChoiceLines)
        values.focus()
        self.draw()
        values.move_to(values.rows.find(self._value) or 0)

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Return the chosen value."""
        event.stop()
        self.dismiss(self._choices[event.index].value)

    def on_line_list_highlighted(self) -> None:
        """Describe the value under the cursor."""
        self.draw()

    def draw(self) -> None:
        """Fit the list to the screen, and show the description of the current value and the keys."""
        values = self.query_one(ChoiceLines)
        values.styles.height = min(len(self._choices), self._room) + 1
        if height := self._description_height:
            lines = [*self.gap, *self.lines(values.current.description, "label"), *[()] * height]
            self.show("#description", lines[:height])
        else:
            self.show("#description", [])
        more = [("PgUp, PgDn", "More")] if len(self._choices) > self._room else []
        keys = [("Enter", "Choose"), ("Esc", "Cancel"), *more, ("Letters", "Find")]
        self.show("#keys", self.key_lines(*keys)[:1])

    @property
    def _description_height(self) -> int:
        """The number of lines below the list for a description, which are needed if a row is cut."""
        longest = max(cell_len(choice.description) for choice in self._choices)
        if not longest or _width_of(self._choices) + _GUTTERS + longest <= self.inner_width:
            return 0
        return len(self.gap) + max(len(self.lines(choice.description)) for choice in self._choices)

    @property
    def _room(self) -> int:
        return max(self.app.size.height - _FRAME - self._description_height, 1)


def _width_of(choices: Sequence[ChoiceValue]) -> int:
    return max(cell_len(choice.text) for choice in choices)


_LABEL, _KEY = 16, 10
_MAX_ROWS, _HELP_LINES = 14, 3


def command_rows(commands: Sequence[Command]) -> TextRows[Command]:
    """Return the rows of a list of commands: the label, the first key and the help of each."""

    def text(command: Command) -> str:
        return f"{pad(command.label, _LABEL)} {pad(command.shown_key, _KEY)} {command.help}"

    header = f"{pad('Command', _LABEL)} {pad('Key', _KEY)} What it does"
    return TextRows(header, commands, text, lambda command: command)


class PaletteModal(Modal[Command | None]):
    """A dialog that returns the chosen command, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False, priority=True),
        Binding("enter", "choose", "Run", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("down", "move(1)", "Down", show=False, priority=True),
    ]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = commands
        self._rows = command_rows(commands)

    def content(self) -> Iterable[Widget]:
        """Return the search field and the list."""
        commands = LineList(self._rows, id="commands")
        commands.can_focus = False
        return TextField(placeholder="name of a command", id="palette-text"), commands

    def draw(self) -> None:
        """Fit the list to the screen, and show the keys."""
        self.show_title("Commands")
        self._show_help()
        commands = self.query_one(LineList)
        commands.styles.height = max(min(_MAX_ROWS + 1, self.room_for(commands)), 2)

    def _show_help(self) -> None:
        """Show the whole help of the command under the cursor, because its row is cut, and the keys."""
        command = self.query_one(LineList).current
        lines = self.lines(command.help if command else "", "label")
        text = cut_lines(lines, _HELP_LINES, self.inner_width)
        text += [()] * (_HELP_LINES - len(text))
        keys = self.key_lines(("Enter", "Run"), ("Up, Down", "Choose"), ("Esc", "Close"))
        self.show("#keys", [*self.gap, *text, *keys])

    @on(LineList.Highlighted)
    @on(LineList.Moved)
    def _handle_move(self) -> None:
        self._show_help()

    def on_input_changed(self) -> None:
        """Show the commands that contain the typed words."""
        text = self.query_one(TextField).value
        self._rows = command_rows(search(self._commands, text))
        if not len(self._rows):
            self._rows = TextRows(f'Nothing matches "{visible(text)}".', (), str, hash)
        commands = self.query_one(LineList)
        commands.set_rows(self._rows)
        commands.action_first()
        self._show_help()

    def on_line_list_opened(self) -> None:
        """Run the command that was clicked twice."""
        self.action_choose()

    def action_move(self, step: int) -> None:
        """Move the cursor by `step` rows."""
        self.query_one(LineList).action_move(step)

    def action_page(self, step: int) -> None:
        """Move the cursor by `step` pages."""
        self.query_one(LineList).action_page(step)

    def action_choose(self) -> None:
        """Return the command under the cursor."""
        command = self.query_one(LineList).current
        if command is not None:
            self.dismiss(command)

    def loses_text(self, *, at_quit: bool = False) -> bool:  # noqa: ARG002 - searched text is not kept
        """Return False: the text only searches."""
        return False
