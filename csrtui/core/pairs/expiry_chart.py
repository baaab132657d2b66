"""The coming twelve months of expiries as a small chart: how many certificates end in each, how many are due.

::

                 due  expire
    until today    1       1  ●
    Nov 2026       2       ·
    Dec 2026       8      12  ●●●●●●●●●●●●

A row for what is over already, one for each month beginning with the present one, and one for all that comes
after. The numbers are exact; a bar says at a glance where the work lies.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from csrtui.core.base.times import Validity

MONTHS: Final = 12
"""How many months are looked ahead, the present one among them."""
_DOT: Final = "●"
_NONE: Final = "·"
_STEPS: Final = (1, 2, 5)
_HEADS: Final = ("due", "expire")
_APART: Final = 2


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time and what happens in it.

    Attributes:
        due: How many certificates become due for renewal.
        expiring: How many expire.
    """

    due: int = 0
    expiring: int = 0


@dataclass(frozen=True, slots=True)
class Expiries:
    """When certificates end.

    Attributes:
        total: How many certificates were counted.
        until_now: Those due but not expired, and those expired.
        months: What is still to come: the rest of the present month, then the eleven that follow it.
        later: What comes after them.
        first: The present month: year and month, from 1.
    """

    total: int
    until_now: Span
    months: tuple[Span, ...]
    later: Span
    first: tuple[int, int]


class Kind(Enum):
    """What a row of the chart is about."""

    HEAD = auto()
    OVERDUE = auto()
    MONTH = auto()


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A row of the chart: its label and numbers in columns, its bar, and what it is about."""

    text: str
    bar: str
    kind: Kind


def count(lives: Iterable[Validity], now: datetime) -> Expiries:
    """Count the ends of certificates by month (UTC).

    Args:
        lives: The lives of the certificates that are in use; whatever else there is counts for nothing.
        now: What has passed by then is over.
    """
    present = _number(now)
    due: Counter[int] = Counter()
    expiring: Counter[int] = Counter()
    total = late = over = 0
    for life in lives:
        total += 1
        if life.not_after < now:
            over += 1
            continue
        expiring[min(_number(life.not_after) - present, MONTHS)] += 1
        if life.is_due(now):
            late += 1
        else:
            due[min(_number(life.due) - present, MONTHS)] += 1
    spans = [Span(due[at], expiring[at]) for at in range(MONTHS + 1)]
    return Expiries(total, Span(late, over), tuple(spans[:MONTHS]), spans[MONTHS], (now.year, now.month))


def lay_out(expiries: Expiries, month_names: Sequence[str], width: int) -> tuple[list[ChartRow], int]:
    """Return the rows of the chart, and how many certificates one dot of a bar stands for.

    Args:
        expiries: What was counted.
        month_names: The twelve months in words.
        width: How many columns there are; below those of the numbers there are no bars.
    """
    year, month = expiries.first
    places = [divmod(year * 12 + month - 1 + at, 12) for at in range(MONTHS)]
    labels = ["until today", *(f"{month_names[number]} {of}" for of, number in places), "later"]
    spans = [expiries.until_now, *expiries.months, expiries.later]
    label_width = max(map(len, labels))
    columns = [
        max(len(head), *(len(str(number)) for number in numbers)) + _APART
        for head, numbers in zip(
            _HEADS, ([span.due for span in spans], [span.expiring for span in spans]), strict=True
        )
    ]
    room = width - label_width - sum(columns) - _APART
    most = max(span.expiring for span in spans[:-1])
    step = _step(most, room)
    rows = [ChartRow(_text("", _HEADS, label_width, columns), "", Kind.HEAD)]
    for label, span in zip(labels, spans, strict=True):
        numbers = [str(number or _NONE) for number in (span.due, span.expiring)]
        kind = Kind.OVERDUE if span is expiries.until_now else Kind.MONTH
        bar = "" if span is expiries.later else _DOT * min(-(-span.expiring // step), max(room, 0))
        rows.append(ChartRow(_text(label, numbers, label_width, columns), bar, kind))
    return rows, step


def _text(label: str, numbers: Sequence[str], width: int, columns: Sequence[int]) -> str:
    cells = [number.rjust(column) for number, column in zip(numbers, columns, strict=True)]
    return f"{label.ljust(width)}{''.join(cells)}{' ' * _APART}"


def _step(most: int, room: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … with which the longest bar has room."""
    size = 1
    while room > 0:
        for step in _STEPS:
            if most <= step * size * room:
                return step * size
        size *= 10
    return 1


def _number(time: datetime) -> int:
    """The months since year 0."""
    return time.year * 12 + time.month - 1
