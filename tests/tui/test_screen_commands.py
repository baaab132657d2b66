"""The list of commands: help, bar and bindings are made from it and from nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from screens_user import at_screens, session_on

from csrtui.fleet.tui.fleet_screen import FleetScreen
from csrtui.fleet.tui.plan import FleetPlanScreen
from csrtui.fleet.tui.request import FleetRequestScreen
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.app import CsrtuiApp
from csrtui.tui.commands import COMMANDS, WIDGET_ACTIONS, Command, Scope, bar
from csrtui.tui.screens.confirm import ConfirmScreen
from csrtui.tui.screens.csr import CsrScreen
from csrtui.tui.screens.doctor import DoctorScreen
from csrtui.tui.screens.help import HelpScreen
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.months import MonthsScreen
from csrtui.tui.screens.pair import PairScreen

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

SENT_BY_NO_TERMINAL = re.compile(r"ctrl\+(i|m|h|enter|j)\b|shift\+enter|alt\+|super\+")


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (30, 10)])
async def test_help_lists_every_command(tmp_path: Path, size: tuple[int, int]) -> None:
    async with at_screens(session_on(tmp_path / "store"), size) as user:
        await user.press("f1")
        said = " ".join(user.read_text.split())
        for command in COMMANDS:
            assert command.help in said or size[0] < 80
            assert command.shown_key in said
        for line in user.read_text.splitlines():
            keys, _, rest = line[3:].partition("  ") if line.startswith("   ") else ("", "", "")
            assert not keys.strip() or rest.strip() or size[0] < 80, "keys and help stand apart"
        await user.press("f1")
        assert user.focused_id == "common_name"


@pytest.mark.parametrize(
    "screen",
    [
        CsrtuiApp,
        MainScreen,
        PairScreen,
        CsrScreen,
        DoctorScreen,
        MonthsScreen,
        FleetScreen,
        FleetPlanScreen,
    ],
)
def test_every_binding_is_of_a_command(screen: type[CsrtuiApp]) -> None:
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
        Scope.LISTS: (MainScreen, FleetScreen),
        Scope.STEPS: (MainScreen, PairScreen, FleetScreen),
        Scope.FLEET: (FleetScreen,),
        Scope.PLAN: (FleetPlanScreen,),
    }
    for command in COMMANDS:
        if command.action not in WIDGET_ACTIONS:
            assert all(hasattr(home, f"action_{command.action}") for home in homes[command.scope]), command


def test_keys_are_such_as_every_terminal_sends_and_none_is_given_twice() -> None:
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


def seen(user: User) -> object:
    """Whatever may change when a command does something."""
    return (
        user.app.screen,
        user.focused_id,
        user.draft,
        user.message,
        user.keystore._pair_order,
        len(user.pairs),
        user.app._exit,
    )


@pytest.mark.parametrize(
    ("where", "command"),
    [(where, command) for where in (Scope.REQUEST, Scope.KEYSTORE, Scope.PAIR) for command in bar(where)],
    ids=lambda value: getattr(value, "action", None) or str(value),
)
async def test_a_command_works_where_the_bar_shows_it(tmp_path: Path, where: Scope, command: Command) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.example.com",)))
    async with at_screens(session, (120, 24)) as user:
        await user.until_pairs("a.example.com")
        if where is not Scope.REQUEST:
            await user.press("f2")
        if where is Scope.PAIR:
            await user.press("enter")
        assert f"{command.shown_key} " in user.bar
        before = seen(user)
        await user.press(command.keys.split(",")[0])
        assert seen(user) != before


async def test_the_bar_never_leaves_out_how_to_quit(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        for width in range(20, 130, 5):
            await user.resize(width, 24)
            assert "ctrl+q Quit" in user.screen_lines[-1]
            assert len(user.bar.rstrip()) <= width


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
        assert not isinstance(user.app.screen, ConfirmScreen)
        await user.app.run_action("quit")
        await user.settle()
        assert "Quit csrtui?" in user.question
        await user.app.run_action("help_quit")
        assert user.question
