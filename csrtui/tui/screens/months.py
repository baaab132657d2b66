"""The screen of the next 12 months, with the number of certificates that are due or expire in each month."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.content import Content

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.pairs.charts import MONTH_COUNT, ChartRow, ChartRowKind, chart_rows
from csrtui.tasks.list import ExpiryCounts, count_expiries
from csrtui.tui.commands import Scope, bindings
from csrtui.tui.messages import error_text
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.line_list import ItemRows, LineList
from csrtui.tui.widgets.one_line_widgets import CommandBar, RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut_lines, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from csrtui.core.pairs.charts import MonthlyCounts
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_READING = "Reading the keystore …"
_NO_EXPIRIES = "No pair in use has a certificate yet."
_ROW_COUNT = MONTH_COUNT + 2
"""The number of rows of the chart: overdue, the months, and later."""

_LINES_AROUND = 5
"""The lines of the screen besides the rows and the legend: title, header, two rules, and the bar."""


class MonthRows(ItemRows[int]):
    """The rows of a `LineList`: overdue certificates, each month, and all later months."""

    def __init__(self, expiries: MonthlyCounts | None) -> None:
        super().__init__(range(_ROW_COUNT if expiries else 0))
        self._expiries = expiries

    def filter_word(self, index: int) -> str:
        """Return the word of the filter that lists the pairs of row `index`, or "" if the row counts none."""
        return self._chart(0)[index + 1].filter_word

    def find_word(self, word: str) -> int:
        """Return the index of the row with this filter word, or 0 if no row has it."""
        words = [row.filter_word for row in self._chart(0)[1:]]
        return words.index(word) if word and word in words else 0

    def header(self, width: int) -> str:
        """Return the names of the columns."""
        return self._chart(width)[0].text if self._expiries else ""

    def row(self, index: int, width: int) -> Content:
        """Return row `index` of the chart, with its bar."""
        row = self._chart(width)[index + 1]
        style = "$warning" if row.kind is ChartRowKind.OVERDUE and row.bar else ""
        return Content.assemble((f"{row.text}{row.bar}", style))

    def _chart(self, width: int) -> list[ChartRow]:
        return chart_rows(self._expiries, width)[0] if self._expiries else []


class MonthsScreen(CommandScreen[str]):
    """A screen with a chart of the expiries in each month. Its result is the filter for the month that was chosen.

    Args:
        filter_word: The filter for the month on which the cursor starts, or "" for the first row.
    """

    place: ClassVar[Scope] = Scope.MONTHS
    BINDINGS = bindings(Scope.MONTHS)

    def __init__(self, session: Session, filter_word: str = "") -> None:
        super().__init__()
        self._session = session
        self._filter_word = filter_word
        self._rows = MonthRows(None)
        self._result: ExpiryCounts | CsrtuiError | None = None

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield LineList(self._rows, id="months")
        yield TextBlock(id="legend")
        yield RuleLine(id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Read the keystore in a thread."""
        self.show_title("Keystore · next 12 months")
        self.draw()
        self.run_worker(self._count())

    async def _count(self) -> None:
        self._result = result = await run_in_thread(lambda: count_expiries(self._session))
        if isinstance(result, ExpiryCounts) and result.expiries.total:
            self._rows = MonthRows(result.expiries)
            months = self.query_one(LineList)
            months.set_rows(self._rows)
            months.move_to(self._rows.find_word(self._filter_word))
            self.draw()
            months.focus()
        else:
            self.draw()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """List the pairs that are due or expire in the month."""
        event.stop()
        word = self._rows.filter_word(event.index)
        if word:
            self.dismiss(word)
        else:
            self.tell("Nothing is due or expires in this month.")

    def draw(self) -> None:
        """Draw the lines for the current size."""
        has_rows = len(self._rows) > 0
        self.set_class(has_rows, "-counted")
        legend = self.query_one("#legend", TextBlock)
        lines = self._legend(max(self.size.width - 2, 8))
        if has_rows:  # the legend gets the lines that the chart leaves
            room = max(self.size.height - _LINES_AROUND - len(self._rows), 0)
            lines = cut_lines(lines, room, self.size.width - 1)
        legend.styles.height = len(lines) if has_rows else "1fr"
        legend.show(lines)
        self.show_bar(Scope.MONTHS, () if has_rows else {"open_month"})

    def _legend(self, width: int) -> list[Line]:
        result = self._result
        if result is None:
            return wrapped(_READING, width)
        if isinstance(result, CsrtuiError):
            return wrapped(error_text(result, self.commands), width, "error")
        if not len(self._rows):
            return [*wrapped(_NO_EXPIRIES, width), *_exclusions(result, width)]
        _, step = chart_rows(result.expiries, width)
        legend = "Due: one third of the validity or less is left."
        legend += f" Each ● is {f'{step} expiring certificates' if step > 1 else 'an expiring certificate'}."
        return [*wrapped(legend, width, "label"), *_exclusions(result, width)]


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
    return wrapped(f"Not counted: {', '.join(parts)}.", width, "label") if parts else []
