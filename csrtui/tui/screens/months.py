"""The screen of the next 12 months, with the number of certificates that are due or expire in each month."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.screen import Screen

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.expiry_chart import ChartRowKind, chart_rows
from csrtui.tasks.list import ExpiryCounts, count_expiries
from csrtui.tasks.pair_text import MONTHS
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, Scope, bar, bindings
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
_NO_EXPIRIES = "No pair in use has a certificate yet."


class MonthsScreen(Screen[None]):
    """A screen with a chart of the expiries in each month.

    Args:
        session: The session with the store.
        commands: All commands, with their keys.
    """

    place: ClassVar[Scope] = Scope.PAGES
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Scope.PAGES),
        HELP_IN_LISTS,
    ]

    class Counted(Message):
        """The expiries have been counted.

        Args:
            result: The counts, or the error that prevents reading the keystore.
        """

        def __init__(self, result: ExpiryCounts | CsrtuiError) -> None:
            super().__init__()
            self.result = result

    def __init__(self, session: Session, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__()
        self._session = session
        self._commands = commands
        self._result: ExpiryCounts | CsrtuiError | None = None

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield (view := TextView(id="months"))
        yield RuleLine(view)
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Read the keystore in a thread."""
        self.query_one("#title", TextBlock).show([((" Keystore · next 12 months", "strong"),)])
        self.query_one(CommandBar).show_commands(bar(Scope.PAGES, self._commands))
        self.query_one("#months").focus()
        self.run_worker(self._count, thread=True)

    def _count(self) -> None:
        try:
            self.post_message(self.Counted(count_expiries(self._session)))
        except CsrtuiError as error:
            self.post_message(self.Counted(error))

    def on_months_screen_counted(self, event: Counted) -> None:
        """Show the chart."""
        event.stop()
        self._result = event.result
        self._draw()

    def on_resize(self) -> None:
        """Draw the bars again for the new width."""
        self._draw()

    def action_back(self) -> None:
        """Go back."""
        self.dismiss()

    def _draw(self) -> None:
        self.query_one("#months", TextView).show_all(_lines(self._result, self.size.width - 2))


def _lines(result: ExpiryCounts | CsrtuiError | None, width: int) -> list[Line]:
    if result is None:
        return _wrapped(_READING, width)
    if isinstance(result, CsrtuiError):
        return [
            *_wrapped(visible(result.message), width, "error"),
            *_wrapped(visible(result.hint or ""), width),
        ]
    if not result.expiries.total:
        return [*_wrapped(_NO_EXPIRIES, width), *_exclusions(result, width)]
    rows, step = chart_rows(result.expiries, MONTHS, width)
    lines: list[Line] = []
    for row in rows:
        manner = "label" if row.kind is ChartRowKind.HEAD else ""
        if row.kind is ChartRowKind.OVERDUE and "●" in row.bar:
            manner = "warning"
        lines.append(((f" {row.text}", manner), (row.bar, manner)))
    legend = "Due: one third of the validity or less is left."
    if step > 1:
        legend += f" Each dot is {step} certificates that expire."
    return [*lines, (), *_wrapped(legend, width, "label"), *_exclusions(result, width)]


def _exclusions(counts: ExpiryCounts, width: int) -> list[Line]:
    parts = [
        f"{number} {text}"
        for number, text in (
            (counts.without_certificate, "without a certificate"),
            (counts.not_in_use, "retired or replaced"),
            (counts.unreadable, "unreadable"),
        )
        if number
    ]
    return _wrapped(f"Not counted: {', '.join(parts)}.", width, "label") if parts else []


def _wrapped(text: str, width: int, manner: str = "") -> list[Line]:
    return [((f" {line}", manner),) for line in wrap(text, max(width, 8))]
