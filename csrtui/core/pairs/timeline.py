"""Draw the life of a pair as a timeline of past events, today and coming events, each with a label.

::

    ●─●─●─●──────────────────────▼····················o······················o
    │ │ │ └ issued 14 Jul        └ today 24 Nov       └ renewal due 10 Dec   └ expires 30 Jan 27
    │ │ └ submitted 13 Jul
    │ └ backed up 13 Jul
    └ created 13 Jul

Past events are ``●`` on a solid line, today is ``▼``, and coming events are ``o`` on a dotted line, so the timeline is
readable without colour. Each label is to the right of its mark. It moves to a lower row if it would touch another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from itertools import groupby
from typing import Final

MIN_WIDTH: Final = 36
"""The minimum number of columns. Nothing is drawn in fewer columns."""
_WIDE_GAP, _NARROW_GAP = 2, 1
"""The minimum distance between marks, in columns."""
_LABEL_GAP: Final = 2
"""The minimum number of blank columns between a label and the next mark."""
_HOOK: Final = "└ "
_OPEN_END: Final = "…"


class Tone(Enum):
    """The meaning of a piece of the drawing. The glyphs show the meaning too."""

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
        date_text: The day as text. It is left out if there is not enough room.
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

    Args:
        past: The past events, oldest first. None of them is after today.
        today: The mark for today.
        coming: The coming events, earliest first. None of them is before today.
        width: The number of available columns.
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
    """Return the events on one line, not to scale, or None if they do not fit: ``●created 29 Nov ▼today ··o due 28 Jan``.

    Events on the same day share a date, which follows the last one. The arguments are those of `draw_timeline`.
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
    """Return the columns of the marks on the longest line on which all labels fit, and its length, or None."""
    for length in range(width, gap * (len(scale) - 1), -1):
        columns = _columns(scale, gap, length)
        if all(_label_end(column, label) <= width for column, label in zip(columns, labels, strict=False)):
            return columns, length
    return None


def _columns(scale: Sequence[float], gap: int, length: int) -> list[int]:
    """Return columns for the marks that are as close to scale as the minimum gap permits."""
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
    """Return the marks with their labels, each in the highest row in which it touches nothing to its right."""
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
