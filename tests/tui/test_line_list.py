"""A list of lines: cursor, pages, marks, and changing rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pty_session import PtySession
from textual.content import Content

from csrtui.tui.crash_safe_app import SafeApp
from csrtui.tui.widgets.line_list import ItemRows, LineList

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from textual.widget import Widget

ROOT = Path(__file__).parents[2]
HEIGHT = 11  # a header and ten rows


class Names(ItemRows[str]):
    """Rows of names, with a count of how often a row is drawn."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names
        self.drawn = 0

    def header(self, width: int) -> str:
        return "Name".ljust(width)

    def row(self, index: int, width: int) -> str | Content:
        self.drawn += 1
        return Content(f"{self.names[index]:<40}").append(Content.styled("P-256", "bold")).truncate(width)

    def find(self, key: Hashable) -> int | None:
        return self.names.index(str(key)) if key in self.names else None


def names(count: int) -> Names:
    return Names([f"www{number}.example.com" for number in range(count)])


class OneList(SafeApp[None]):
    """An app with a list, and the messages that it posts."""

    CSS = f"LineList {{ height: {HEIGHT}; }}"

    def __init__(self, rows: Names, *, can_mark: bool = True) -> None:
        super().__init__()
        self.rows = rows
        self.list = LineList(rows, can_mark=can_mark)
        self.heard: list[tuple[str, object]] = []

    def compose(self) -> Iterator[Widget]:
        yield self.list

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        self.heard.append(("highlighted", message.index))

    def on_line_list_opened(self, message: LineList.Opened) -> None:
        self.heard.append(("opened", message.index))

    def on_line_list_marked(self) -> None:
        self.heard.append(("marked", self.list.marks))

    def lines(self) -> list[str]:
        return [self.list.render_line(y).text.rstrip() for y in range(HEIGHT)]


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        (["down", "j", "j", "up", "k"], 1),
        (["up"], 0),
        (["G"], 99),
        (["end", "down"], 99),
        (["end", "g"], 0),
        (["end", "home", "down"], 1),
        (["pagedown", "pagedown"], 18),
        (["pagedown", "pagedown", "pageup"], 9),
        (["end", "pagedown"], 99),
    ],
)
async def test_keys_move_the_cursor_and_it_stays_on_the_screen(keys: list[str], cursor: int) -> None:
    app = OneList(names(100))
    async with app.run_test() as pilot:
        await pilot.press(*keys)
        assert app.list.cursor == cursor
        [at_cursor] = [line for line in app.lines() if line.startswith(">")]
        assert f"www{cursor}.example.com" in at_cursor


async def test_only_a_list_that_gets_the_keys_has_the_mark_of_the_cursor() -> None:
    app = OneList(names(3))
    async with app.run_test() as pilot:
        app.screen.set_focus(None)
        await pilot.pause()
        assert [line[0] for line in app.lines()[1:4]] == [" ", " ", " "]
        app.list.can_focus = False
        assert [line[0] for line in app.lines()[1:4]] == [">", " ", " "], "another widget moves it"


async def test_moving_and_opening_are_posted() -> None:
    app = OneList(names(3))
    async with app.run_test() as pilot:
        await pilot.press("down", "up", "up", "end", "enter")
        await pilot.pause()
        assert app.heard == [("highlighted", 1), ("highlighted", 0), ("highlighted", 2), ("opened", 2)]


def keys_of(numbers: range) -> list[str]:
    return [f"www{number}.example.com" for number in numbers]


async def test_the_visible_keys_are_those_of_the_rows_on_the_screen() -> None:
    app = OneList(names(312))
    async with app.run_test() as pilot:
        assert app.list.visible_keys == keys_of(range(10))
        await pilot.press("end")
        assert app.list.visible_keys == keys_of(range(302, 312))
        app.list.set_rows(names(4))
        assert app.list.visible_keys == keys_of(range(4))
        app.list.set_rows(names(0))
        assert app.list.visible_keys == []


async def test_at_the_edge_the_view_moves_by_half_a_page() -> None:
    app = OneList(names(100))
    async with app.run_test() as pilot:
        await pilot.press(*["down"] * 10)
        assert app.list.visible_keys == keys_of(range(6, 16))
        await pilot.press(*["up"] * 6)
        assert app.list.cursor == 4
        assert app.list.visible_keys == keys_of(range(10))


async def test_new_rows_keep_cursor_and_marks_on_their_keys() -> None:
    app = OneList(names(20))
    async with app.run_test() as pilot:
        await pilot.press("down", "space", "down", "down")
        assert app.list.cursor == 4
        app.list.set_rows(Names(sorted(app.rows.names, reverse=True)))
        await pilot.pause()
        lines = app.lines()
        assert [line[2:20] for line in lines if line.startswith(">")] == ["www4.example.com  "]
        assert app.list.marks == {"www1.example.com"}
        app.list.set_rows(Names(["a", "b", "c"]))
        cursors = [app.list.cursor]
        app.list.set_rows(Names([]))
        cursors.append(app.list.cursor)
        assert cursors == [2, None]
        await pilot.press("enter", "space", "down", "end", "pageup")
        assert ("highlighted", None) in app.heard
        assert not [what for what, _ in app.heard if what == "opened"]
        app.list.set_rows(Names(["a"]))
        assert app.list.cursor == 0


async def test_marks_are_set_removed_and_shown() -> None:
    app = OneList(names(3))
    async with app.run_test() as pilot:
        await pilot.press("space", "space", "up", "space")
        await pilot.pause()
        told = [value for what, value in app.heard if what == "marked"]
        first, second = "www0.example.com", "www1.example.com"
        assert told == [{first}, {first, second}, {first}]
        assert [line[:2] for line in app.lines()[1:4]] == [" *", "  ", "> "]
        app.list.clear_marks()
        assert app.list.marks == frozenset()


async def test_without_marking_space_does_nothing() -> None:
    app = OneList(names(3), can_mark=False)
    async with app.run_test() as pilot:
        await pilot.press("space")
        assert app.list.marks == frozenset()
        assert app.list.cursor == 0


async def test_only_rows_on_the_screen_are_drawn() -> None:
    app = OneList(names(100_000))
    async with app.run_test() as pilot:
        await pilot.press("end")
        await pilot.pause()
        assert app.list.cursor == 99_999
        app.rows.drawn = 0
        await pilot.press("up")
        await pilot.pause()
        assert app.rows.drawn <= 2


async def test_a_small_terminal_still_shows_the_cursor() -> None:
    app = OneList(names(50))
    async with app.run_test(size=(40, 4)) as pilot:
        await pilot.press("end")
        await pilot.resize_terminal(40, 2)
        await pilot.pause()
        assert app.list.cursor == 49


def test_a_step_redraws_two_lines_and_is_visible_without_colour() -> None:
    path = f"{ROOT}:{ROOT}/tests/support"
    with PtySession([sys.executable, __file__], env={"PYTHONPATH": path, "NO_COLOR": "1"}) as session:
        session.wait_for("> www0")
        session.quiet()
        session.send("j")
        assert 0 < len(session.quiet(0.2)) <= 300
        row = session.screen.buffer[2]
        assert session.text.splitlines()[2].startswith("> www1.example.com")
        assert all(row[column].reverse for column in range(80))


if __name__ == "__main__":
    OneList(names(100_000)).run()
