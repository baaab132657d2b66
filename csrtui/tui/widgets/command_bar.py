"""The last line of a screen. It shows the keys that can be used at the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Part


class CommandBar(TextBlock):
    """One line with the commands that fit, in order. The last two, Help and Quit, are the last to be left out.

    Args:
        id: The widget's id.
        classes: The widget's CSS classes.
    """

    DEFAULT_CSS = """
    CommandBar { height: 1; }
    """

    _commands: Sequence[tuple[str, str]] = ()

    def show_commands(self, commands: Sequence[Command], labels: dict[str, str] | None = None) -> None:
        """Show commands.

        Args:
            commands: The commands, in order.
            labels: Labels that replace those of the commands, by action.
        """
        labels = labels or {}
        self._commands = [
            (command.shown_key, labels.get(command.action, command.label)) for command in commands
        ]
        self._draw()

    def on_resize(self) -> None:
        """Show the commands that fit the new width."""
        self._draw()

    def _draw(self) -> None:
        commands = list(self._commands)
        while len(commands) > 1 and _width(commands) > self.size.width:
            commands.pop(-3 if len(commands) > 2 else -2)  # noqa: PLR2004 - Help and Quit
        parts: list[Part] = [(" ", "")]
        for key, label in commands:
            parts += [(key, "key"), (f" {label}   ", "")]
        self.show([tuple(parts)])


def _width(commands: Sequence[tuple[str, str]]) -> int:
    """Return the width of the bar in cells: a blank before each key and label, and three blanks between commands."""
    return 1 + sum(len(key) + len(label) + 4 for key, label in commands) - 3
