"""The help: the commands of the current screen, then all others. It is generated from the list of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from csrtui.core.base.escaping import visible
from csrtui.tui.commands import Scope, search
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.widgets.lines import RuleLine
from csrtui.tui.widgets.text_block import TextBlock, TextView
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import wrap, wrapped

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_KEYS = 22
_MORE = (
    "In lists: arrows or j and k, Page Up and Page Down, g and G. To change a choice: Space for its "
    "list, Left/Right or its first letter. Tab goes to the next field. The private key is never shown or put in a clipboard. It leaves this machine only inside an encrypted backup."
)


class HelpScreen(CommandScreen[None]):
    """A screen with the keys and what they do. Typing filters them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "back", "Back", show=False, priority=True),
        Binding("escape", "clear_or_back", "Back", show=False, priority=True),
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down,enter", "scroll(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("tab,shift+tab", "stay", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    HelpScreen TextField { margin: 0 1; }
    """

    def __init__(self, here: Sequence[Command]) -> None:
        super().__init__()
        self._here = here

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield TextField(placeholder="type to search", id="help-text")
        yield RuleLine()
        view = TextView(id="help")
        view.can_focus = False
        yield view
        yield RuleLine(view)
        yield TextBlock(id="bar")

    def on_mount(self) -> None:
        """Show the commands."""
        self.show_title("Help")
        self.query_one("#bar", TextBlock).show(
            [
                (
                    (" Esc", "key"),
                    (" Back   ", ""),
                    ("Up, Down", "key"),
                    (" Scroll   ", ""),
                    ("a-z", "key"),
                    (" Search", ""),
                )
            ]
        )
        self.query_one(TextField).focus()

    def on_input_changed(self) -> None:
        """Show the commands that contain the typed words."""
        self.draw()
        self.action_scroll(-1_000_000)

    def action_clear_or_back(self) -> None:
        """Clear the search, or go back if it is empty."""
        field = self.query_one(TextField)
        if field.value:
            field.value = ""
        else:
            self.dismiss()

    def action_scroll(self, step: int) -> None:
        """Scroll by `step` lines."""
        self.query_one(TextView).action_scroll(step)

    def action_page(self, step: int) -> None:
        """Scroll by `step` pages."""
        self.query_one(TextView).action_page(step)

    def action_stay(self) -> None:
        """Keep the focus in the search."""

    def draw(self) -> None:
        """Draw the lines for the current size."""
        text, width = self.query_one(TextField).value, self.size.width
        here = search(self._here, text)
        own = _section("This screen", here, width) if here else []
        lines = own + _lines(search(self.commands, text), here, width)
        if not lines:
            lines = [((f' Nothing matches "{visible(text)}". Esc clears the search.', ""),)]
        elif not text:
            lines += wrapped(_MORE, max(width - 3, 8), "label")
        self.query_one(TextView).show_all(lines)


def _lines(commands: Sequence[Command], shown: Collection[Command], width: int) -> list[Line]:
    """Return the lines of all other commands, those that work anywhere first."""
    lines: list[Line] = []
    for scope in sorted(Scope, key=lambda scope: scope is not Scope.ANYWHERE):
        of_scope = [command for command in commands if command.scope is scope and command not in shown]
        if of_scope:
            lines += _section(scope.value, of_scope, width)
    return lines


def _section(title: str, commands: Sequence[Command], width: int) -> list[Line]:
    lines: list[Line] = [((f" {title}", "strong"),)]
    for command in commands:
        for index, text in enumerate(wrap(command.help or command.label, max(width - _KEYS - 4, 8))):
            keys = command.shown_keys if index == 0 else ""
            lines.append(((f"   {keys}".ljust(_KEYS), "key"), (text, "")))
    return [*lines, ()]
