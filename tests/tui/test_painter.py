"""The painter's output, drawn by a terminal, is the screen that Textual rendered, with few bytes."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pyte
from hypothesis import example, given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from screens_user import at_screens, session_on
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from csrtui.core.config.settings import Config, ScreenSettings
from csrtui.core.subject.fields import SubjectInput
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.app import CsrtuiApp
from csrtui.tui.patches.painter import Painter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

WIDTH, HEIGHT = 30, 3
STYLES = [
    "",
    "bold",
    "reverse",
    "red",
    "on blue",
    "bold underline green on white",
    "dim",
    "#ff8800 on #101010",
    "on #101010",
]

Line = list[tuple[str, str]]
"""Segments: text, and the name of its style."""

characters = st.sampled_from("ab  é─株\u0301")
texts = st.text(characters, max_size=6) | st.sampled_from([" " * 11, "the rest of a line"])
lines = st.lists(st.tuples(texts, st.sampled_from(STYLES)), max_size=4)
screens = st.lists(lines, min_size=HEIGHT, max_size=HEIGHT)


def strip_of(line: Line, width: int = WIDTH) -> Strip:
    segments = [Segment(text.lstrip("\u0301"), Style.parse(style)) for text, style in line]
    return Strip(segments).adjust_cell_length(width, Style())


def whole(screen: Iterable[Line]) -> LayoutUpdate:
    return LayoutUpdate([[strip_of(line)] for line in screen], Region(0, 0, WIDTH, HEIGHT))


def painter() -> Painter:
    return Painter(ColorSystem.TRUECOLOR)


def without_accents(text: str) -> str:
    """Return letters without accents, because pyte composes both into one character."""
    return unicodedata.normalize("NFD", text).replace("\u0301", "")


class Screen(pyte.Screen):
    """A screen of pyte that keeps no cell beyond its last column, from which deleting cells would bring it back."""

    def insert_characters(self, count: int | None = None) -> None:
        super().insert_characters(count)
        self.buffer[self.cursor.y].pop(self.columns, None)


class Terminal:
    """The cells that pyte draws from the bytes."""

    def __init__(self, columns: int = WIDTH, rows: int = HEIGHT) -> None:
        self.screen = Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._stream.feed("\x1b[?7l")  # no line wrap, as the driver sets it

    def draw(self, text: str) -> None:
        self._stream.feed(text)

    @property
    def cells(self) -> list[list[tuple[object, ...]]]:
        """Return the look of each cell. For a blank, only visible attributes count."""
        return self.cells_of(range(self.screen.lines))

    def cells_of(self, rows: Iterable[int]) -> list[list[tuple[object, ...]]]:
        """The cells of some rows."""
        lines = [self.screen.buffer[row] for row in rows]
        return [[self._look(line[column]) for column in range(self.screen.columns)] for line in lines]

    @staticmethod
    def _look(cell: pyte.screens.Char) -> tuple[object, ...]:
        if cell.data == " " and not (cell.reverse or cell.underscore):
            return (" ", cell.bg)
        return tuple(cell)


def drawn_by_textual(screen: list[Line]) -> list[list[tuple[object, ...]]]:
    """The cells of a screen as Textual itself draws it."""
    terminal = Terminal()
    terminal.draw(whole(screen).render_segments(Console(color_system="truecolor", force_terminal=True)))
    return terminal.cells


@given(st.lists(screens, min_size=2, max_size=4))
@example([[[], [], [(" " * 11, ""), (" " * 19, "reverse")]], [[], [], [(" " * 11, "reverse")]], [[], [], []]])
@example([[[], [], []], [[(" \u0301", "bold red")], [("a", "#ff8800 on #101010"), ("b", "on #101010")], []]])
def test_after_any_changes_the_terminal_shows_the_last_screen(history: list[list[Line]]) -> None:
    terminal, at_work = Terminal(), painter()
    for screen in history:
        terminal.draw(at_work.paint(whole(screen), (WIDTH, HEIGHT), (0, 0)))
    assert terminal.cells == drawn_by_textual(history[-1])


@given(screens)
def test_a_first_screen_shows_its_text(screen: list[Line]) -> None:
    terminal = Terminal()
    terminal.draw(painter().paint(whole(screen), (WIDTH, HEIGHT), (0, 0)))
    given_text = [strip_of(line).text for line in screen]
    assert [without_accents(line) for line in terminal.screen.display] == list(
        map(without_accents, given_text)
    )


@given(screens)
def test_the_same_screen_again_writes_nothing(screen: list[Line]) -> None:
    at_work = painter()
    at_work.paint(whole(screen), (WIDTH, HEIGHT), (0, 0))
    assert at_work.paint(whole(screen), (WIDTH, HEIGHT), (0, 0)) == ""


def test_a_piece_of_a_line_changes_only_its_cells() -> None:
    at_work = painter()
    at_work.paint(whole([[("abcdef", "")], [], []]), (WIDTH, HEIGHT), (0, 0))
    chops = [{0: None, 3: strip_of([("dXf", "")], 9)}, {}, {}]
    piece = ChopsUpdate(chops, [(0, 3, 12)], [[3, 12], [], []])
    assert at_work.paint(piece, (WIDTH, HEIGHT), (2, 0)) == "\x1b[1;5HX\x1b[1;3H"
    part = LayoutUpdate([[strip_of([("Y", "")], 1)]], Region(4, 1, 1, 1))
    assert at_work.paint(part, (WIDTH, HEIGHT), (2, 0)) == "\x1b[2;5HY\x1b[1;3H"


def test_blanks_inside_a_line_are_erased_together() -> None:
    at_work = painter()
    at_work.paint(whole([[("a" * 14 + "│", "")], [], []]), (WIDTH, HEIGHT), (0, 0))
    line = [("b" + " " * 12 + "c│", "")]
    assert at_work.paint(whole([line, [], []]), (WIDTH, HEIGHT), (0, 0)) == "\x1b[Hb\x1b[12X\x1b[12Cc\x1b[H"


def test_the_rest_of_a_line_moves_after_an_inserted_or_deleted_character() -> None:
    at_work = painter()
    before, after = [("ab", "bold"), ("cdefghijklmnop │", "")], [("abX", "bold"), ("cdefghijklmnop│", "")]
    at_work.paint(whole([before, [], []]), (WIDTH, HEIGHT), (0, 0))
    moved = at_work.paint(whole([after, [], []]), (WIDTH, HEIGHT), (0, 0))
    assert moved == "\x1b[1;3H\x1b[@\x1b[1mX\x1b[14C\x1b[P\x1b[m\x1b[H"
    moved_back = at_work.paint(whole([before, [], []]), (WIDTH, HEIGHT), (0, 0))
    assert moved_back == "\x1b[1;3H\x1b[P\x1b[14C │\x1b[H"


def test_forgotten_contents_are_cleared_and_drawn_again() -> None:
    at_work = painter()
    first = at_work.paint(whole([[("abc", "")], [], []]), (WIDTH, HEIGHT), (0, 0))
    at_work.forget()
    assert at_work.paint(whole([[("abc", "")], [], []]), (WIDTH, HEIGHT), (0, 0)) == first
    assert first.startswith("\x1b[m\x1b[2J")


def test_the_pen_is_reset_at_the_end_of_every_update() -> None:
    text = painter().paint(whole([[("abc", "bold red")], [], []]), (WIDTH, HEIGHT), (0, 0))
    assert re.findall(r"\x1b\[([0-9;]*)m", text)[-1] == ""


def test_after_a_wide_character_the_cursor_is_positioned_again() -> None:
    # A terminal that draws it one cell wide must not shift what follows.
    text = painter().paint(whole([[("株x", "")], [], []]), (WIDTH, HEIGHT), (0, 0))
    assert "株\x1b[1;3Hx" in text


KEYS = [
    *"wü.株.de", "tab", "down", "end", "backspace", "tab", "tab", "right", "f2", "down", "space", "space", "slash", *"b.", "enter", "escape", "s", "enter", "pagedown", "escape",
    "b", "tab", *"it", "escape", "escape", "question_mark", "pagedown", "escape",
]  # fmt: skip


async def test_a_terminal_shows_the_same_as_with_the_output_of_textual(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pyte does not know dim text, and nothing blinks in csrtui.
    monkeypatch.setitem(pyte.graphics.TEXT, 2, "+blink")
    session = session_on(tmp_path / "store")
    for name in ("a.example.com", "b.example.com"):
        create_pair(session, RequestSpec(names=(name,), subject=SubjectInput(organization="株式会社 Grün")))
    by_painter, by_textual = Terminal(80, 24), Terminal(80, 24)
    at_work = painter()
    real = CsrtuiApp._display

    def display(app: CsrtuiApp, screen: Any, update: Any) -> None:
        if isinstance(update, (ChopsUpdate, LayoutUpdate)) and not app._batch_count:
            for terminal in (by_painter, by_textual):
                terminal.screen.resize(app.size.height, app.size.width)
            by_painter.draw(at_work.paint(update, app.size, (0, 0)))
            app.console._color_system = ColorSystem.TRUECOLOR
            by_textual.draw(update.render_segments(app.console))
        real(app, screen, update)

    monkeypatch.setattr(CsrtuiApp, "_display", display)
    nord = Config(screens=ScreenSettings(theme="nord"))
    async with at_screens(session, draws=True, config=nord) as user:
        for number, key in enumerate(KEYS):
            if number == len(KEYS) // 2:
                await user.resize(120, 40)
            await user.press(key)
            rows = sorted(by_painter.screen.dirty | by_textual.screen.dirty)
            assert by_painter.cells_of(rows) == by_textual.cells_of(rows), f"after {KEYS[: number + 1]}"
            by_painter.screen.dirty.clear()
            by_textual.screen.dirty.clear()
        assert by_painter.cells == by_textual.cells
        assert user.screen_lines == [line.rstrip() for line in by_painter.screen.display]


def test_a_piece_for_an_earlier_larger_size_is_left_out() -> None:
    drawn, size = painter(), (WIDTH, HEIGHT)
    drawn.paint(whole([[("a", "")]] * HEIGHT), size, (0, 0))
    late = LayoutUpdate([[strip_of([("late", "")], 10)]], Region(WIDTH + 5, 0, 10, 1))
    drawn.paint(late, size, (0, 0))
    assert [len(line) for line in drawn._lines] == [WIDTH] * HEIGHT
