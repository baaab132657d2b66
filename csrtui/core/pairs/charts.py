"""Draw text charts: the timeline of a pair, and the expiries of all pairs in the next twelve months.

A timeline shows past events, today and coming events, each with a label.

::

    ●─●─●─●──────────────────────▼····················o······················o
    │ │ │ └ issued 14 Jul        └ today 24 Nov       └ renewal due 10 Dec   └ expires 30 Jan 27
    │ │ └ submitted 13 Jul
    │ └ backed up 13 Jul
    └ created 13 Jul

Past events are ``●`` on a solid line, today is ``▼``, and coming events are ``o`` on a dotted line, so the timeline is
readable without colour. Each label is to the right of its mark, in a lower row if it would touch another label.

The chart of expiries has one row for overdue certificates, one row for each month from the current one, and one for all
later months.

::

                 due  expire
    overdue        1       1  ●
    Nov 2026       2       ·
    Dec 2026       8      12  ●●●●●●●●●●●●
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from itertools import groupby
from typing import Final

from csrtui.core.base.validity import MONTHS
from csrtui.core.pairs.summary import OVERDUE, PairSummary, deadlines

MIN_WIDTH: Final = 36
"""The minimum number of columns. Nothing is drawn in fewer columns."""
_WIDE_GAP, _NARROW_GAP = 2, 1
"""The minimum distance between marks, in columns."""
_LABEL_GAP: Final = 2
"""The minimum number of blank columns between a label and the next mark."""
_HOOK: Final = "└ "
_OPEN_END: Final = "…"


class Tone(Enum):
    """The meaning of a part of the timeline. Both its glyphs and its colour show it."""

    PAST = auto()
    TODAY = auto()
    COMING = auto()


_GLYPHS: Final = {Tone.PAST: "●", Tone.TODAY: "▼", Tone.COMING: "o"}


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """A mark on the line.

    Attributes:
        day: The day of the event. Marks on the same day keep their order.
        name: The event in one or two words, escaped.
        date_text: The day as text. The timeline omits it if there is not enough room.
    """

    day: date
    name: str
    date_text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a row, with its meaning."""

    text: str
    tone: Tone


TimelineRow = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _PlacedMark:
    """A mark with its column, and the row of its label. Rows are counted from 1."""

    column: int
    label: str
    tone: Tone
    row: int


def draw_timeline(
    past: Sequence[TimelineMark], today: TimelineMark, coming: Sequence[TimelineMark], width: int
) -> tuple[TimelineRow, ...]:
    """Return the rows of the timeline, with the line first, or no rows if there is not enough room.

    `past` and `coming` are in chronological order.
    """
    marks = [*past, today, *coming]
    tones = [Tone.PAST] * len(past) + [Tone.TODAY] + [Tone.COMING] * len(coming)
    if width < MIN_WIDTH:
        return ()
    for labels in ([f"{mark.name} {mark.date_text}" for mark in marks], [mark.name for mark in marks]):
        for gap in (_WIDE_GAP, _NARROW_GAP):
            placement = _longest_line(_scale(marks, is_open=not coming), labels, gap, width)
            if placement is not None:
                columns, length = placement
                length = columns[-1] + 1 if coming else length
                return _draw(_place(columns, labels, tones), length, is_open=not coming)
    return ()


def draw_one_line(
    past: Sequence[TimelineMark], today: TimelineMark, coming: Sequence[TimelineMark], width: int
) -> TimelineRow | None:
    """Return the events on one line, not to scale, or None if they do not fit.

    An example is ``●created 29 Nov ▼today ··o due 28 Jan``. Events on the same day share a date, after the last one.
    The arguments are the same as for `draw_timeline`.
    """
    pieces = []
    following = [*past[1:], today]
    for mark, next_mark in zip(past, following, strict=True):
        date_text = "" if mark.day == next_mark.day else f" {mark.date_text}"
        pieces.append(Piece(f"{_GLYPHS[Tone.PAST]}{mark.name}{date_text} ", Tone.PAST))
    pieces.append(Piece(f"{_GLYPHS[Tone.TODAY]}{today.name}", Tone.TODAY))
    for mark in coming:
        date_text = "" if mark.date_text == today.name else f" {mark.date_text}"
        pieces.append(Piece(f" ··{_GLYPHS[Tone.COMING]} {mark.name}{date_text}", Tone.COMING))
    return tuple(pieces) if sum(len(piece.text) for piece in pieces) <= width else None


