"""The list of commands is the only source of the help, the bar and the bindings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from exports_made import issue
from hands_at_app import AtTheApp
from screens_user import at_screens, session_on
from tables import table

from csrtui.core.base.finding import FieldName
from csrtui.core.pairs.pair import NextStep
from csrtui.fleet.tui.fleet_screen import FleetScreen
from csrtui.fleet.tui.plan import FleetPlanScreen
from csrtui.fleet.tui.request import FleetRequestScreen
from csrtui.tasks.new import create_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.app import CsrtuiApp
from csrtui.tui.commands import COMMANDS, PLACES, WIDGET_ACTIONS, Scope, bar, scopes_at, search
from csrtui.tui.modals.choices_and_palette import PaletteModal
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.screens.doctor import DoctorScreen
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.months import MonthsScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.screens.text_pages import CsrScreen, HelpScreen

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.tui.commands import Command

SENT_BY_NO_TERMINAL = re.compile(r"ctrl\+(i|m|h|enter|j)\b|shift\+enter|alt\+|super\+")


def test_the_help_of_the_next_step_names_each_step() -> None:
    (command,) = (command for command in COMMANDS if command.action == "next_step")
    for step, name in NEXT_STEPS.items():
        assert step is NextStep.NONE or name in command.help, name


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (30, 10)])
async def test_help_lists_every_command(tmp_path: Path, size: tuple[int, int]) -> None:
    async with at_screens(session_on(tmp_path / "store"), size) as user:
        await user.press("f1")
        said = " ".join(user.read_text.split())
        for command in COMMANDS:
            if command.scope in CsrtuiApp.OTHER_SCOPES:
                assert command.help not in said, "it needs other hosts"
                continue
            assert command.help in said or size[0] < 80
            assert command.shown_key in said
        for line in user.read_text.splitlines():
            keys, _, rest = line[3:].partition("  ") if line.startswith("   ") else ("", "", "")
            assert not keys.strip() or rest.strip() or size[0] < 80, "keys and help stand apart"
        await user.press("f1")
        assert user.focused_id == "common_name"


@table(
    "screen",
    [
        CsrtuiApp,
        MainScreen,
        PairScreen,
        DoctorScreen,
        MonthsScreen,
        FleetScreen,
        FleetPlanScreen,
    ],
)
def test_every_binding_belongs_to_a_command(screen: type[CsrtuiApp]) -> None:
    keys = {command.action: command.keys for command in COMMANDS}
    for binding in screen.BINDINGS:
        action = getattr(binding, "action", "").removeprefix("app.")
        assert action in keys
        assert getattr(binding, "key", "") in {keys[action], "question_mark"}


def test_every_command_has_an_action_where_it_works() -> None:
    homes = {
        Scope.ANYWHERE: (CsrtuiApp,),
        Scope.PANES: (MainScreen,),
        Scope.REQUEST: (MainScreen, FleetRequestScreen),
        Scope.KEYSTORE: (MainScreen,),
        Scope.PAIRS: (MainScreen, PairScreen),
        Scope.PAIR: (PairScreen,),
        Scope.PAGES: (PairScreen, CsrScreen, DoctorScreen, MonthsScreen, FleetPlanScreen),
        Scope.DOCTOR: (DoctorScreen,),
        Scope.MONTHS: (MonthsScreen,),
        Scope.LISTS: (MainScreen, FleetScreen),
        Scope.STEPS: (MainScreen, PairScreen, FleetScreen),
        Scope.FLEET: (FleetScreen,),
        Scope.PLAN: (FleetPlanScreen,),
    }
    for command in COMMANDS:
        if command.action not in WIDGET_ACTIONS:
            assert all(hasattr(home, f"action_{command.action}") for home in homes[command.scope]), command


def test_keys_can_be_sent_by_every_terminal_and_are_unique() -> None:
    for command in COMMANDS:
        assert not SENT_BY_NO_TERMINAL.search(command.keys), command
        assert command.help.endswith(".")
    for place in Scope:
        keys = [
            key
            for command in COMMANDS
            if command.scope in {place, Scope.ANYWHERE}
            for key in command.keys.split(",")
        ]
        assert len(keys) == len(set(keys)), place


def test_every_command_belongs_to_a_place_and_is_found_by_its_label() -> None:
    placed = {scope for scopes in PLACES.values() for scope in scopes} | {Scope.ANYWHERE}
    assert {command.scope for command in COMMANDS} <= placed
    for command in COMMANDS:
        assert command in search(COMMANDS, command.label.upper())
    assert search(COMMANDS, "no such command") == []
    assert search(COMMANDS, "back up")[0].action == "back_up"


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("history", "history"),
        ("log", "open_pair"),
        ("delete", "retire"),
        ("remove", "retire"),
        ("rename", "key_options"),
        ("copy", "copy"),
        ("password", "back_up"),
        ("export", "install"),
        ("csr", "view_csr"),
        ("expiry", "months"),
        ("settings", "profiles"),
        ("preferences", "help"),
        ("exit", "leave"),
        ("undo", "undo"),
        ("web server", "guide"),
        ("pfx", "install"),
        ("p12", "install"),
        ("crt", "import"),
        ("p7b", "import"),
        ("der", "import"),
        ("pem", "view_csr"),
        ("certbot", "submit"),
        ("letsencrypt", "submit"),
        ("Let's Encrypt", "submit"),
        ("let’s encrypt", "submit"),
    ],
)
def test_ordinary_words_find_a_command(words: str, action: str) -> None:
    assert search(COMMANDS, words)[0].action == action


WAYS = {
    Scope.REQUEST: (),
    Scope.KEYSTORE: ("f2",),
    Scope.PAIR: ("f2", "enter"),
    Scope.DOCTOR: ("f2", "D"),
    Scope.MONTHS: ("f2", "m"),
}


async def test_each_command_of_a_place_is_in_its_palette_and_first_in_its_help(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        for place, keys in WAYS.items():
            await user.press(*keys, "ctrl+p")
            assert isinstance(user.app.screen, PaletteModal), place
            offered = user.app.screen._commands
            here = [command for command in COMMANDS if command.scope in scopes_at(place)]
            assert list(offered[: len(here)]) == here, place
            of_both_panes = scopes_at(place, Scope.REQUEST, Scope.KEYSTORE) | {Scope.ANYWHERE}
            assert {command for command in COMMANDS if command.scope in of_both_panes} == set(offered), place
            await user.press("escape", "f1")
            top = user.read_text.partition(" Anywhere\n")[0]
            assert top.startswith(" This screen\n"), place
            assert [command for command in here if command.shown_keys not in top] == [], place
            await user.press("f1", "ctrl+p", *"xyzzy")
            assert 'Nothing matches "xyzzy".' in user.screen_text, place
            await AtTheApp(user).back()


@pytest.mark.parametrize(
    ("keys", "words", "effect"),
    [
        ((), "sort", "sorted: "),
        (("f2", "enter"), "retired", "retired pairs are shown"),
        (("f2",), "next advice", ""),
        (("x", "f1"), "redraw", ""),
    ],
)
async def test_a_command_of_the_palette_is_run_where_it_works(
    tmp_path: Path, keys: tuple[str, ...], words: str, effect: str
) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        await user.press(*keys, "ctrl+p", *("space" if letter == " " else letter for letter in words))
        await user.press("enter")
        await user.until(lambda: len(user.app.screen_stack) == 1, "the main screen")
        await user.until(lambda: effect in user.message, "the effect")
        assert user.main.place is (Scope.KEYSTORE if effect else Scope.REQUEST)


async def test_the_palette_shows_the_whole_help_of_the_selected_command(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("ctrl+p", *"stolen")
        await user.until(lambda: "remove its folder." in user.screen_text, "the end of the help")
        await user.press("escape", "ctrl+p")
        await user.paste("configuration file")
        await user.until(lambda: "shows the configuration file." in user.screen_text, "settings")


async def test_the_palette_can_mark_the_selected_pair_and_ctrl_p_closes_it(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        await user.press("f2", "ctrl+p", *"unmark", "tab", "down", "pagedown", "pageup", "enter")
        await user.until(lambda: user.keystore.pairs.marks, "a mark")
        await user.press("ctrl+p", "ctrl+p")
        assert user.app.screen is user.main
        await user.press("ctrl+q", "ctrl+p")
        assert user.app._exit or user.question


async def test_help_is_searched_by_typing(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        assert "Esc Back" not in user.screen_text
        await user.press("f1")
        assert "Esc Back" in user.screen_text
        await user.press(*"restore a pair")
        assert "Esc Clear search" in user.screen_text
        assert "Restore a pair from its backup." in user.read_text
        assert "Draw the screen again." not in user.read_text
        await user.press(*"zzz")
        assert 'Nothing matches "restore a pairzzz"' in user.read_text
        await user.press("escape")
        assert "Draw the screen again." in user.read_text
        await user.resize(40, 12)
        assert "\n   ctrl+l  Redraw: Draw the screen\n           again." in user.read_text
        assert "\n   ctrl+z, ctrl+_\n           Undo" in user.read_text, "a long key is above its text"
        await user.press("pagedown", "down", "up", "pageup", "tab", "escape")
        assert user.app.screen is user.main


async def test_the_help_of_a_dialog_begins_with_its_own_keys(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2", "r", "f1")
        top = user.read_text.partition(" Anywhere\n")[0]
        assert "Esc" in top
        assert "Focus Next" not in top
        await user.press("escape", "escape", "a", "f1")
        assert "   Enter              Search" in user.read_text
        await user.press("f1", *"typed", "ctrl+q")
        assert user.question.startswith("Quit csrtui?")
        await user.press("f1")
        assert "Answer" in user.read_text.partition(" Anywhere\n")[0]


async def test_ctrl_c_says_how_to_quit(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("ctrl+c")
        assert user.message == "ctrl+q quits csrtui."
        await user.press("f2", "r", "ctrl+c")
        [notification] = user.app._notifications
        assert notification.message == "ctrl+q quits csrtui.", "a dialog has no line for messages"


async def test_an_empty_keystore_offers_new_adopt_and_restore(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f2")
        for key, label in (("n", "New"), ("a", "Adopt"), ("r", "Restore")):
            assert f"{key}  {label}" in user.screen_text
            assert f"{key} {label}" in user.bar
        assert "Filter" not in user.bar
        await user.press("n")
        assert user.main.place is Scope.REQUEST


async def test_the_bar_shows_the_next_step_first_and_only_possible_commands(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    pair = create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session, (120, 24)) as user:
        assert "ctrl+f" not in user.bar
        await user.press(*"mydomain.com")
        await user.until(lambda: "ctrl+f Fix" in user.bar, "the fix")
        await user.press("f2")
        await user.until_pairs("a.example.com")
        assert user.bar.lstrip().startswith(". Back up")
        assert user.bar.count("Back up") == 1
        await user.press("t", "tab", "enter", "T")
        await user.until(lambda: "Back up" not in user.bar, f"no next step of {pair.name}")
        assert "Nothing" not in user.bar
        assert "Submit" not in user.bar


def seen(user: User) -> object:
    """Return everything that a command can change."""
    return (
        user.app.screen,
        user.focused_id,
        user.draft,
        user.message,
        user.keystore._pair_order,
        len(user.pairs),
        len(user.keystore.pairs.marks),
        user.app._exit,
    )


@pytest.mark.parametrize("where", [Scope.REQUEST, Scope.KEYSTORE, Scope.PAIR], ids=lambda scope: scope.name)
async def test_a_command_works_where_the_bar_shows_it(tmp_path: Path, where: Scope) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    of_issued = {"install", "renew"}
    commands = [one for one in bar(where) if one.action not in {"back_up", "next_advice", "verify"}]
    commands.sort(key=lambda one: one.action == "leave")
    async with at_screens(session, (260, 24)) as user:
        for command in commands:
            if command.action not in of_issued:
                await assert_works(user, where, command)
    issue(session, "a.example.com")
    async with at_screens(session, (260, 24)) as user:
        for command in commands:
            if command.action in of_issued:
                await assert_works(user, where, command)


async def assert_works(user: User, where: Scope, command: Command) -> None:
    """Assert that the bar shows a command, and that its key has an effect."""
    await AtTheApp(user).back()
    await user.press(*WAYS[where])
    if command.action == "fix":
        await user.go_to(FieldName.COMMON_NAME)
        await user.paste("mydomain.com")
        await user.until(lambda: "Fix" in user.bar, "the advice")
    assert f"{command.shown_key} " in user.bar, command.action
    before = seen(user)
    await user.press(command.keys.split(",")[0])
    await user.until(lambda: seen(user) != before, f"the effect of {command.action}")


async def test_a_narrow_bar_drops_the_key_of_the_other_pane_last_and_help_before_it(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        for help_key, other in (("F1 Help", "F2 Keystore"), ("? All keys", "F2 Request")):
            for width in range(20, 120, 10):
                await user.resize(width, 24)
                assert other in user.screen_lines[-1]
                assert help_key in user.screen_lines[-1] or width < 30
                assert "Generate" in user.bar or other != "F2 Keystore" or width < 40
                assert len(user.bar.rstrip()) <= width
            await user.press("f2")


async def test_the_bars_at_80_columns_show_the_most_needed_commands_first(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    issue(session, create_pair(session, RequestSpec(names=("a.example.com",))).name)
    async with at_screens(session) as user:
        await user.press("f2")
        assert user.bar.split("  ") == [
            " . Back up", "Enter Open", "/ Filter", "Space Mark", "i Import", "F2 Request", "? All keys", ""
        ]  # fmt: skip
        await user.press("space")
        assert user.bar.startswith(" b Back up marked  V Verify marked  . Back up")
        await user.press("space", "enter")
        assert user.bar.split("  ") == [
            " . Back up", "v CSR", "i Import", "I Install", "w Renew", "t Retire", "Esc Back", "? All keys", ""
        ]  # fmt: skip


@pytest.mark.parametrize("key", ["ctrl+q", "f10"])
async def test_leaving_asks_once_when_names_were_typed(tmp_path: Path, key: str) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("a", key)
        assert "Quit csrtui?" in user.question
        assert user.answer is False
        await user.press("enter")
        assert user.app.is_running
        assert user.draft.common_name == "a"
        await user.press(key, "escape")
        assert user.draft.common_name == "a"
        await user.press(key, "tab", "enter")
        assert user.app._exit
        assert user.app.exit_status == 0


async def test_leaving_an_empty_form_does_not_ask(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press("f10")
        assert user.app._exit


async def test_leaving_asks_from_a_pair_and_from_help_too(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        await user.press("x", "f2", "enter", "ctrl+q")
        assert "Quit csrtui?" in user.question
        await user.press("enter")
        assert isinstance(user.app.screen, PairScreen)
        await user.press("f1", "ctrl+q")
        assert "Quit csrtui?" in user.question
        await user.press("escape")
        assert isinstance(user.app.screen, HelpScreen)
        await user.press("ctrl+l")
        assert not isinstance(user.app.screen, ConfirmModal)
        await user.app.run_action("quit")
        await user.settle()
        assert "Quit csrtui?" in user.question
        await user.app.run_action("help_quit")
        assert user.question


async def test_with_a_mouse_tabs_the_bar_choices_and_rows_can_be_clicked(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.example.com")
        line = user.screen_lines[0]
        await user.pilot.click("#title", offset=(line.index("Keystore") + 1, 0))
        await user.until(lambda: user.main.place is Scope.KEYSTORE, "the keystore")
        await user.pilot.click("#pairs", offset=(4, 0))
        await user.until(lambda: "sorted: " in user.message, "another order")
        await user.pilot.click("#pairs", offset=(4, 1), times=2)
        await user.until(lambda: isinstance(user.app.screen, PairScreen), "the pair")
        await user.pilot.click("#bar", offset=(user.bar.index("Esc") + 1, 0))
        await user.until(lambda: user.app.screen is user.main, "the list")
        await user.pilot.click("#bar", offset=(user.bar.index("F2") + 1, 0))
        await user.until(lambda: user.main.place is Scope.REQUEST, "the form")
        await user.pilot.click("#platform")
        await user.until(lambda: user.app.screen is not user.main, "the list of values")


async def test_the_help_opens_over_each_dialog_of_the_keystore_and_goes_back_to_it(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.mydomain.com",)))
    async with at_screens(session) as user:
        await user.until_pairs("a.mydomain.com")
        await user.press("f2")
        for key in ("b", "u", "i", "I", "w", "a", "r", "x", "t", "V"):
            await user.press(key)
            await user.until(lambda: user.app.screen is not user.main, f"the dialog of {key}")
            dialog = user.app.screen
            await user.press("f1")
            assert isinstance(user.app.screen, HelpScreen)
            await user.press("escape")
            assert user.app.screen is dialog is not user.main
            await user.press("escape")
            await user.until(lambda: user.app.screen is user.main, "the keystore")
