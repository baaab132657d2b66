"""Keys from the configuration are assigned to the named command, or refused with a reason."""

from __future__ import annotations

import re
from string import ascii_lowercase
from typing import TYPE_CHECKING

import pytest
from screens_user import at_screens, session_on
from tables import table
from textual.binding import Binding
from textual.containers import ScrollableContainer
from textual.widget import Widget

from csrtui.core.base.errors import InputError
from csrtui.core.config.settings import Config, ScreenSettings
from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session
from csrtui.tui.app import CsrtuiApp
from csrtui.tui.commands import COMMANDS, WIDGET_ACTIONS, Scope
from csrtui.tui.user_keymap import FIELD_KEYS, LIST_KEYS, RESERVED_KEYS, apply_keys
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.text_block import TextView
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from pathlib import Path


def keys_of(action: str, keys: dict[str, str]) -> str:
    return next(command.keys for command in apply_keys(keys) if command.action == action)


def test_without_settings_every_command_keeps_its_keys() -> None:
    assert apply_keys({}) == COMMANDS


@table("action", [command.action for command in COMMANDS if command.action not in WIDGET_ACTIONS])
def test_every_command_can_be_given_a_free_key(action: str) -> None:
    assert keys_of(action, {action: "f12"}) == "f12"


def test_a_command_can_have_several_keys() -> None:
    assert keys_of("fix", {"fix": "ctrl+t , f8"}) == "ctrl+t,f8"


@table(
    ("written", "key"),
    [
        ("F12", "f12"),
        ("Ctrl+T", "ctrl+t"),
        ("Esc", "escape"),
        ("q,Backspace", "q,backspace"),
        ("K", "K"),
    ],
)
def test_a_key_can_be_written_as_on_the_screens(written: str, key: str) -> None:
    assert keys_of("back", {"back": written}) == key


def test_a_punctuation_key_can_be_written_as_its_character() -> None:
    assert keys_of("filter", {"filter": "/"}) == "slash"
    assert keys_of("next_step", {"next_step": "."}) == "full_stop"


