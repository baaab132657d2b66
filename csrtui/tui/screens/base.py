"""The base of the screens: the commands with the user's key bindings, the line for messages, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen, ScreenResultType

from csrtui.tui.commands import bar, commands_of, key_of
from csrtui.tui.messages import error_texts
from csrtui.tui.widgets.one_line_widgets import CommandBar, RuleLine
from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from csrtui.core.base.errors import CsrtuiError
    from csrtui.tui.commands import Command, Scope


class CommandScreen(Screen[ScreenResultType]):
    """A screen whose keys are commands.

    Its widgets have the same ids on all screens: ``title``, ``message`` (a `RuleLine`) and ``bar`` (a `CommandBar`).
    """

    @property
    def commands(self) -> Sequence[Command]:
        """All commands, with the user's key bindings."""
        return commands_of(self.app)

    def key_of(self, action: str) -> str:
        """Return the first key of the command with this action, as the screens show it."""
        return key_of(action, self.commands)

    @property
    def pane_width(self) -> int:
        """The width of the left part of the screen, in the middle of which dialogs open."""
        return self.app.size.width

    def show_title(self, title: str) -> None:
        """Show the title of the screen. It must be safe to display."""
        self.query_one("#title", TextBlock).show([((f" {title}", "strong"),)])

    def show_bar(
        self, place: Scope, left_out: Collection[str] = (), labels: Mapping[str, str] | None = None
    ) -> None:
        """Show the commands for `place` in the command bar, except those in `left_out`."""
        commands = [command for command in bar(place, self.commands) if command.action not in left_out]
        self.query_one(CommandBar).show_commands(commands, labels)

    def on_screen_suspend(self) -> None:
        """Empty the bar while a dialog is open: its commands do nothing then."""
        self._draw_bar_again()

    def on_screen_resume(self) -> None:
        """Show the bar again."""
        self._draw_bar_again()

    def _draw_bar_again(self) -> None:
        for command_bar in self.query(CommandBar):  # none before the screen is mounted
            command_bar.draw()

    def on_resize(self) -> None:
        """Draw the screen for its new size."""
        self.draw()

    def draw(self) -> None:
        """Draw what depends on the size of the screen. A screen without such lines does nothing."""

    def tell(self, text: str) -> None:
        """Show a message in the message line."""
        self.query_one("#message", RuleLine).tell(text)

    def tell_error(self, error: CsrtuiError) -> None:
        """Show an error and its hint in the message line, and also in a dialog if the line is too short."""
        texts = error_texts(error, self.commands)
        self.tell(" ".join(texts))
        if self.query_one("#message", RuleLine).is_cut:
            from csrtui.tui.modals.questions import NoticeModal

            self.app.push_screen(NoticeModal("Error", texts))

    def clear_message(self) -> None:
        """Remove the message."""
        self.query_one("#message", RuleLine).clear()

    def on_line_list_moved(self) -> None:
        """Remove the message, because a user who moves on has read it."""
        self.clear_message()

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()
