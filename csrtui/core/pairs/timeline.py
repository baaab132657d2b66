"""The life of a pair drawn on a line: what happened, today, and what is to come, each with its words.

::

    ●─●─●─●──────────────────────▼····················o······················o
    │ │ │ └ issued 14 Jul        └ today 24 Nov       └ renewal due 10 Dec   └ expires 30 Jan 27
    │ │ └ submitted 13 Jul
    │ └ backed up 13 Jul
    └ created 13 Jul

What happened is ``●`` on a drawn line, today ``▼``, what is to come ``o`` on a dotted one, so that no colour is
needed. The words hang to the right of their mark; one that would meet another mark hangs a line deeper, so
that nothing ever crosses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from itertools import groupby
from typing import Final

MIN_WIDTH: Final = 36
"""With fewer columns nothing is drawn."""
_WIDE_GAP, _NARROW_GAP = 2, 1
"""Columns from mark to mark, at least."""
_APART: Final = 2
"""Blank columns between words and the next mark, at least."""
_HOOK: Final = "└ "
_OPEN_END: Final = "…"


class Tone(Enum):
    """What a piece of the drawing is about; the glyphs tell it too."""

    PAST = auto()
    TODAY = auto()
    COMING = auto()


_GLYPHS: Final = {Tone.PAST: "●", Tone.TODAY: "▼", Tone.COMING: "o"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on the line.

    Attributes:
        day: When; what happens on one day stands in the order it is given in.
        name: What, in one or two words; visible text.
        when: The day in words, left out where there is no room for it.
    """

    day: date
    name: str
    when: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a row, and what it is about."""

    text: str
    tone: Tone


Row = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mark in its column, with its words in a row under the line."""

    column: int
    words: str
    tone: Tone
    row: int

    @property
    def end(self) -> int:
        """The column after its words."""
        return _end(self.column, self.words)


def lay_out(past: Sequence[Mark], today: Mark, coming: Sequence[Mark], width: int) -> tuple[Row, ...]:
    """Return the drawing, the line first; nothing where there is no room for it.

    Args:
        past: What happened, oldest first, none later than today.
        today: Today.
        coming: What is to come, the next first, none before today.
        width: How many columns there are.
    """
    marks = [*past, today, *coming]
    tones = [Tone.PAST] * len(past) + [Tone.TODAY] + [Tone.COMING] * len(coming)
    if width < MIN_WIDTH:
        return ()
    for words in ([f"{mark.name} {mark.when}" for mark in marks], [mark.name for mark in marks]):
        for gap in (_WIDE_GAP, _NARROW_GAP):
            found = _longest(_scale(marks, is_open=not coming), words, gap, width)
            if found is not None:
                columns, length = found
                length = length if not coming else columns[-1] + 1
                return _draw(_placed(columns, words, tones), length, is_open=not coming)
    return ()


def _scale(marks: Sequence[Mark], *, is_open: bool) -> list[float]:
    """Where each mark is between the ends of the line, 0 and 1; with an open end another place, the end's."""
    days = [mark.day.toordinal() for mark in marks]
    if is_open:
        days.append(days[-1] + (days[-1] - days[0]) // 2)
    span = max(days[-1] - days[0], 1)
    return [(day - days[0]) / span for day in days]


def _longest(
    scale: Sequence[float], words: Sequence[str], gap: int, width: int
) -> tuple[list[int], int] | None:
    """The columns of the marks on the longest line whose words all fit, and its length; or None."""
    for length in range(width, gap * (len(scale) - 1), -1):
        columns = _columns(scale, gap, length)
        if all(_end(column, text) <= width for column, text in zip(columns, words, strict=False)):
            return columns, length
    return None


def _columns(scale: Sequence[float], gap: int, length: int) -> list[int]:
    """Columns as true to scale as can be with a gap between any two."""
    columns: list[int] = []
    for place in scale:
        least = columns[-1] + gap if columns else 0
        columns.append(max(round(place * (length - 1)), least))
    most = length - 1
    for at in reversed(range(len(columns))):
        columns[at] = min(columns[at], most)
        most = columns[at] - gap
    return columns


def _placed(columns: Sequence[int], words: Sequence[str], tones: Sequence[Tone]) -> list[_Placed]:
    """The marks with rows for their words: each as high as it can be without meeting a mark to its right."""
    placed: list[_Placed] = []
    for column, text, tone in reversed(list(zip(columns, words, tones, strict=False))):
        reach = _end(column, text) + _APART
        row = max((other.row + 1 for other in placed if other.column < reach), default=1)
        placed.insert(0, _Placed(column, text, tone, row))
    return placed


def _end(column: int, words: str) -> int:
    return column + len(_HOOK) + len(words)


def _draw(marks: Sequence[_Placed], length: int, *, is_open: bool) -> tuple[Row, ...]:
    today = next(mark.column for mark in marks if mark.tone is Tone.TODAY)
    cells = [("─", Tone.PAST) if column < today else ("·", Tone.COMING) for column in range(length)]
    if is_open:
        cells[-1] = (_OPEN_END, Tone.COMING)
    for mark in marks:
        cells[mark.column] = (_GLYPHS[mark.tone], mark.tone)
    depth = max(mark.row for mark in marks)
    return (_row(cells), *(_row(_hanging(marks, row)) for row in range(1, depth + 1)))


def _hanging(marks: Sequence[_Placed], row: int) -> list[tuple[str, Tone]]:
    """The cells of a row under the line: the words that hang in it, and the strokes to those below."""
    reached = [mark for mark in marks if mark.row >= row]
    width = max(mark.end if mark.row == row else mark.column + 1 for mark in reached)
    cells = [(" ", Tone.PAST)] * width
    for mark in reached:
        text = _HOOK + mark.words if mark.row == row else "│"
        cells[mark.column : mark.column + len(text)] = [(character, mark.tone) for character in text]
    return cells


def _row(cells: Sequence[tuple[str, Tone]]) -> Row:
    return tuple(
        Piece("".join(character for character, _ in run), tone)
        for tone, run in groupby(cells, key=lambda cell: cell[1])
    )
