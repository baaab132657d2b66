"""A passphrase leaves its field only as a Secret."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pty_session import PtySession
from rich.pretty import pretty_repr
from textual import events
from textual.selection import SELECT_ALL

from csrtui.core.base.secret import Secret
from csrtui.tui.crash_safe_app import SafeApp
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.message import Message
    from textual.widget import Widget

CANARY = "correcthorsebattery"
ROOT = Path(__file__).parents[2]


class OneSecret(SafeApp[None]):
    """An app with a secret field and another field, which records every message."""

    def __init__(self) -> None:
        super().__init__()
        self.field = SecretField("passphrase")
        self.copied: list[str] = []
        self.names: list[str] = []

    def compose(self) -> Iterator[Widget]:
        yield self.field
        yield TextField(id="other")

    def on_secret_field_changed(self, message: SecretField.Changed) -> None:
        assert message.field is self.field
        self.names.append("changed")

    def on_secret_field_submitted(self, message: SecretField.Submitted) -> None:
        assert message.field is self.field
        self.names.append("submitted")
        self.query_one("#other").focus()

    def on_text_field_pasted(self, message: TextField.Pasted) -> None:
        assert message.lines == ()
        self.names.append("pasted")

    def on_text_field_characters_removed(self, message: TextField.CharactersRemoved) -> None:
        assert message.characters == ()
        self.names.append("left out")

    def copy_to_clipboard(self, text: str) -> None:
        self.copied.append(text)


async def test_typed_text_is_returned_as_a_secret() -> None:
    app = OneSecret()
    async with app.run_test() as pilot:
        await pilot.press(*"abc", "enter")
        await pilot.pause()
        assert app.field.secret() == Secret("abc")
        assert app.names == ["changed", "changed", "changed", "submitted"]


async def test_a_secret_cannot_be_copied_cut_or_selected() -> None:
    app = OneSecret()
    async with app.run_test() as pilot:
        await pilot.press(*CANARY, "ctrl+shift+a", "ctrl+c", "ctrl+x", "shift+home", "ctrl+c", "ctrl+x")
        assert app.copied == []
        assert app.clipboard == ""
        assert app.field.secret() == Secret(CANARY)
        assert app.field.get_selection(SELECT_ALL) is None


async def test_no_other_copy_is_kept_for_undo() -> None:
    app = OneSecret()
    async with app.run_test() as pilot:
        await pilot.press(*"abc", "ctrl+u", "ctrl+z")
        assert app.field.secret() == Secret("")
        assert not app.field._history._undo


async def test_no_message_and_no_repr_contains_it() -> None:
    messages: list[Message] = []
    app = OneSecret()
    async with app.run_test(message_hook=messages.append) as pilot:
        app.field.post_message(events.Paste(CANARY))
        await pilot.press("enter", "shift+tab", "backspace")
        await pilot.pause()
        assert app.field.secret() == Secret(CANARY[:-1])
        said = [repr(vars_of(message)) for message in messages if not isinstance(message, events.Paste)]
        assert not [text for text in said if CANARY[:-1] in text]
        assert CANARY[:-1] not in repr(app.field) + str(app.field) + pretty_repr(app.field)


def vars_of(message: Message) -> list[object]:
    """Return the values of all attributes of a message."""
    slots = [name for kind in type(message).__mro__ for name in getattr(kind, "__slots__", ())]
    return [getattr(message, name, None) for name in [*slots, *getattr(message, "__dict__", {})]]


@pytest.mark.parametrize(
    ("text", "name"), [("one\ntwo", "pasted"), ("tab\there", "left out"), ("esc\x1b", "left out")]
)
async def test_a_paste_that_would_be_changed_is_refused(text: str, name: str) -> None:
    app = OneSecret()
    async with app.run_test() as pilot:
        app.field.post_message(events.Paste(text))
        await pilot.pause()
        assert app.names == [name]
        assert app.field.secret() == Secret("")


async def test_the_field_can_be_left() -> None:
    app = OneSecret()
    async with app.run_test() as pilot:
        await pilot.press("a", "tab")
        await pilot.pause()
        assert not app.field.has_focus
        assert app.query_one("#other").has_focus


def test_a_passphrase_typed_ahead_reaches_its_own_field() -> None:
    with PtySession(
        [sys.executable, __file__], env={"PYTHONPATH": f"{ROOT}:{ROOT}/tests/support"}
    ) as session:
        session.wait_for("passphrase")
        session.send("one\tother\x1b[Z" + CANARY + "\tmore")
        session.wait_for("othermore")
        assert session.text.splitlines()[0].rstrip("_") == "*" * len("one" + CANARY)


def test_text_typed_ahead_after_enter_reaches_the_next_field() -> None:
    with PtySession(
        [sys.executable, __file__], env={"PYTHONPATH": f"{ROOT}:{ROOT}/tests/support"}
    ) as session:
        session.wait_for("passphrase")
        session.send(CANARY + "\rmore")
        session.wait_for("\nmore")
        assert session.text.splitlines()[0].rstrip("_") == "*" * len(CANARY)


def test_a_terminal_shows_only_stars_and_nothing_can_be_copied() -> None:
    with PtySession(
        [sys.executable, __file__], env={"PYTHONPATH": f"{ROOT}:{ROOT}/tests/support"}
    ) as session:
        session.wait_for("passphrase")
        session.send(CANARY)
        session.wait_for("*" * len(CANARY))
        session.send("\x1b[1;2H\x03\x18")
        session.quiet()
        assert b"\x1b]52" not in session.raw
        assert CANARY.encode() not in session.raw


if __name__ == "__main__":
    OneSecret.copy_to_clipboard = SafeApp.copy_to_clipboard  # type: ignore[method-assign] # the real one
    OneSecret().run()
