"""Count the certificates that become due for renewal or expire in the next twelve months, and draw a chart of them.

::

                 due  expire
    overdue        1       1  ●
    Nov 2026       2       ·
    Dec 2026       8      12  ●●●●●●●●●●●●

The chart has one row for overdue certificates, one row for each month from the current one, and one for all later
months.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from csrtui.core.pairs.summary import OVERDUE, PairSummary, deadlines

MONTHS: Final = 12
"""The number of months in the chart, including the current one."""
_DOT: Final = "●"
_ZERO: Final = "·"
_STEPS: Final = (1, 2, 5)
_COLUMNS: Final = ("due", "expire")
_GAP: Final = 2
"""The number of empty columns before each number and before the bar."""


@dataclass(frozen=True, slots=True)
class PeriodCounts:
    """The number of certificates that become due for renewal in a period, and the number that expire in it."""

    due: int = 0
    expiring: int = 0


@dataclass(frozen=True, slots=True)
class MonthlyCounts:
    """The numbers of certificates that become due and of those that expire, by month (UTC).

    Attributes:
        total: The number of certificates.
        overdue: The number of certificates that are due but have not expired, and the number that have expired.
        months: The counts for the rest of the current month, then for each of the eleven months after it.
        later: The counts for all later months together.
        first: The year and the month (from 1) of the current month.
    """

    total: int
    overdue: PeriodCounts
    months: tuple[PeriodCounts, ...]
    later: PeriodCounts
    first: tuple[int, int]


class ChartRowKind(Enum):
    """The kind of a row of the chart."""

    HEAD = auto()
    OVERDUE = auto()
    MONTH = auto()


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A row of the chart.

    Attributes:
        text: The label and the numbers, in columns.
        bar: The bar.
        kind: The kind of the row.
        filter_word: The word of a `Query` that selects the pairs of the row, or "" if the row counts none.
    """

    text: str
    bar: str
    kind: ChartRowKind
    filter_word: str = ""


def count_by_month(summaries: Iterable[PairSummary], now: datetime) -> MonthlyCounts:
    """Return the number of certificates that become due, and that expire, in each month (UTC).

    Args:
        summaries: The pairs in use that have a certificate.
        now: The time, in UTC.
    """
    present = now.year * 12 + now.month - 1
    due: Counter[int] = Counter()
    expiring: Counter[int] = Counter()
    total = 0
    for summary in summaries:
        total += 1
        for period, counter in zip(deadlines(summary, now), (due, expiring), strict=True):
            if period is not None:
                counter[OVERDUE if period == OVERDUE else min(period - present, MONTHS)] += 1
    overdue, *months, later = [
        PeriodCounts(due[period], expiring[period]) for period in (OVERDUE, *range(MONTHS + 1))
    ]
    return MonthlyCounts(total, overdue, tuple(months), later, (now.year, now.month))


def chart_rows(counts: MonthlyCounts, month_names: Sequence[str], width: int) -> tuple[list[ChartRow], int]:
    """Return the rows of the chart, and the number of certificates that one dot of a bar represents.

    Args:
        counts: The counts to draw.
        month_names: The names of the twelve months.
        width: The number of available columns. If the numbers need all of them, the bars are empty.
    """
    year, month = counts.first
    months = [divmod(year * 12 + month - 1 + offset, 12) for offset in range(MONTHS)]
    labels = ["overdue", *(f"{month_names[number]} {year}" for year, number in months), "later"]
    words = [label.lower().replace(" ", "-") for label in labels[:-1]]
    words.append(f">{words[-1]}")
    periods = [counts.overdue, *counts.months, counts.later]
    label_width = max(map(len, labels))
    numbers = [[str(period.due or _ZERO), str(period.expiring or _ZERO)] for period in periods]
    widths = [max(map(len, column)) + _GAP for column in zip(_COLUMNS, *numbers, strict=True)]
    bar_width = max(width - label_width - sum(widths) - _GAP, 0)
    step = _step(max(period.expiring for period in periods[:-1]), bar_width)
    rows = [ChartRow(_row_text("", _COLUMNS, label_width, widths), "", ChartRowKind.HEAD)]
    for label, cells, period, word in zip(labels, numbers, periods, words, strict=True):
        kind = ChartRowKind.OVERDUE if period is counts.overdue else ChartRowKind.MONTH
        bar = "" if period is counts.later else _DOT * min(-(-period.expiring // step), bar_width)
        filter_word = word if period.due or period.expiring else ""
        rows.append(ChartRow(_row_text(label, cells, label_width, widths), bar, kind, filter_word))
    return rows, step


def _row_text(label: str, cells: Sequence[str], label_width: int, widths: Sequence[int]) -> str:
    aligned = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    return f"{label.ljust(label_width)}{''.join(aligned)}{' ' * _GAP}"


def _step(longest: int, bar_width: int) -> int:
    """Return the smallest number of certificates per dot (1, 2, 5, 10, 20, 50 …) with which the longest bar fits."""
    size = 1
    while bar_width > 0:
        for step in _STEPS:
            if longest <= step * size * bar_width:
                return step * size
        size *= 10
    return 1
