"""Screens survive the removal of any pair at any time, and show the problem."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS
from hands_at_app import AtTheApp
from hostile_place import ISSUED, HostilePlace, make_hostile_place
from screen_openings import OPENINGS
from screens_user import at_screens

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import FieldName
from csrtui.core.keys import pkcs8
from csrtui.tasks.list import PairList
from csrtui.tui.commands import COMMANDS, WIDGET_ACTIONS, Scope
from csrtui.tui.modals import adopt_selection
from csrtui.tui.modals.adopt_selection import AdoptSelectionModal
from csrtui.tui.modals.questions import ConfirmModal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from screen_openings import Opening
    from screens_user import User

    from csrtui.tui.commands import Command

KEYS = ("down", "tab", "space", "enter", "enter", "escape")
OF_PAIRS = tuple(
    command
    for command in COMMANDS
    if command.scope in {Scope.STEPS, Scope.PAIRS, Scope.PAIR, Scope.LISTS}
    and command.action not in WIDGET_ACTIONS
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostilePlace:
    """Return a store with pairs in every stage, and the texts for the dialogs."""
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)
    place = make_hostile_place(tmp_path / "place", "odd")
    for name, value in place.environ.items():
        monkeypatch.setenv(name, value)
    return place


@contextmanager
def without_pairs(place: HostilePlace) -> Iterator[None]:
    """Remove the folders of all pairs during the block."""
    away = place.store.parent / "away"
    away.mkdir()
    names = [path.name for path in (place.store / "pairs").iterdir() if not path.name.startswith(".")]
    for name in names:
        (place.store / "pairs" / name).rename(away / name)
    yield
    for name in names:
        (away / name).rename(place.store / "pairs" / name)
    away.rmdir()


def assert_goes_on(user: User, when: object) -> None:
    assert user.screen_lines, when
    assert user.app.is_running, when
    assert not user.app._exit, when
    assert user.app._exception is None, when


SAMPLE = {
    "PairScreen",
    "BackupModal",
    "SubmitModal",
    "ImportModal",
    "InstallModal",
    "RenewModal",
    "VerifyModal",
}
"""The screens of a pair that read it again."""
OF_A_PAIR = [
    opening
    for opening in {opening.screen: opening for opening in OPENINGS}.values()
    if opening.screen in SAMPLE
]


@pytest.mark.parametrize(
    ("openings", "sizes"),
    [
        pytest.param(OF_A_PAIR, ((60, 18),), id="each screen of a pair"),
        pytest.param(OPENINGS, ((60, 18), (80, 24)), id="each state", marks=pytest.mark.slow),
    ],
)
async def test_every_screen_survives_the_removal_of_all_pairs(
    place: HostilePlace, openings: Sequence[Opening], sizes: Sequence[tuple[int, int]]
) -> None:
    async with at_screens(place.session(), (80, 24)) as user:
        hands = AtTheApp(user)
        for opening in openings:
            await user.go_to(FieldName.COMMON_NAME)
            await opening.take(hands, given=place.given, out=place.out)
            assert type(user.app.screen).__name__ == opening.screen
            with without_pairs(place):
                for key in KEYS:
                    if type(user.app.screen) is ConfirmModal and key in {"space", "enter"}:
                        continue  # it would quit
                    if type(user.app.screen) is AdoptSelectionModal and key == "enter":
                        continue  # it would take the place of a pair that comes back
                    await user.press(key)
                    assert_goes_on(user, (opening, key))
                for size in sizes:
                    await user.resize(*size)
                    assert_goes_on(user, (opening, size))
            await hands.back()


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param(OF_PAIRS[::2], id="every second"),
        pytest.param(OF_PAIRS[1::2], id="the others", marks=pytest.mark.slow),
    ],
)
async def test_a_command_survives_the_removal_of_its_pair(
    place: HostilePlace, commands: Sequence[Command]
) -> None:
    async with at_screens(place.session(), (80, 24)) as user:
        hands = AtTheApp(user)
        for command in commands:
            await hands.type("\x1bOQ")
            await hands.see("Next")
            await hands.type(f"/\x15{ISSUED}\r")
            await hands.see(f"> {ISSUED}")
            if command.scope is Scope.PAIR:
                await user.press("enter")
            with without_pairs(place):
                await user.press(command.keys.split(",")[0])
                assert_goes_on(user, command.action)
                for key in ("enter", "enter", "escape"):
                    await user.press(key)
                    assert_goes_on(user, (command.action, key))
            await hands.back()


async def test_enter_on_a_pair_that_is_no_longer_listed_opens_nothing(place: HostilePlace) -> None:
    async with at_screens(place.session(), (80, 24)) as user:
        await user.press("f2", "end")
        screen = user.app.screen
        user.keystore.pairs.action_open()
        user.keystore.show_pairs(PairList())  # before the message of the list arrives
        await user.pilot.pause()
        assert_goes_on(user, "after Enter")
        assert user.app.screen is screen


async def test_a_pair_removed_after_its_adoption_has_no_next_step(
    place: HostilePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object, name: str) -> None:
        raise InputError(f"there is no pair {name}")

    monkeypatch.setattr(adopt_selection, "read_pair", gone)
    opening = next(one for one in reversed(OPENINGS) if one.screen == "AdoptSelectionModal")
    async with at_screens(place.session(), (80, 24)) as user:
        await opening.take(AtTheApp(user), given=place.given, out=place.out)
        assert "The keystore shows the next step of each pair." in user.screen_text
        await user.resize(60, 18)
        assert_goes_on(user, "after a resize")
