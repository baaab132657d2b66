"""A pair in full: everything that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.timeline import Tone
from csrtui.tasks.show import InFull, full_lines, read_in_full, timeline
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, Where, bar, bindings, key_of
from csrtui.tui.groups import AtHand
from csrtui.tui.screens.renewal_screen import RenewalScreen
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

    from csrtui.core.pairs.pair import Pair
    from csrtui.core.pairs.timeline import Row
    from csrtui.tasks.prefill import Start
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_LABEL = 13
_ATTENTION: frozenset[str] = frozenset({"Backup", "Next"})
_MANNERS = {Tone.PAST: "", Tone.TODAY: "strong", Tone.COMING: "label"}


class PairScreen(RenewalScreen):
    """Everything about one pair.

    Args:
        session: Whose store it is in.
        full: Which, and everything that lies in its folder.
        commands: All commands, with the keys they have.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.PAIR, Where.PAIRS, Where.STEPS), HELP_IN_LISTS]

    def __init__(self, session: Session, full: InFull, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__(session, commands)
        self._full = full

    @classmethod
    def of(cls, session: Session, name: str, commands: Sequence[Command] = COMMANDS) -> PairScreen:
        """Return the screen of the pair called `name`, read anew.

        Raises:
            InputError: There is no such pair.
            StoreError: It is damaged or not safe.
        """
        return cls(session, read_in_full(session, name), commands)

    @property
    def pair(self) -> Pair:
        """The pair as it was last read."""
        return self._full.pair

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield (view := TextView(id="pair"))
        yield RuleLine(view, id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Show the pair."""
        self.query_one("#title", TextBlock).show([((f" Keystore · {visible(self.pair.name)}", "strong"),)])
        self.query_one("#pair").focus()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._draw()

    def _draw(self) -> None:
        label = self.step_label(self.pair)
        lines = _lines(self._full, self._session.clock(), self.size.width, self._next_key)
        self.query_one("#pair", TextView).show_all(lines)
        self.query_one(CommandBar).show_commands(bar(Where.PAIR, self._commands), {"next_step": label})

    @property
    def _next_key(self) -> str:
        """The key that takes the next step; empty where there is none to take."""
        if self.pair.record.next_step(self._session.clock()) is NextStep.NONE:
            return ""
        return key_of("next_step", self._commands)

    @property
    def only(self) -> str:
        """The pair: certificates that are brought home here have to be for it."""
        return self.pair.name

    def at_hand(self) -> AtHand:
        """The pair."""
        return AtHand(self.pair)

    def tell(self, text: str) -> None:
        """Tell the user something in a line."""
        self.query_one("#message", RuleLine).tell(text)

    def pairs_changed(self, want: str | None = None) -> None:  # noqa: ARG002 - there is one pair here
        """Show the pair as it is now."""
        try:
            self._full = read_in_full(self._session, self.pair.name)
        except CsrtuiError as error:
            self.tell(error.what)
        else:
            self._draw()

    def fill_form(self, start: Start, renews: str) -> None:
        """Show the form on the main screen, filled in for a pair that takes the place of this one."""
        main = next(screen for screen in self.app.screen_stack if isinstance(screen, RenewalScreen))
        self.app.call_later(self._go_back_to, main, start, renews)

    async def _go_back_to(self, main: RenewalScreen, start: Start, renews: str) -> None:
        while self.app.screen is not main:
            await self.app.pop_screen()
        main.fill_form(start, renews)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()

    def action_view_csr(self) -> None:
        """Show the CSR alone."""
        from csrtui.tui.screens.csr import CsrScreen

        self.app.push_screen(CsrScreen(self.pair, self._full.request, self._commands))


def _lines(full: InFull, now: datetime, width: int, next_key: str) -> list[Line]:
    lines: list[Line] = []
    for label, said in full_lines(full, now):
        text = f"{said}   (press {next_key})" if label == "Next" and next_key else said
        if label == "Subject":  # before what the pair is stands what it went through
            lines += _life(timeline(full.pair.record, now, width - 2))
        for at, part in enumerate(wrap(visible(text), max(width - _LABEL - 2, 8))):
            head = f" {label if at == 0 else ''}".ljust(_LABEL)
            lines.append(((head, "label"), (part, "strong" if label in _ATTENTION else "")))
    return lines


def _life(rows: Sequence[Row]) -> list[Line]:
    drawn: list[Line] = [((" ", ""), *((piece.text, _MANNERS[piece.tone]) for piece in row)) for row in rows]
    return [(), *drawn, ()] if drawn else []