@table(
    ("keys", "message"),
    [
        ({"nothing": "f8"}, "'nothing' is not a command"),
        ({"undo": "f8"}, "'undo' is not a command whose key can be changed"),
        ({"fix": "ctrl+i"}, "cannot distinguish ctrl+i from Tab"),
        ({"fix": "ctrl+m"}, "cannot distinguish ctrl+m from Enter"),
        ({"fix": "ctrl+h"}, "cannot distinguish ctrl+h from Backspace"),
        ({"fix": "ctrl+enter"}, "not every terminal sends the key 'ctrl+enter'"),
        ({"fix": "hyper+x"}, "not every terminal sends the key 'hyper+x'"),
        ({"fix": ""}, "not every terminal sends the key ''"),
        ({"fix": "\x1b[31m"}, r"not every terminal sends the key '\\x1b[31m'"),
        ({"fix": "ctrl+g"}, "generate and fix both have the key ctrl+g"),
        ({"fix": "ctrl+q"}, "fix and leave both have the key ctrl+q"),
        ({"sort": "f2"}, "sort and switch_pane both have the key f2"),
        ({"fetch_csrs": "b"}, "back_up and fetch_csrs both have the key b"),
        ({"cover_twins": "q"}, "cover_twins and back both have the key q"),
    ],
)
def test_an_impossible_setting_is_refused_with_a_reason(keys: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        apply_keys(keys)
    assert message in caught.value.message
    assert caught.value.message.isprintable()
    assert caught.value.hint


def test_two_screens_can_use_the_same_key() -> None:
    assert keys_of("sort", {"sort": "v"}) == "v"  # v belongs to the screen of a pair
    assert keys_of("fetch_csrs", {"fetch_csrs": "x"}) == "x"  # x belongs to the keystore


TYPED = ("e", "E", "7", "space", "?", "/", ".")
IN_FIELDS = tuple(
    command.action
    for command in COMMANDS
    if command.scope in {Scope.ANYWHERE, Scope.PANES, Scope.REQUEST} and command.action not in WIDGET_ACTIONS
)


@table("action", IN_FIELDS)
@table("key", TYPED)
def test_commands_in_text_fields_cannot_have_a_printable_key(action: str, key: str) -> None:
    with pytest.raises(InputError, match="text fields need that character") as caught:
        apply_keys({action: key})
    assert action in caught.value.message
    assert caught.value.hint == "choose another key, such as f8, f11, f12 or ctrl+t"


@table(
    ("keys", "reason"),
    [
        *(
            ({"redraw": key}, "fields, lists and dialogs need it")
            for key in sorted(RESERVED_KEYS - {"space"})
        ),
        *(
            ({"generate": key}, "fields, lists and dialogs need it")
            for key in ("enter", "tab", "escape", "up")
        ),
        ({"make_on_hosts": "enter"}, "fields, lists and dialogs need it"),
        *(({"next_field": key}, "text fields handle it first") for key in sorted(FIELD_KEYS)),
        *(({"sort": key}, "lists and text views handle it first") for key in sorted(LIST_KEYS)),
        *(
            ({"view_csr": key}, "lists and text views handle it first")
            for key in ("enter", "j", "space", "G")
        ),
        *(({"sort": key}, "screens handle it first") for key in ("tab", "shift+tab", "escape", "?")),
        ({"next_field": "tab"}, "screens handle it first"),
    ],
)
def test_a_key_that_something_else_handles_first_is_refused_with_the_reason(
    keys: dict[str, str], reason: str
) -> None:
    with pytest.raises(InputError) as caught:
        apply_keys(keys)
    assert caught.value.message.endswith(f": {reason}")
    assert caught.value.hint


def test_the_default_keys_can_be_configured() -> None:
    written = {command.action: command.keys for command in COMMANDS if command.action not in WIDGET_ACTIONS}
    assert apply_keys(written) == COMMANDS


def keys_taken(widget: type[Widget]) -> set[str]:
    """Return the keys that a widget's own classes bind, of those that every terminal sends."""
    taken = set()
    for one in widget.__mro__[: widget.__mro__.index(ScrollableContainer if widget is TextField else Widget)]:
        for binding in one.__dict__.get("BINDINGS", ()):
            taken |= set(binding.key.split(",")) if isinstance(binding, Binding) else set()
    return {key for key in taken if len(key) == 1 or key in RESERVED_KEYS or re.fullmatch(r"ctrl\+\w+", key)}


def test_reserved_keys_are_those_of_the_widgets() -> None:
    assert keys_taken(LineList) == keys_taken(TextView) == LIST_KEYS
    of_terminals = keys_taken(TextField) - {"enter", "ctrl+left", "ctrl+right", "ctrl+backspace"}
    of_terminals -= {
        "ctrl+f"
    }  # Textual before 8.2.7 deletes a word with it, but the command "fix" comes first
    assert of_terminals | {"pageup", "pagedown"} == FIELD_KEYS


async def test_a_typed_passphrase_character_always_reaches_the_field(tmp_path: Path) -> None:
    taken = {key for command in COMMANDS for key in command.keys.split(",")} | LIST_KEYS
    free = min(set(ascii_lowercase) - taken)
    with pytest.raises(InputError):
        CsrtuiApp(Session(Keystore(f"{tmp_path}/store")), Config(keys={"redraw": free}))
    config = Config(keys={"sort": free, "redraw": "f12"})
    async with at_screens(session_on(tmp_path / "store"), config=config) as user:
        await user.press(*f"{free}.example.com")
        assert user.draft.common_name == f"{free}.example.com"


async def test_a_configured_key_works_and_the_default_one_does_not(tmp_path: object) -> None:
    app = CsrtuiApp(Session(Keystore(f"{tmp_path}/store")), Config(keys={"switch_pane": "f8"}))
    async with app.run_test() as pilot:
        await app.wait_until_ready()
        await pilot.press("f2")
        assert not app.main.has_class("-keystore")
        await pilot.press("f8")
        assert app.main.has_class("-keystore")
        assert "F8 Request" in "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_texts_name_the_configured_key(tmp_path: Path) -> None:
    config = Config(keys={"fix": "f8"})
    async with at_screens(session_on(tmp_path / "store"), config=config) as user:
        await user.paste("mydomain.com")
        await user.press("right")
        assert "F8  also cover www.mydomain.com" in user.screen_text
        await user.press("f8", "f2")
        assert user.draft.names == "www.mydomain.com"


def test_an_unknown_theme_is_refused(tmp_path: object) -> None:
    session = Session(Keystore(f"{tmp_path}/store"))
    with pytest.raises(InputError, match="unknown theme 'plaid'"):
        CsrtuiApp(session, Config(screens=ScreenSettings(theme="plaid")))
