"""A pair in full: everything that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

from csrtui.core.visible import visible
from csrtui.tasks.wording import pair_lines
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, Where, bar, bindings
from csrtui.tui.widgets.command_bar import CommandBar
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.pair import Pair
    from csrtui.core.request import Request
    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_LABEL = 12
_ATTENTION: frozenset[str] = frozenset({"Backup", "Next"})


class PairScreen(Screen[None]):
    """Everything about one pair.

    Args:
        pair: Which.
        request: What its CSR says, decoded from the file.
        now: What ages are counted to.
        commands: All commands, with the keys they have.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.PAIR), HELP_IN_LISTS]

    def __init__(
        self, pair: Pair, request: Request, now: datetime, commands: Sequence[Command] = COMMANDS
    ) -> None:
        super().__init__()
        self._commands = commands
        self.pair = pair
        self._request = request
        self._now = now

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield TextView(id="pair")
        yield RuleLine(id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Show the pair."""
        self.query_one("#title", TextBlock).show([((f" Keystore · {visible(self.pair.name)}", "strong"),)])
        self.query_one(CommandBar).show_commands(bar(Where.PAIR, self._commands))
        self.query_one("#pair").focus()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self.query_one("#pair", TextView).show_all(list(_lines(self.pair, self._now, self.size.width)))

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()

    def action_view_csr(self) -> None:
        """Show the CSR alone."""
        from csrtui.tui.screens.csr import CsrScreen

        self.app.push_screen(CsrScreen(self.pair, self._request, self._commands))


def _lines(pair: Pair, now: datetime, width: int) -> Sequence[Line]:
    lines: list[Line] = []
    for label, text in pair_lines(pair, now):
        for at, part in enumerate(wrap(visible(text), max(width - _LABEL - 2, 8))):
            head = f" {label if at == 0 else ''}".ljust(_LABEL)
            lines.append(((head, "label"), (part, "strong" if label in _ATTENTION else "")))
    return lines
