"""The help screen: all commands with their keys, generated from `csrtui.tui.commands`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.screen import Screen

from csrtui.tui.commands import COMMANDS, Scope
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_KEYS = 22
_MORE = (
    "In lists: arrows or j and k, Page Up and Page Down, g and G. To change a choice: Space for its "
    "list, Left/Right or its first letter. Tab goes to the next field. The private key is never shown or copied; it stays on this machine."
)


class HelpScreen(Screen[None]):
    """A screen with all commands, grouped by scope.

    Args:
        commands: All commands, with their keys.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark,backspace", "back", "Back", show=False, priority=True)
    ]

    def __init__(self, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__()
        self._commands = commands

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield (view := TextView(id="help"))
        yield RuleLine(view)
        yield TextBlock(id="bar")

    def on_mount(self) -> None:
        """Show the commands."""
        self.query_one("#title", TextBlock).show([((" Help", "strong"),)])
        self.query_one("#bar", TextBlock).show(
            [((" Esc", "key"), (" Back   ", ""), ("Up, Down", "key"), (" Scroll", ""))]
        )
        self.query_one("#help").focus()

    def on_resize(self) -> None:
        """Wrap the lines again."""
        self.query_one("#help", TextView).show_all(_lines(self._commands, self.size.width))

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()


def _lines(all_commands: Sequence[Command], width: int) -> list[Line]:
    lines: list[Line] = []
    for place in Scope:
        commands = [command for command in all_commands if command.scope is place]
        if commands:
            lines.append(((f" {place.value}", "strong"),))
        for command in commands:
            for index, text in enumerate(wrap(command.help, max(width - _KEYS - 4, 8))):
                keys = command.shown_keys if index == 0 else ""
                lines.append(((f"   {keys}".ljust(_KEYS), "key"), (text, "")))
        if commands:
            lines.append(())
    return [*lines, *(((f" {text}", "label"),) for text in wrap(_MORE, max(width - 3, 8)))]
