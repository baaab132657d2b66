"""The screen with all details of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.timeline import Tone
from csrtui.tasks.show import PairDetails, pair_detail_lines, read_pair_details, timeline
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, Scope, bar, bindings, key_of
from csrtui.tui.groups import PairSelection
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
    from csrtui.core.pairs.timeline import TimelineRow
    from csrtui.tasks.prefill import PrefilledForm
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_LABEL = 13
_ATTENTION: frozenset[str] = frozenset({"Backup", "Next"})
_MANNERS = {Tone.PAST: "", Tone.TODAY: "strong", Tone.COMING: "label"}


class PairScreen(RenewalScreen):
    """A screen with all details of one pair.

    Args:
        session: The session with the store.
        details: The pair, with the contents of its folder.
        commands: All commands, with their keys.
    """

    place: ClassVar[Scope] = Scope.PAIR
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.PAIR), HELP_IN_LISTS]

    def __init__(
        self, session: Session, details: PairDetails, commands: Sequence[Command] = COMMANDS
    ) -> None:
        super().__init__(session, commands)
        self._details = details

    @classmethod
    def of(cls, session: Session, name: str, commands: Sequence[Command] = COMMANDS) -> PairScreen:
        """Read the pair `name`, and return a screen that shows it.

        Raises:
            InputError: The pair does not exist.
            StoreError: The pair is damaged or unsafe.
        """
        return cls(session, read_pair_details(session, name), commands)

    @property
    def pair(self) -> Pair:
        """The pair as it was last read."""
        return self._details.pair

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
        """Wrap the lines again."""
        self._draw()

    def _draw(self) -> None:
        label = self.step_label(self.pair)
        commands = self.possible(bar(Scope.PAIR, self._commands), self.pair)
        lines = _lines(self._details, self._session.clock(), self.size.width, self._next_key)
        self.query_one("#pair", TextView).show_all(lines)
        self.query_one(CommandBar).show_commands(commands, {"next_step": label})

    @property
    def _next_key(self) -> str:
        """The key for the next step, or an empty string if the pair has no next step."""
        if self.pair.record.next_step(self._session.clock()) is NextStep.NONE:
            return ""
        return key_of("next_step", self._commands)

    @property
    def only_pair(self) -> str:
        """The name of the pair. This screen imports only certificates of this pair."""
        return self.pair.name

    def selection(self) -> PairSelection:
        """Return the pair on this screen as the only choice."""
        return PairSelection(self.pair)

    def tell(self, text: str) -> None:
        """Show a message in the message line."""
        self.query_one("#message", RuleLine).tell(text)

    def refresh_pairs(self, want: str | None = None) -> None:  # noqa: ARG002 - this screen has one pair
        """Show the current state of the pair."""
        try:
            self._details = read_pair_details(self._session, self.pair.name)
        except CsrtuiError as error:
            self.tell(error.message)
        else:
            self._draw()

    def fill_form(self, start: PrefilledForm, renews: str) -> None:
        """Show the form on the main screen, filled in for the pair that will renew this one."""
        main = next(screen for screen in self.app.screen_stack if isinstance(screen, RenewalScreen))
        self.app.call_later(self._go_back_to, main, start, renews)

    async def _go_back_to(self, main: RenewalScreen, start: PrefilledForm, renews: str) -> None:
        while self.app.screen is not main:
            await self.app.pop_screen()
        main.fill_form(start, renews)

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()

    def action_view_csr(self) -> None:
        """Show only the CSR."""
        from csrtui.tui.screens.csr import CsrScreen

        self.app.push_screen(CsrScreen(self._details.csr, self._commands))


def _lines(details: PairDetails, now: datetime, width: int, next_key: str) -> list[Line]:
    lines: list[Line] = []
    for label, detail in pair_detail_lines(details, now):
        text = f"{detail}   (press {next_key})" if label == "Next" and next_key else detail
        if label == "Subject":  # the timeline is shown above the details of the request
            lines += _timeline_lines(timeline(details.pair.record, now, width - 2))
        for index, part in enumerate(wrap(visible(text), max(width - _LABEL - 2, 8))):
            head = f" {label if index == 0 else ''}".ljust(_LABEL)
            lines.append(((head, "label"), (part, "strong" if label in _ATTENTION else "")))
    return lines


def _timeline_lines(rows: Sequence[TimelineRow]) -> list[Line]:
    lines: list[Line] = [((" ", ""), *((piece.text, _MANNERS[piece.tone]) for piece in row)) for row in rows]
    return [(), *lines, ()] if lines else []
