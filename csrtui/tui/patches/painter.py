"""A painter that sends only changed cells to the terminal.

Textual 8.2.8 repaints whole pieces of lines, with full colours and a reset for every segment: 166 bytes for a
character typed into an empty field, 9 kB for a screen. That is slow over an SSH link of 4 kB/s. The painter keeps a
copy of the terminal's contents and writes only the differences, with as few attributes as possible.

It can be deleted once Textual has such a renderer (``docs/upstream-reports.md``). `csrtui.tui.patches.drawing` names the
test.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import get_character_cell_size
from textual._compositor import ChopsUpdate, LayoutUpdate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.color import Color, ColorSystem
    from rich.style import Style
    from textual.strip import Strip

_BRIDGED_GAP: Final = 3  # rewriting up to this many unchanged cells is cheaper than moving the cursor
_MIN_ERASE: Final = 4  # erasing this many changed cells at a line's blank end is cheaper than writing blanks
_MIN_INNER_ERASE: Final = 10  # the same for blanks that are followed by a move of the cursor
_MAX_SHIFT: Final = 16  # longer than most words that are wrapped into the next line
_MIN_EQUAL: Final = 6  # so many equal cells are the same text at another column
_MIN_SAVED: Final = 8  # bytes of the sequence that moves the rest of a line, and of a move of the cursor
_MOVE_BYTES: Final = 5  # bytes of a move of the cursor to the next changed cells
_VISIBLE_ON_BLANK: Final = frozenset(
    {"4", "7", "9", "21", "51", "52", "53"}
)  # attributes that are visible on blanks too
_SGR_CODES: Final = {
    "bold": "1", "dim": "2", "italic": "3", "underline": "4", "blink": "5", "blink2": "6", "reverse": "7",
    "conceal": "8", "strike": "9", "underline2": "21", "frame": "51", "encircle": "52", "overline": "53",
}  # fmt: skip
"""The SGR code of each attribute of `rich.style.Style`."""
_CLEAR: Final = "\x1b[m\x1b[2J"


class Pen(NamedTuple):
    """The style of a cell, as SGR parameters (ECMA-48 8.3.117). An empty colour is the terminal's default."""

    attributes: frozenset[str] = frozenset()
    foreground: str = ""
    background: str = ""


class Cell(NamedTuple):
    """A cell. Its text is a character with combining characters, or "" for the second cell of a wide character."""

    text: str
    pen: Pen


_PLAIN: Final = Pen()
_BLANK: Final = Cell(" ", _PLAIN)


