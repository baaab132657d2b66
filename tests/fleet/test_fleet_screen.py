"""The screen for many hosts: first the last known state, then the answers; failed hosts with their fixes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fleet_made import AWAY, listed, pair
from fleet_user import at_fleet, reach

from csrtui.core.base.errors import InputError
from csrtui.core.config.settings import Config
from csrtui.fleet.tasks.run_on_hosts import read_hosts
from csrtui.fleet.tui import open_fleet
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.text_block import TextView

if TYPE_CHECKING:
    from fake_ansible import FakeAnsible

    from csrtui.tasks.session import Session

HOSTILE = "\x1b]52;c;Zm9v\x07[@click=app.quit]x[/]"


async def test_hosts_are_read_and_those_that_fail_are_named(session: Session, fake: FakeAnsible) -> None:
    fake.answers(
        {"web1": listed(pair(), pair("b.com", stage="retired")), "web2": AWAY, HOSTILE: listed(pair("c.com"))}
    )
    async with at_fleet(session, fake, config=Config(keys={"leave": "f10"})) as user:
        await user.read()
        assert user.pairs_of_hosts == [("web1", "a.com"), (HOSTILE, "c.com")]
        assert user.bar.rstrip().endswith("h Hosts  b Back up  ? All keys")
        assert "3 hosts · 2 pairs · 2 not backed up · 1 unreachable" in user.line("#summary")
        assert "web2" in user.said
        await user.press("T")
        assert len(user.pairs_of_hosts) == 3
        await user.press("h")
        assert 'web2  unreachable: the host cannot be reached; Ansible says: "no route to host"' in user.page
        assert user.page.index("web2") < user.page.index("web1  2 pairs")
        assert "\x1b" not in str(user.app.screen.query_one(TextView)._lines)
        await user.press("escape", "enter")
        assert "Name        a.com" in user.page
        assert "Made        23 Nov 2026" in user.page
        assert "▼" in user.page, "its life on a line"
        await user.press("escape", "slash")
        assert "Enter To the list" in user.bar
        assert "Space Mark" not in user.bar
        assert "F10 Quit" in user.bar
        await user.press(*"WEB1", "enter")
        assert "Space Mark" in user.bar
        assert {host for host, _ in user.pairs_of_hosts} == {"web1"}
        assert user.fleet.focused is user.fleet.query_one(LineList)
        await user.press("slash", "escape", "escape")
        assert len(user.pairs_of_hosts) == 3
        await user.press("s")
        assert "sorted: name" in user.said


async def test_the_displayed_age_is_updated_automatically(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed(pair())})
    async with at_fleet(session, fake) as user:
        await user.read()
        assert "as of just now  / filter" in user.screen_text
        begun = session.clock()
        session.clock = lambda: begun + timedelta(minutes=5)
        await user.until(lambda: "as of 5 min ago  / filter" in user.screen_text, "the age")


async def test_the_page_of_a_hosts_pair_has_one_text_per_line(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed(pair())})
    async with at_fleet(session, fake, (60, 24)) as user:
        await user.read()
        await user.press("enter")
        lines = user.screen_text.splitlines()
        spki = next(at for at, line in enumerate(lines) if line.startswith(" SPKI"))
        assert lines[spki + 1][:13].strip() == ""
        assert lines[spki + 1][13] != " "


async def test_the_last_known_state_is_shown_at_once(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed(pair()), "gone": listed(pair("g.com"))})
    read_hosts(session, reach(fake), lambda *_: None)
    fake.answers({"web1": AWAY}, hangs=True)
    async with at_fleet(session, fake, (40, 12)) as user:
        assert {name for _, name in user.pairs_of_hosts} == {"a.com", "g.com"}
        assert "reading" in user.line("#title")
        await user.press("r")
        assert fake.asked <= 2
        await user.press("q")


async def test_with_a_limit_only_the_last_known_state_of_its_hosts_is_shown(
    session: Session, fake: FakeAnsible
) -> None:
    fake.answers({"web1": listed(pair()), "db1": listed(pair("d.com"))})
    read_hosts(session, reach(fake), lambda *_: None)
    fake.answers({"web1": AWAY}, hangs=True)
    fake.holds({"web1": {}})
    async with at_fleet(session, fake, limit="web*") as user:
        assert user.pairs_of_hosts == []
        await user.until(lambda: user.pairs_of_hosts == [("web1", "a.com")], "the last known state")
        await user.press("q")


async def test_errors_of_ansible_are_shown(session: Session, fake: FakeAnsible) -> None:
    fake.prints("", said="[ERROR]: no such plugin\n", status=1)
    async with at_fleet(session, fake) as user:
        await user.read()
        assert "no such plugin" in user.said
        await user.press("h")
        assert user.page == "No host has been read yet."
        await user.press("escape")
        fake.answers({"web1": listed(pair())})
        await user.press("r")
        await user.read()
        assert user.pairs_of_hosts == [("web1", "a.com")]
        await user.press("ctrl+q")


def test_a_missing_terminal_is_reported(
    session: Session, fake: FakeAnsible, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(InputError):
        open_fleet(session, reach(fake))