def _scale(marks: Sequence[TimelineMark], *, is_open: bool) -> list[float]:
    """Return the position of each mark, from 0 to 1, followed by the end of the line if the line is open."""
    days = [mark.day.toordinal() for mark in marks]
    if is_open:
        days.append(days[-1] + (days[-1] - days[0]) // 2)
    span = max(days[-1] - days[0], 1)
    return [(day - days[0]) / span for day in days]


def _longest_line(
    scale: Sequence[float], labels: Sequence[str], gap: int, width: int
) -> tuple[list[int], int] | None:
    """Find the longest line on which all labels fit, and return the columns of its marks and its length, or None."""
    for length in range(width, gap * (len(scale) - 1), -1):
        columns = _columns(scale, gap, length)
        if all(_label_end(column, label) <= width for column, label in zip(columns, labels, strict=False)):
            return columns, length
    return None


def _columns(scale: Sequence[float], gap: int, length: int) -> list[int]:
    """Return the columns of the marks, as close to scale as the minimum gap allows."""
    columns: list[int] = []
    for position in scale:
        first = columns[-1] + gap if columns else 0
        columns.append(max(round(position * (length - 1)), first))
    last = length - 1
    for index in reversed(range(len(columns))):
        columns[index] = min(columns[index], last)
        last = columns[index] - gap
    return columns


def _place(columns: Sequence[int], labels: Sequence[str], tones: Sequence[Tone]) -> list[_PlacedMark]:
    """Return the marks with their labels. A label that would overlap labels to its right is placed below them."""
    placed: list[_PlacedMark] = []
    for column, label, tone in reversed(list(zip(columns, labels, tones, strict=False))):
        end = _label_end(column, label) + _LABEL_GAP
        row = max((other.row + 1 for other in placed if other.column < end), default=1)
        placed.insert(0, _PlacedMark(column, label, tone, row))
    return placed


def _label_end(column: int, label: str) -> int:
    """Return the column after a label."""
    return column + len(_HOOK) + len(label)


def _draw(marks: Sequence[_PlacedMark], length: int, *, is_open: bool) -> tuple[TimelineRow, ...]:
    today = next(mark.column for mark in marks if mark.tone is Tone.TODAY)
    cells = [("─", Tone.PAST) if column < today else ("·", Tone.COMING) for column in range(length)]
    if is_open:
        cells[-1] = (_OPEN_END, Tone.COMING)
    for mark in marks:
        cells[mark.column] = (_GLYPHS[mark.tone], mark.tone)
    depth = max(mark.row for mark in marks)
    return (_row(cells), *(_row(_label_cells(marks, row)) for row in range(1, depth + 1)))


def _label_cells(marks: Sequence[_PlacedMark], row: int) -> list[tuple[str, Tone]]:
    """Return the cells of a row below the line: its labels, and the strokes to labels in lower rows."""
    texts = {mark: _HOOK + mark.label if mark.row == row else "│" for mark in marks if mark.row >= row}
    cells = [(" ", Tone.PAST)] * max(mark.column + len(text) for mark, text in texts.items())
    for mark, text in texts.items():
        cells[mark.column : mark.column + len(text)] = [(character, mark.tone) for character in text]
    return cells


def _row(cells: Sequence[tuple[str, Tone]]) -> TimelineRow:
    return tuple(
        Piece("".join(character for character, _ in run), tone)
        for tone, run in groupby(cells, key=lambda cell: cell[1])
    )


MONTH_COUNT: Final = 12
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
    """The numbers of certificates that become due and that expire, by month (UTC).

    Attributes:
        total: The number of certificates.
        overdue: The number of certificates that are due but not expired, and the number of expired ones.
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
        filter_word: The word of a `Query` that selects the pairs of the row, or "" if there are none.
    """

    text: str
    bar: str
    kind: ChartRowKind
    filter_word: str = ""


def count_by_month(summaries: Iterable[PairSummary], now: datetime) -> MonthlyCounts:
    """Return the number of certificates that become due, and that expire, in each month (UTC).

    `summaries` are the pairs in use that have a certificate.
    """
    present = now.year * 12 + now.month - 1
    due: Counter[int] = Counter()
    expiring: Counter[int] = Counter()
    total = 0
    for summary in summaries:
        total += 1
        for period, counter in zip(deadlines(summary, now), (due, expiring), strict=True):
            if period is not None:
                counter[OVERDUE if period == OVERDUE else min(period - present, MONTH_COUNT)] += 1
    overdue, *months, later = [
        PeriodCounts(due[period], expiring[period]) for period in (OVERDUE, *range(MONTH_COUNT + 1))
    ]
    return MonthlyCounts(total, overdue, tuple(months), later, (now.year, now.month))


def chart_rows(counts: MonthlyCounts, width: int) -> tuple[list[ChartRow], int]:
    """Return the rows of the chart, and the number of certificates that one dot of a bar represents.

    If the numbers need the whole width, the bars are empty.
    """
    year, month = counts.first
    months = [divmod(year * 12 + month - 1 + offset, 12) for offset in range(MONTH_COUNT)]
    labels = ["overdue", *(f"{MONTHS[number]} {year}" for year, number in months), "later"]
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
    """Return the smallest number of certificates per dot (1, 2, 5, 10, 20, 50 …) at which the longest bar fits."""
    size = 1
    while bar_width > 0:
        for step in _STEPS:
            if longest <= step * size * bar_width:
                return step * size
        size *= 10
    return 1
