"""The last line of a screen. It shows the keys that can be used at the cursor."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from csrtui.tui.commands import HELP_IN_LISTS, LAST_ON_BAR
from csrtui.tui.widgets.text_block import TextLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events

    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Part


_GAP = "  "
"""The blanks between two commands."""


class CommandBar(TextLine):
    """One line with the commands that fit, in order. Those of `LAST_ON_BAR` are left out last.

    Where Quit is one command of many, among the letters of a list, it is left out first.

    Args:
        id: The widget's id.
        classes: The widget's CSS classes.
    """

    _commands: Sequence[tuple[str, str, str]] = ()  # action, key, label
    _keys: Mapping[str, str] = MappingProxyType({})

    def show_commands(self, commands: Sequence[Command], labels: Mapping[str, str] | None = None) -> None:
        """Show commands.

        Args:
            commands: The commands, in order.
            labels: Labels that replace those of the commands, by action.
        """
        labels = labels or {}
        self._keys = {command.action: command.keys.split(",")[0] for command in commands}
        self._commands = [
            (command.action, command.shown_key, labels.get(command.action, command.label))
            for command in commands
        ]
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Do what the key of the clicked command does."""
        end = 1
        for action, key, label in self._fitting_commands():
            end += len(key) + len(label) + 1 + len(_GAP)
            if event.x < end:
                self.app.call_later(self.app.simulate_key, self._keys[action])
                return

    def draw(self) -> None:
        """Draw the line."""
        parts: list[Part] = [(" ", "")]
        for _, key, label in self._fitting_commands():
            parts += [(key, "key"), (f" {label}{_GAP}", "")]
        self.show([tuple(parts)])

    def _fitting_commands(self) -> list[tuple[str, str, str]]:
        commands = list(self._commands)
        while len(commands) > 1 and _width(commands) > self.size.width:
            ranks = [self._rank(action) for action, _, _ in commands]
            first_to_leave = min(ranks)
            del commands[max(index for index, rank in enumerate(ranks) if rank == first_to_leave)]
        return commands

    def _rank(self, action: str) -> int:
        """Return a number that is the lower, the sooner a command is left out."""
        if action == "guide" or (action == "leave" and self._keys.get("help") == HELP_IN_LISTS.key):
            return -2
        return LAST_ON_BAR.index(action) if action in LAST_ON_BAR else -1


def _width(commands: Sequence[tuple[str, str, str]]) -> int:
    """Return the width of the bar in cells: a blank before each key and label, and a gap between commands."""
    return 1 + sum(len(key) + len(label) + 1 + len(_GAP) for _, key, label in commands) - len(_GAP)