class Painter:
    """A model of the terminal's contents that returns the output for each change.

    Args:
        colours: The terminal's colour system.
    """

    def __init__(self, colours: ColorSystem) -> None:
        self._colours = colours
        self._lines: list[list[Cell]] = []
        self._size = (0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """The terminal's size at the last `paint`, as (columns, rows), or (0, 0) if unknown."""
        return self._size

    def forget(self) -> None:
        """Discard the known contents, so that the next `paint` clears the terminal first."""
        self._size = (0, 0)

    def paint(
        self, update: ChopsUpdate | LayoutUpdate, size: tuple[int, int], cursor: tuple[int, int]
    ) -> str:
        """Return the output that makes the terminal show `update`.

        Args:
            update: Pieces of lines, or the whole screen, from Textual's compositor.
            size: The size of the screen, as (columns, rows).
            cursor: The final position of the terminal's (hidden) cursor, as (column, row) from 0. Input methods open
                at that position.

        Returns:
            Text and control sequences, or "" if nothing changes.
        """
        out = _Sequence()
        if size != self._size:
            columns, rows = self._size = size
            self._lines = [[_BLANK] * columns for _ in range(rows)]
            out.parts.append(_CLEAR)
        previous: dict[int, list[Cell]] = {}
        for row, column, strip in _pieces(update):
            if row < len(self._lines):
                line = self._lines[row]
                previous.setdefault(row, line.copy())
                room = max(0, len(line) - column)  # none for a piece of an earlier, larger size
                cells = _cells(strip, self._colours)[:room]
                line[column : column + len(cells)] = cells
        for row, before in previous.items():
            if before != self._lines[row]:
                _paint_line(out, row, _shift(out, row, before, self._lines[row]), self._lines[row])
        return out.finish(cursor[1], cursor[0])


def _shift(out: _Sequence, row: int, before: list[Cell], line: list[Cell]) -> list[Cell]:
    """Insert or delete cells where the rest of the line only moves, as after a typed character.

    Return the resulting contents of the line.
    """
    while changes := _changes(before, line):
        first = changes[0]
        count = _shift_count(before[first:], line[first:])
        if count > 0:
            shifted = [*line[: first + count], *before[first:-count]]
        else:
            shifted = [*before[:first], *before[first - count :], *[_BLANK] * -count]
        if (
            not count
            or _cost(before, line) - _cost(shifted, line) - count < _MIN_SAVED
            or not all(map(_is_narrow, [*shifted[first:], *before[first:]]))
        ):
            break
        out.move(row, first)
        out.erase(f"\x1b[{abs(count) if abs(count) > 1 else ''}{'@' if count > 0 else 'P'}")
        for cell in line[first : first + max(count, 0)]:
            out.put(cell)
        before = shifted
    return before


def _shift_count(before: list[Cell], line: list[Cell]) -> int:
    """Return the number of cells by which the contents moved to the right, or to the left (negative)."""
    if _blank_end(before) == 0:
        return 0
    for count in range(1, _MAX_SHIFT + 1):
        if line[count : count + _MIN_EQUAL] == before[:_MIN_EQUAL]:
            return count
        if before[count : count + _MIN_EQUAL] == line[:_MIN_EQUAL]:
            return -count
    return 0


def _cost(before: list[Cell], line: list[Cell]) -> int:
    """Return the number of bytes that the changes of a line cost at least."""
    spans = list(_runs(_changes(before, line)))
    return sum(end - start + _MOVE_BYTES for start, end in spans)


def _paint_line(out: _Sequence, row: int, before: list[Cell], line: list[Cell]) -> None:
    """Write the cells of `line` that differ from `before`."""
    changes = _changes(before, line)
    blank_from = _blank_end(line)
    new_blanks = [index for index in changes if index >= blank_from]
    erase = len(new_blanks) >= _MIN_ERASE
    if erase:
        del changes[-len(new_blanks) :]
    for start, end, is_blank in _spans(line, changes):
        if is_blank:
            out.move(row, start)
            out.erase(f"\x1b[{end - start}X")
            continue
        for index, cell in enumerate(line[start:end], start):
            if cell.text:  # no text: the second cell of a wide character, which is already written
                out.move(row, index)
                out.put(cell)
    if erase:
        out.move(row, new_blanks[0])
        out.erase("\x1b[K")


def _changes(before: list[Cell], line: list[Cell]) -> list[int]:
    return [index for index, cell in enumerate(line) if before[index] != cell]


class _Sequence:
    """The output so far, and the pen and the cursor position after it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._pen = _PLAIN
        self._cursor: tuple[int, int] | None = None  # (row, column), or None if uncertain

    def move(self, row: int, column: int) -> None:
        if self._cursor == (row, column):
            return
        if self._cursor is not None and self._cursor[0] == row and self._cursor[1] < column:
            distance = column - self._cursor[1]
            self.parts.append(f"\x1b[{distance if distance > 1 else ''}C")
        elif column:
            self.parts.append(f"\x1b[{row + 1};{column + 1}H")
        else:
            self.parts.append(f"\x1b[{row + 1 if row else ''}H")
        self._cursor = (row, column)

    def put(self, cell: Cell) -> None:
        if cell.text != " " or cell.pen != _pen_of_blank(
            self._pen
        ):  # otherwise, the current pen draws the same blank
            self._set_pen(cell.pen)
        self.parts.append(cell.text)
        if self._cursor is not None:
            # Terminals disagree on the width of some characters, so the next move is absolute after such a character.
            self._cursor = (self._cursor[0], self._cursor[1] + 1) if _is_narrow(cell) else None

    def erase(self, sequence: str) -> None:
        """Add a sequence that erases cells, with the plain pen: on most terminals, the pen gives them its background."""
        if _pen_of_blank(self._pen) != _PLAIN:
            self._set_pen(_PLAIN)
        self.parts.append(sequence)

    def _set_pen(self, pen: Pen) -> None:
        self.parts.append(_transition(self._pen, pen))
        self._pen = pen

    def finish(self, row: int, column: int) -> str:
        if not self.parts:
            return ""
        self._set_pen(_PLAIN)
        self.move(row, column)
        return "".join(self.parts)


def _pieces(update: ChopsUpdate | LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield the (row, column, strip) of each piece of an update."""
    if isinstance(update, LayoutUpdate):
        for row, strips in enumerate(update.strips, update.region.y):
            column = update.region.x
            for strip in strips:
                yield row, column, strip
                column += strip.cell_length
        return
    for row, first, last in update.spans:
        for end, (column, piece) in zip(update.chop_ends[row], update.chops[row].items(), strict=False):
            if piece is not None and column <= last and end > first:
                yield row, column, piece if end <= last else piece.crop(0, last - column)


def _spans(line: list[Cell], changes: list[int]) -> Iterator[tuple[int, int, bool]]:
    """Yield the (start, end) of the spans to write, in order, and whether the terminal can erase the span instead."""
    rest: list[int] = []
    at = 0
    while at < len(changes):
        start = stop = changes[at]
        while stop < len(line) and line[stop] == _BLANK:
            stop += 1
        after = max(bisect_left(changes, stop, at), at + 1)
        if after - at >= _MIN_INNER_ERASE:
            yield from ((start, end, False) for start, end in _runs(rest))
            rest = []
            yield start, changes[after - 1] + 1, True
        else:
            rest += changes[at:after]
        at = after
    yield from ((start, end, False) for start, end in _runs(rest))


def _runs(columns: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of runs of ascending columns, joined across short gaps."""
    start = end = -1
    for column in columns:
        if start < 0:
            start = column
        elif column - end > _BRIDGED_GAP:
            yield start, end
            start = column
        end = column + 1
    if start >= 0:
        yield start, end


def _is_narrow(cell: Cell) -> bool:
    """Return whether every terminal shows the text of a cell in one cell."""
    return len(cell.text) == 1 and get_character_cell_size(cell.text) == 1


def _blank_end(line: list[Cell]) -> int:
    """Return the column from which `line` is blank to its end."""
    column = len(line)
    while column and line[column - 1] == _BLANK:
        column -= 1
    return column


def _cells(strip: Strip, colours: ColorSystem) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, _control in strip:
        pen = _PLAIN if style is None else _pen(style, colours)
        blank = Cell(" ", _pen_of_blank(pen))
        if text.isascii():
            cells += [blank if character == " " else Cell(character, pen) for character in text]
        else:
            for character in text:
                _add_character(cells, character, pen, blank)
    return cells


def _add_character(cells: list[Cell], character: str, pen: Pen, blank: Cell) -> None:
    width = get_character_cell_size(character)
    if character == " ":
        cells.append(blank)
    elif width:
        cells.append(Cell(character, pen))
        cells += [Cell("", pen)] * (width - 1)
    elif cells:  # it combines with the character before it
        index = -1 if cells[-1].text or len(cells) == 1 else -2
        base = cells[index]
        # The pen of a blank is simplified, but a mark above it has the colour of the text.
        cells[index] = Cell(base.text + character, pen if base.text == " " else base.pen)


@lru_cache(1024)
def _pen(style: Style, colours: ColorSystem) -> Pen:
    # The same codes as in textual.strip.Strip.render_ansi, but without links (OSC 8) and click metadata.
    return Pen(
        frozenset(code for name, code in _SGR_CODES.items() if getattr(style, name)),
        _colour(style.color, colours, foreground=True),
        _colour(style.bgcolor, colours, foreground=False),
    )


def _colour(colour: Color | None, colours: ColorSystem, *, foreground: bool) -> str:
    """Return the SGR parameters of a colour, or "" for the terminal's default."""
    codes = () if colour is None else colour.downgrade(colours).get_ansi_codes(foreground)
    return "" if codes in {("39",), ("49",)} else ";".join(codes)


@lru_cache(1024)
def _pen_of_blank(pen: Pen) -> Pen:
    """Return the simplest pen that looks like `pen` on a blank."""
    return pen if pen.attributes & _VISIBLE_ON_BLANK else Pen(background=pen.background)


@lru_cache(4096)
def _transition(old: Pen, new: Pen) -> str:
    """Return the shortest SGR sequence from one pen to another."""
    if old == new:
        return ""
    parameters = [*sorted(new.attributes), *filter(None, (new.foreground, new.background))]
    reset = f"\x1b[{';'.join(['0', *parameters]) if parameters else ''}m"
    if not old.attributes <= new.attributes:
        return reset
    changes = sorted(new.attributes - old.attributes)
    if old.foreground != new.foreground:
        changes.append(new.foreground or "39")
    if old.background != new.background:
        changes.append(new.background or "49")
    change = f"\x1b[{';'.join(changes)}m"
    return min(reset, change, key=len)
