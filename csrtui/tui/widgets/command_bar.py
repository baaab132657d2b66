"""The last line: which keys do what, where the cursor is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Part


class CommandBar(TextBlock):
    """Shows as many commands as fit on one line, in their order; the last two, help and quitting, go last.

    Args:
        id: The widget's id.
        classes: Its classes.
    """

    DEFAULT_CSS = """
    CommandBar { height: 1; }
    """

    _commands: Sequence[tuple[str, str]] = ()

    def show_commands(self, commands: Sequence[Command], labels: dict[str, str] | None = None) -> None:
        """Show these commands.

        Args:
            commands: In order.
            labels: For an action, another label than the command's own.
        """
        renamed = labels or {}
        self._commands = [
            (command.shown_key, renamed.get(command.action, command.label)) for command in commands
        ]
        self._draw()

    def on_resize(self) -> None:
        """Show what fits now."""
        self._draw()

    def _draw(self) -> None:
        chosen = list(self._commands)
        while len(chosen) > 1 and _width(chosen) > self.size.width:
            chosen.pop(-3 if len(chosen) > 2 else -2)  # noqa: PLR2004 - help and quitting
        parts: list[Part] = [(" ", "")]
        for key, label in chosen:
            parts += [(key, "key"), (f" {label}   ", "")]
        self.show([tuple(parts)])


def _width(commands: Sequence[tuple[str, str]]) -> int:
    return 1 + sum(len(key) + len(label) + 4 for key, label in commands) - 3
