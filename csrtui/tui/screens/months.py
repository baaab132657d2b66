"""The coming twelve months: how many certificates become due and how many expire, month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.screen import Screen

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.expiry_chart import Kind, lay_out
from csrtui.tasks.expiries import Counted, count_expiries
from csrtui.tasks.pair_text import MONTHS
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, Where, bar, bindings
from csrtui.tui.widgets.command_bar import CommandBar
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.widgets.text_block import Line

_READING = "Reading the keystore …"
_NOTHING = "No pair in use has a certificate yet, so nothing expires."


class MonthsScreen(Screen[None]):
    """The chart of expiries.

    Args:
        session: Whose store is counted.
        commands: All commands, with the keys they have.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in bindings(Where.PAIR) if binding.action == "back"),
        HELP_IN_LISTS,
    ]

    class Answered(Message):
        """The keystore was read.

        Args:
            answer: What was counted, or why nothing could be.
        """

        def __init__(self, answer: Counted | CsrtuiError) -> None:
            super().__init__()
            self.answer = answer

    def __init__(self, session: Session, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__()
        self._session = session
        self._commands = commands
        self._answer: Counted | CsrtuiError | None = None

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield (view := TextView(id="months"))
        yield RuleLine(view)
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Read the keystore in a thread."""
        self.query_one("#title", TextBlock).show([((" Keystore · the coming twelve months", "strong"),)])
        here = [
            command
            for command in bar(Where.PAIR, self._commands)
            if command.action in {"back", "help", "leave"}
        ]
        self.query_one(CommandBar).show_commands(here)
        self.query_one("#months").focus()
        self.run_worker(self._count, thread=True)

    def _count(self) -> None:
        try:
            self.post_message(self.Answered(count_expiries(self._session)))
        except CsrtuiError as error:
            self.post_message(self.Answered(error))

    def on_months_screen_answered(self, event: Answered) -> None:
        """Show the chart."""
        event.stop()
        self._answer = event.answer
        self._draw()

    def on_resize(self) -> None:
        """Draw the bars as long as there is room."""
        self._draw()

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()

    def _draw(self) -> None:
        self.query_one("#months", TextView).show_all(_lines(self._answer, self.size.width - 2))


def _lines(answer: Counted | CsrtuiError | None, width: int) -> list[Line]:
    if answer is None:
        return _said(_READING, width)
    if isinstance(answer, CsrtuiError):
        return [*_said(visible(answer.what), width, "error"), *_said(visible(answer.hint or ""), width)]
    if not answer.expiries.total:
        return [*_said(_NOTHING, width), *_left_out(answer, width)]
    rows, step = lay_out(answer.expiries, MONTHS, width)
    lines: list[Line] = []
    for row in rows:
        manner = (
            "label"
            if row.kind is Kind.HEAD
            else "warning"
            if row.kind is Kind.OVERDUE and "●" in row.bar
            else ""
        )
        lines.append(((f" {row.text}", manner), (row.bar, manner)))
    legend = "Due: a third of the life or less is left."
    if step > 1:
        legend += f" A dot stands for {step} certificates that expire."
    return [*lines, (), *_said(legend, width, "label"), *_left_out(answer, width)]


def _left_out(answer: Counted, width: int) -> list[Line]:
    said = [
        f"{number} {text}"
        for number, text in (
            (answer.bare, "without a certificate yet"),
            (answer.past, "retired or replaced"),
            (answer.unreadable, "that cannot be read"),
        )
        if number
    ]
    return _said(f"Not counted: {', '.join(said)}.", width, "label") if said else []


def _said(text: str, width: int, manner: str = "") -> list[Line]:
    return [((f" {line}", manner),) for line in wrap(text, max(width, 8))]
