"""Only the cells that changed go to the terminal.

Textual 8.2.8 repaints whole pieces of lines, with the full colours and a reset for every segment: 166 bytes
for a character typed into an empty field, 9 kB for a screen. Over an SSH link of 4 kB/s that is felt. Here
what the terminal shows is remembered, and the difference is written with the fewest attributes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import get_character_cell_size
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import SGR_STYLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.color import ColorSystem
    from rich.style import Style
    from textual.strip import Strip

_BRIDGED_GAP: Final = 3  # so many unchanged cells are cheaper to write again than to jump over
_ERASED_AT_LEAST: Final = 4  # so many changed cells at a line's blank end are cheaper to erase
_SHOWN_ON_BLANK: Final = frozenset({"4", "7", "9", "21", "51", "52", "53"})  # attributes a blank shows
_CLEAR: Final = "\x1b[m\x1b[2J"


class Pen(NamedTuple):
    """How a cell is drawn, as the parameters of SGR (ECMA-48 8.3.117); empty is the terminal's own."""

    attributes: frozenset[str] = frozenset()
    foreground: str = ""
    background: str = ""


class Cell(NamedTuple):
    """One cell: its character (with what combines with it), or nothing behind a character of two cells."""

    text: str
    pen: Pen


_PLAIN: Final = Pen()
_BLANK: Final = Cell(" ", _PLAIN)


class Painter:
    """Knows what a terminal shows and writes what has to change.

    Args:
        colours: What the terminal can show.
    """

    def __init__(self, colours: ColorSystem) -> None:
        self._colours = colours
        self._lines: list[list[Cell]] = []
        self._size = (0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """The size in which the terminal was painted last, in (columns, rows); (0, 0) where that is unknown."""
        return self._size

    def forget(self) -> None:
        """Take it that the terminal may show anything: the next `paint` clears it first."""
        self._size = (0, 0)

    def paint(
        self, update: ChopsUpdate | LayoutUpdate, size: tuple[int, int], cursor: tuple[int, int]
    ) -> str:
        """What to write so that the terminal shows `update`.

        Args:
            update: Pieces of lines, or the whole screen, from Textual's compositor.
            size: The screen's, in (columns, rows).
            cursor: Where to leave the terminal's (hidden) cursor, in (column, row) from 0: an input
                method opens there.

        Returns:
            Text and control sequences; empty when nothing changes.
        """
        out = _Sequence()
        if size != self._size:
            columns, rows = self._size = size
            self._lines = [[_BLANK] * columns for _ in range(rows)]
            out.parts.append(_CLEAR)
        for row, column, strip in _pieces(update):
            if row < len(self._lines):
                self._paint_piece(out, row, column, _cells(strip, self._colours))
        return out.finish(cursor[1], cursor[0])

    def _paint_piece(self, out: _Sequence, row: int, column: int, cells: list[Cell]) -> None:
        shown = self._lines[row]
        del cells[max(0, len(shown) - column) :]
        changed = [index for index, cell in enumerate(cells, column) if shown[index] != cell]
        shown[column : column + len(cells)] = cells
        if not changed:
            return
        blank_from = _blank_end(shown)
        erased = [index for index in changed if index >= blank_from]
        if len(erased) >= _ERASED_AT_LEAST:
            del changed[-len(erased) :]
        for start, end in _runs(changed):
            for place, cell in enumerate(shown[start:end], start):
                if cell.text:  # else it is behind a character of two cells, just written
                    out.move(row, place)
                    out.put(cell)
        if len(erased) >= _ERASED_AT_LEAST:
            out.move(row, erased[0])
            out.erase_line_end()


class _Sequence:
    """The sequence written so far, and how it leaves the pen and the cursor."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._pen = _PLAIN
        self._at: tuple[int, int] | None = None  # (row, column); None when not certain

    def move(self, row: int, column: int) -> None:
        if self._at == (row, column):
            return
        if self._at is not None and self._at[0] == row and self._at[1] < column:
            distance = column - self._at[1]
            self.parts.append(f"\x1b[{distance if distance > 1 else ''}C")
        elif column:
            self.parts.append(f"\x1b[{row + 1};{column + 1}H")
        else:
            self.parts.append(f"\x1b[{row + 1 if row else ''}H")
        self._at = (row, column)

    def put(self, cell: Cell) -> None:
        if cell.text != " " or cell.pen != _pen_of_blank(self._pen):  # else the pen at hand draws the same
            self._take(cell.pen)
        self.parts.append(cell.text)
        if self._at is not None:
            # Terminals disagree on how wide some characters are: after one, the cursor is placed anew.
            certain = len(cell.text) == 1 and get_character_cell_size(cell.text) == 1
            self._at = (self._at[0], self._at[1] + 1) if certain else None

    def erase_line_end(self) -> None:
        if _pen_of_blank(self._pen) != _PLAIN:
            self._take(_PLAIN)
        self.parts.append("\x1b[K")

    def _take(self, pen: Pen) -> None:
        self.parts.append(_transition(self._pen, pen))
        self._pen = pen

    def finish(self, row: int, column: int) -> str:
        if not self.parts:
            return ""
        self._take(_PLAIN)
        self.move(row, column)
        return "".join(self.parts)


def _pieces(update: ChopsUpdate | LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """The (row, column, strip) that an update holds."""
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


def _runs(changed: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The (start, end) of runs of changed columns, gaps too short to jump over bridged."""
    start = end = -1
    for column in changed:
        if start < 0:
            start = column
        elif column - end > _BRIDGED_GAP:
            yield start, end
            start = column
        end = column + 1
    if start >= 0:
        yield start, end


def _blank_end(line: list[Cell]) -> int:
    """The column from which `line` is blank to its end."""
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
    elif cells:  # combines with the one before
        place = -1 if cells[-1].text or len(cells) == 1 else -2
        cells[place] = Cell(cells[place].text + character, cells[place].pen)


@lru_cache(1024)
def _pen(style: Style, colours: ColorSystem) -> Pen:
    # As textual.strip.Strip.render_ansi, taken apart; links (OSC 8) and what is clicked are not drawn.
    bits = style._attributes & style._set_attributes  # noqa: SLF001 - Rich has no public name for them
    foreground, background = style.color, style.bgcolor
    return Pen(
        frozenset(code for bit, code in enumerate(SGR_STYLES) if bits & (1 << bit)),
        "" if foreground is None else _no_default(foreground.downgrade(colours).get_ansi_codes()),
        ""
        if background is None
        else _no_default(background.downgrade(colours).get_ansi_codes(foreground=False)),
    )


def _no_default(codes: tuple[str, ...]) -> str:
    return "" if codes in {("39",), ("49",)} else ";".join(codes)


@lru_cache(1024)
def _pen_of_blank(pen: Pen) -> Pen:
    """Of `pen`, what can be seen of it on a blank."""
    seen = pen.attributes & _SHOWN_ON_BLANK
    return pen if seen else Pen(background=pen.background)


@lru_cache(4096)
def _transition(old: Pen, new: Pen) -> str:
    """The shortest SGR from one pen to another."""
    if old == new:
        return ""
    anew = [*sorted(new.attributes), *filter(None, (new.foreground, new.background))]
    reset = f"\x1b[{';'.join(['0', *anew]) if anew else ''}m"
    if not old.attributes <= new.attributes:
        return reset
    changes = sorted(new.attributes - old.attributes)
    if old.foreground != new.foreground:
        changes.append(new.foreground or "39")
    if old.background != new.background:
        changes.append(new.background or "49")
    added = f"\x1b[{';'.join(changes)}m"
    return min(reset, added, key=len)
