"""Keys from the configuration: given to the command named, or refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from screens_user import at_screens, session_on

from csrtui.core.config import Config, ScreenSettings
from csrtui.core.errors import InputError
from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session
from csrtui.tui.app import CsrtuiApp
from csrtui.tui.commands import COMMANDS, FIXED
from csrtui.tui.key_names import configured

if TYPE_CHECKING:
    from pathlib import Path


def keys_of(action: str, keys: dict[str, str]) -> str:
    return next(command.keys for command in configured(keys) if command.action == action)


def test_without_settings_every_command_keeps_its_keys() -> None:
    assert configured({}) == COMMANDS


@pytest.mark.parametrize("action", [command.action for command in COMMANDS if command.action not in FIXED])
def test_every_command_can_be_given_a_free_key(action: str) -> None:
    assert keys_of(action, {action: "f12"}) == "f12"


def test_several_keys_for_a_command() -> None:
    assert keys_of("fix", {"fix": "ctrl+t , f8"}) == "ctrl+t,f8"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("F12", "f12"),
        ("Ctrl+T", "ctrl+t"),
        ("Esc", "escape"),
        ("PgDn", "pagedown"),
        (".", "full_stop"),
        ("K", "K"),
    ],
)
def test_a_key_may_be_written_as_the_screens_show_it(written: str, key: str) -> None:
    assert keys_of("fix", {"fix": written}) == key


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"nothing": "f8"}, "'nothing', which is no command"),
        ({"undo": "f8"}, "'undo', which is no command whose key can be changed"),
        ({"fix": "ctrl+i"}, "cannot tell from Tab"),
        ({"fix": "ctrl+m"}, "cannot tell from Enter"),
        ({"fix": "ctrl+h"}, "cannot tell from Backspace"),
        ({"fix": "ctrl+enter"}, "'ctrl+enter', which not every terminal sends"),
        ({"fix": "hyper+x"}, "'hyper+x', which not every terminal sends"),
        ({"fix": ""}, "'', which not every terminal sends"),
        ({"fix": "\x1b[31m"}, r"'\\x1b[31m', which not every terminal sends"),
        ({"fix": "ctrl+g"}, "gives ctrl+g to both generate and fix"),
        ({"fix": "ctrl+q"}, "gives ctrl+q to both fix and leave"),
        ({"sort": "f2"}, "gives f2 to both switch_pane and sort"),
        ({"fetch_csrs": "b"}, "gives b to both back_up and fetch_csrs"),
        ({"cover_twins": "q"}, "gives q to both back and cover_twins"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_words(keys: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        configured(keys)
    assert said in caught.value.what
    assert caught.value.what.isprintable()
    assert caught.value.hint


def test_a_key_may_serve_two_places_that_never_meet() -> None:
    assert keys_of("sort", {"sort": "v"}) == "v"  # v is a pair's own screen's
    assert keys_of("fetch_csrs", {"fetch_csrs": "I"}) == "I"  # I is the keystore's


async def test_the_key_of_the_settings_works_and_the_old_one_does_not(tmp_path: object) -> None:
    app = CsrtuiApp(Session(Keystore(f"{tmp_path}/store")), Config(keys={"switch_pane": "f8"}))
    async with app.run_test() as pilot:
        await app.until_complete()
        await pilot.press("f2")
        assert not app.main.has_class("-keystore")
        await pilot.press("f8")
        assert app.main.has_class("-keystore")
        assert "F8 Request" in "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_what_names_a_key_names_the_one_of_the_settings(tmp_path: Path) -> None:
    config = Config(keys={"fix": "f8", "generate": "F7"})
    async with at_screens(session_on(tmp_path / "store"), config=config) as user:
        await user.paste("mydomain.com")
        await user.press("right")
        assert "F8  also cover www.mydomain.com" in user.screen_text
        await user.press("f8", "f2")
        assert user.draft.names == "www.mydomain.com"
        assert "then F7 makes one" in " ".join(user.screen_text.split())


def test_a_theme_that_there_is_not_is_refused(tmp_path: object) -> None:
    session = Session(Keystore(f"{tmp_path}/store"))
    with pytest.raises(InputError, match="'plaid', which there is not"):
        CsrtuiApp(session, Config(screens=ScreenSettings(theme="plaid")))
