"""Hostile text on every screen: no crash, no effect, and no raw control character on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS
from hands_at_app import AtTheApp, look_through
from hostile import ALL_IN_ONE, HOSTILE
from hostile_place import HostilePlace, make_hostile_place
from safety_results import counted
from screen_openings import FLEET_OPENINGS, OPENINGS, UNREADABLE_PAIR, Opening, screen_classes
from screens_user import at_screens

from csrtui.core.keys import pkcs8
from csrtui.tui.crash_safe_app import SafeApp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.filter import LineFilter

PROMISE = "Text from outside is displayed and has no effect"


@pytest.fixture
def no_second_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the filter that would hide a view's missing escaping."""

    def without(_: SafeApp[None]) -> list[LineFilter]:
        return []

    monkeypatch.setattr(SafeApp, "get_line_filters", without)
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


def test_every_screen_is_in_the_table() -> None:
    without_store = {
        "CreateStoreModal"
    }  # it opens only while there is no keystore that could contain hostile text
    assert screen_classes() - without_store <= {opening.screen for opening in (*OPENINGS, *FLEET_OPENINGS)}


async def walk(place: HostilePlace, openings: Sequence[Opening], size: tuple[int, int]) -> int:
    """Visit each screen, look through its pages, come back, and return the number of screens."""
    async with at_screens(place.session(), size) as user:
        hands = AtTheApp(user)
        for opening in openings:
            await opening.take(hands, given=place.given, out=place.out)
            assert type(user.app.screen).__name__ == opening.screen
            await look_through(user, opening)
            await hands.back()
    return len(openings)


@pytest.fixture
def everywhere(
    tmp_path: Path,
    no_second_net: None,  # noqa: ARG001 - what it takes away
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], HostilePlace]:
    """Return a function that makes a place in which everything contains the text, including the environment."""

    def make(text: str) -> HostilePlace:
        place = make_hostile_place(tmp_path / "place", text)
        for name, value in place.environ.items():
            monkeypatch.setenv(name, value)
        return place

    return make


async def test_a_sample_of_the_screens_with_hostile_text(everywhere: Callable[[str], HostilePlace]) -> None:
    assert await walk(everywhere(ALL_IN_ONE), OPENINGS[1::4], (80, 24))


SIZES = {"narrow": (40, 12), "wide": (120, 40)}


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
async def test_every_state_of_every_screen_with_hostile_text(
    everywhere: Callable[[str], HostilePlace], size: tuple[int, int]
) -> None:
    with counted(PROMISE, "screens with all hostile texts in one") as tally:
        openings = [
            opening for opening in OPENINGS if size == SIZES["narrow"] or opening is not UNREADABLE_PAIR
        ]
        tally.add(await walk(everywhere(ALL_IN_ONE), openings, size))


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("kinds", [("long",), ("action", "wide", "markup")], ids="-".join)
async def test_every_screen_with_each_hostile_text(
    everywhere: Callable[[str], HostilePlace], kinds: tuple[str, ...]
) -> None:
    text = "".join(HOSTILE[kind] for kind in kinds)
    with counted(PROMISE, f"screens with hostile texts: {', '.join(kinds)}") as tally:
        tally.add(await walk(everywhere(text), OPENINGS, (80, 24)))
