"""The screen over many hosts: what was last known at once, then what each says; who failed, and what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_ansible import FakeAnsible
from fleet_made import AWAY, listed, pair
from screens_user import User, session_on

from csrtui.core.errors import InputError
from csrtui.store.ansible import Target, Terminal
from csrtui.tasks.fleet import Reach, refresh
from csrtui.tui import open_fleet
from csrtui.tui.fleet_app import FleetApp
from csrtui.tui.screens.fleet import FleetScreen
from csrtui.tui.screens.reading import ReadingScreen
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from csrtui.tasks.session import Session

HOSTILE = "\x1b]52;c;Zm9v\x07[@click=app.quit]x[/]"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAnsible:
    folder = tmp_path / "ansible"
    folder.mkdir()
    return FakeAnsible(folder, monkeypatch)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_on(tmp_path / "store")


def reach(fake: FakeAnsible) -> Reach:
    return Reach(Target(str(fake.inventory), terminal=Terminal.WITHHELD))


async def opened(
    session: Session, fake: FakeAnsible, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[User]:
    app = FleetApp(session, reach(fake))
    async with app.run_test(size=size) as pilot:
        yield User(app, pilot)  # type: ignore[arg-type] # the keys are the same


def screen(user: User) -> FleetScreen:
    found = user.app.screen
    assert isinstance(found, FleetScreen)
    return found


def text_of(user: User, block: str) -> str:
    return "\n".join(
        "".join(part[0] for part in line) for line in screen(user).query_one(block, TextBlock)._lines
    )


def names(user: User) -> list[tuple[str, str]]:
    rows = screen(user)._rows
    return [(rows.item(at).host, rows.item(at).pair.name) for at in range(len(rows))]


async def read(user: User) -> None:
    await user.until(lambda: not screen(user)._reading, "the end of the reading")


def page(user: User) -> str:
    assert isinstance(user.app.screen, ReadingScreen)
    return "\n".join(user.app.screen._pages[0].lines(78))


async def test_hosts_are_read_and_those_that_fail_are_named(session: Session, fake: FakeAnsible) -> None:
    fake.answers(
        {"web1": listed(pair(), pair("b.com", stage="retired")), "web2": AWAY, HOSTILE: listed(pair("c.com"))}
    )
    async for user in opened(session, fake):
        await read(user)
        assert names(user) == [("web1", "a.com"), (HOSTILE, "c.com")]
        assert "3 hosts · 2 pairs · 2 not backed up · 1 unreachable" in text_of(user, "#summary")
        assert "web2" in screen(user).query_one("#message", RuleLine).message
        await user.press("T")
        assert len(names(user)) == 3
        await user.press("h")
        assert "web2  unreachable: no route to host" in page(user)
        assert page(user).index("web2") < page(user).index("web1  2 pairs")
        assert "\x1b" not in str(user.app.screen.query_one(TextView)._lines)
        await user.press("escape", "enter")
        assert "Name       a.com" in page(user)
        await user.press("escape", "slash", *"WEB1", "enter")
        assert {host for host, _ in names(user)} == {"web1"}
        assert screen(user).focused is screen(user).query_one(LineList)
        await user.press("slash", "escape", "escape")
        assert len(names(user)) == 3
        await user.press("s")
        assert "sorted: by name" in screen(user).query_one("#message", RuleLine).message


async def test_what_was_last_known_is_there_at_once(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed(pair()), "gone": listed(pair("g.com"))})
    refresh(session, reach(fake), lambda *_: None)
    fake.answers({"web1": AWAY}, hangs=True)
    async for user in opened(session, fake, (40, 12)):
        assert {name for _, name in names(user)} == {"a.com", "g.com"}
        assert "reading" in text_of(user, "#title")
        await user.press("r")
        assert fake.asked <= 2
        await user.press("q")


async def test_what_ansible_complains_of_is_on_the_screen(session: Session, fake: FakeAnsible) -> None:
    fake.prints("", said="[ERROR]: no such plugin\n", status=1)
    async for user in opened(session, fake):
        await read(user)
        assert "no such plugin" in screen(user).query_one("#message", RuleLine).message
        await user.press("h")
        assert page(user) == "No host was read yet."
        await user.press("escape")
        fake.answers({"web1": listed(pair())})
        await user.press("r")
        await read(user)
        assert names(user) == [("web1", "a.com")]
        await user.press("ctrl+q")


def test_without_a_terminal_it_says_so(
    session: Session, fake: FakeAnsible, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(InputError):
        open_fleet(session, reach(fake))
