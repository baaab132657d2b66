"""The commands that add the first pair to an empty keystore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.tui.wrapping import pad, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_TEXT = "No pairs yet. A pair is a private key and the CSR made from it."
_ACTIONS = ("new_request", "adopt", "restore")
_LABEL = 10


def first_commands(commands: Sequence[Command]) -> list[Command]:
    """Return those of `commands` that add the first pair."""
    return [command for command in commands if command.action in _ACTIONS]


def first_lines(commands: Sequence[Command], width: int) -> list[Line]:
    """Return the text of an empty keystore, with the commands that add the first pair, wrapped to `width` cells."""
    lines: list[Line] = [*(((f" {line}", ""),) for line in wrap(_TEXT, max(width - 2, 8))), ()]
    for command in first_commands(commands):
        head = f"   {command.shown_key}  {pad(command.label, _LABEL)}"
        first, *rest = wrap(command.help, max(width - len(head) - 1, 8))
        lines.append(((head, "key"), (first, "label")))
        lines += [((" " * len(head), ""), (line, "label")) for line in rest]
    return lines
