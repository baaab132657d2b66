"""A text field: typing, undo, and pastes that lose nothing silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from csrtui.tui.crash_safe_app import SafeApp
from csrtui.tui.widgets.text_field import TextField, remove_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.message import Message
    from textual.widget import Widget


class OneField(SafeApp[None]):
    """An app with a field, and the messages that it posts."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.text = text
        self.heard: list[Message] = []
        self.copied: list[str] = []
        self.field: TextField

    def compose(self) -> Iterator[Widget]:
        self.field = TextField(self.text)
        yield self.field

    def on_text_field_pasted(self, message: TextField.Pasted) -> None:
        self.heard.append(message)

    def on_text_field_characters_removed(self, message: TextField.CharactersRemoved) -> None:
        self.heard.append(message)

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)


async def test_typing_is_undone_a_label_at_a_time_and_redone() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        await pilot.press(*"www.example.com")
        seen = []
        for _ in range(4):
            await pilot.press("ctrl+z")
            seen.append(app.field.value)
        assert seen == ["www.example.", "www.", "", ""]
        for _ in range(4):
            await pilot.press("ctrl+y")
        assert app.field.value == "www.example.com"
        assert app.field.cursor_position == len("www.example.com")


async def test_a_fix_is_undone_by_the_same_key_as_typing() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        await pilot.press(*"http://a")
        app.field.replace_text("a")
        await pilot.press("b")
        await pilot.press("ctrl+z")
        assert app.field.value == "a"
        await pilot.press("ctrl+z")
        assert app.field.value == "http://a"
        await pilot.press("ctrl+underscore")
        assert app.field.value == "http://"


async def test_deleting_is_one_step_and_ends_the_one_before() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        await pilot.press(*"abc", "backspace", "backspace", "x", "ctrl+z")
        assert app.field.value == "a"
        await pilot.press("ctrl+z")
        assert app.field.value == "abc"


async def test_typing_elsewhere_is_a_step_of_its_own() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        await pilot.press(*"bc", "home", "a", "ctrl+z")
        assert app.field.value == "bc"


async def test_typing_after_an_undo_ends_redo() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+z", "b", "ctrl+y")
        assert app.field.value == "b"


async def test_loaded_text_is_not_undone() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        await pilot.press("x")
        app.field.load_text("Example Ltd")
        await pilot.press("ctrl+z")
        assert app.field.value == "Example Ltd"
        app.field.value = "Another"
        await pilot.press("ctrl+z")
        assert app.field.value == "Another"


async def test_a_key_after_focus_does_not_replace_the_text() -> None:
    app = OneField("Example")
    async with app.run_test() as pilot:
        await pilot.press("!")
        assert app.field.value == "Example!"


@pytest.mark.parametrize("text", ["a.example\n", "\r\na.example\r\n", "a.example"])
async def test_a_single_line_is_pasted(text: str) -> None:
    app = OneField()
    async with app.run_test() as pilot:
        app.field.post_message(events.Paste(text))
        await pilot.pause()
        assert app.field.value == "a.example"
        assert app.heard == []
        await pilot.press("ctrl+z")
        assert app.field.value == ""


async def test_a_paste_that_is_longer_than_the_field_shows_its_end_at_once() -> None:
    app = OneField()
    async with app.run_test(size=(40, 5)) as pilot:
        app.field.post_message(events.Paste(f"/srv/{'backups/' * 12}the.end"))
        await pilot.pause()
        shown = app.field.render_line(0).text
        assert shown.rstrip().endswith("the.end")
        await pilot.press("end")
        assert app.field.render_line(0).text == shown, "the next key moves nothing"


async def test_the_cursor_in_a_long_text_is_visible_at_every_width() -> None:
    app = OneField("/srv/backups/" + "x" * 200)
    async with app.run_test(size=(40, 5)) as pilot:
        for width in (40, 60, 20):
            await pilot.resize_terminal(width, 5)
            await pilot.pause()
            assert app.field.scroll_offset.x <= app.field.cursor_position < app.field.scroll_offset.x + width


async def test_cells_of_a_spreadsheet_stay_apart() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        app.field.post_message(events.Paste("a.example\tb.example\tc.example\r\n"))
        await pilot.pause()
        assert app.field.value == "a.example b.example c.example"
        assert app.heard == []


async def test_several_pasted_lines_are_posted_and_not_inserted() -> None:
    app = OneField("old")
    async with app.run_test() as pilot:
        app.field.post_message(events.Paste("a.example\r b.example \n\nc.example"))
        await pilot.pause()
        [message] = app.heard
        assert isinstance(message, TextField.Pasted)
        assert message.lines == ("a.example", " b.example ", "c.example")
        assert message.field is app.field
        assert app.field.value == "old"


async def test_control_characters_are_removed_and_named() -> None:
    app = OneField()
    async with app.run_test() as pilot:
        app.field.post_message(events.Paste("a\x1b[31m\t\u202eb\udcff"))
        await pilot.pause()
        [message] = app.heard
        assert isinstance(message, TextField.CharactersRemoved)
        assert message.characters == ("\\x1b", "\\u202e", "\\udcff")
        assert app.field.value == "a[31m b"


async def test_cutting_nothing_leaves_the_clipboard_alone() -> None:
    app = OneField("abc")
    async with app.run_test() as pilot:
        await pilot.press("ctrl+x")
        assert app.copied == []
        await pilot.press("shift+home", "ctrl+x")
        assert app.copied == ["abc"]
        assert app.field.value == ""


async def test_an_unprintable_character_is_kept_and_has_its_own_cell() -> None:
    app = OneField("a\x07\u200bb")
    async with app.run_test() as pilot:
        assert app.field.render_line(0).text.startswith("a??b ")
        await pilot.press("left", "backspace", "backspace")
        assert app.field.value == "ab"


@given(st.text(st.characters(exclude_categories=())))
def test_every_character_of_a_paste_is_inserted_or_named(text: str) -> None:
    kept, left_out = remove_controls(text)
    assert len(kept) + len(left_out) == len(text)
    assert all(name.isprintable() for name in left_out)
    assert "\x1b" not in kept
    kept.encode()  # and no surrogate, which cannot be encoded
