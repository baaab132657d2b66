"""A pair in full: everything that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from csrtui.core.errors import CsrtuiError
from csrtui.core.visible import visible
from csrtui.tasks.review import read_pair
from csrtui.tasks.wording import pair_lines
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, Where, bar, bindings
from csrtui.tui.groups import AtHand
from csrtui.tui.screens.pairs_screen import PairsScreen
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
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_LABEL = 12
_ATTENTION: frozenset[str] = frozenset({"Backup", "Next"})


class PairScreen(PairsScreen):
    """Everything about one pair.

    Args:
        session: Whose store it is in.
        pair: Which.
        request: What its CSR says, decoded from the file.
        commands: All commands, with the keys they have.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.PAIR, Where.PAIRS), HELP_IN_LISTS]

    def __init__(
        self, session: Session, pair: Pair, request: Request, commands: Sequence[Command] = COMMANDS
    ) -> None:
        super().__init__(session)
        self._commands = commands
        self.pair = pair
        self._request = request

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
        self._draw()

    def _draw(self) -> None:
        lines = _lines(self.pair, self._session.clock(), self.size.width)
        self.query_one("#pair", TextView).show_all(list(lines))

    def at_hand(self) -> AtHand:
        """The pair."""
        return AtHand(self.pair)

    def tell(self, text: str) -> None:
        """Tell the user something in a line."""
        self.query_one("#message", RuleLine).tell(text)

    def pairs_changed(self, want: str | None = None) -> None:  # noqa: ARG002 - there is one pair here
        """Show the pair as it is now."""
        try:
            self.pair, self._request = read_pair(self._session, self.pair.name)
        except CsrtuiError as error:
            self.tell(error.what)
        else:
            self._draw()

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
