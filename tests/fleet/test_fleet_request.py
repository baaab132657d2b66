"""The request form for many hosts: inventory variables, and a preview for each host before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_ansible import said
from fleet_made import AWAY, listed, made, pair
from fleet_user import at_fleet
from textual import events

from csrtui.core.base.finding import FieldName
from csrtui.fleet.tui.fleet_screen import FleetScreen
from csrtui.fleet.tui.plan import FleetPlanScreen
from csrtui.fleet.tui.request import FleetRequestScreen
from csrtui.fleet.tui.work import HostWorkModal
from csrtui.tasks import draft
from csrtui.tasks.draft import Draft, dump_draft
from csrtui.tui.modals.questions import ConfirmModal, NoticeModal
from csrtui.tui.widgets.one_line_widgets import RuleLine
from csrtui.tui.widgets.preview import Preview
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from fake_ansible import FakeAnsible
    from fleet_user import FleetUser

    from csrtui.tasks.session import Session


def request(user: FleetUser) -> FleetRequestScreen:
    screen = user.app.screen
    assert isinstance(screen, FleetRequestScreen), user.screen_text
    return screen


def message(user: FleetUser) -> str:
    return user.app.screen.query_one("#message", RuleLine).message


async def planned(user: FleetUser) -> FleetPlanScreen:
    await user.press("ctrl+g")
    await user.until(lambda: user.at(FleetPlanScreen), "the plan")
    screen = user.app.screen
    assert isinstance(screen, FleetPlanScreen)
    return screen


async def agreed(user: FleetUser, key: str = "ctrl+g") -> str:
    await user.press(key)
    assert user.at(ConfirmModal), user.screen_text
    await user.press("tab", "enter")
    return await user.worked()


async def test_each_host_is_shown_with_its_advice_and_gets_the_displayed_request(
    session: Session, fake: FakeAnsible
) -> None:
    session.store.save_draft(dump_draft(Draft(common_name="not.this", organization="Example Ltd")))
    fake.answers({"web1": listed(), "web2": listed()})
    fake.holds(
        {
            "web2": {"site": "mail.mydomain.com", "aliases": []},
            "web1": {"site": "mydomain.com", "aliases": ["a.mydomain.com"]},
            "web3": {"aliases": []},
        }
    )
    names = ("mydomain.com", "a.mydomain.com", "other.mydomain.com", "www.mydomain.com")
    fake.answers(
        {
            "web1": made(*names, organization="Example Ltd"),
            "web2": made("mail.mydomain.com", "other.mydomain.com", done=(), organization="Example Ltd"),
        }
    )
    fake.answers({"web1": listed(pair("mydomain.com")), "web2": listed(pair("mail.mydomain.com"))})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("n")
        screen = request(user)
        form = screen.request.form
        assert user.focused_id == "common_name"
        assert (form.draft.common_name, form.draft.organization) == ("", "Example Ltd")
        await user.type("{{ site }}")
        await user.press("enter")
        await user.type("{{ aliases }}")
        await user.paste(", other.mydomain.com")
        assert "ctrl+g Show each host" in user.bar
        preview = screen.query_one(Preview)
        await user.until(lambda: "different on each host" in preview.text, "the preview")
        assert "{{ site }}  {{ aliases }}  other.mydomain.com" in preview.text
        plan = await planned(user)
        assert fake.asked == 1, "no host is asked"
        assert [(one.host, one.failure is None) for one in plan._requests] == [
            ("web3", False),
            ("web1", True),
            ("web2", True),
        ]
        await user.see("Preview for 2 hosts, 1 left out")
        assert "ctrl+g Make  ctrl+f Fix  Esc Back" in user.bar
        await user.see("variable site is missing on web3")
        await user.press("down")
        await user.see("CN=mydomain.com,O=Example Ltd")
        await user.see("Visitors to www.mydomain.com")
        await user.press("ctrl+f")
        await user.see("1 name added")
        assert "www.mydomain.com" in user.screen_text
        await user.press("ctrl+f")
        await user.see("all www and bare counterparts are covered")
        result = await agreed(user)
        assert result.startswith("1 done, 1 was already done · 2 hosts")
        assert '!unsafe "www.mydomain.com"' in fake.play(2)
        assert "web3" not in fake.play(2)
        await user.press("enter")
        await user.read()
        assert user.at(FleetScreen)
        assert user.pairs_of_hosts == [("web2", "mail.mydomain.com"), ("web1", "mydomain.com")]
        assert '"hosts": [!unsafe "web1", !unsafe "web2"]' in fake.play(3)
        await user.press("n")
        form = request(user).request.form
        assert (form.draft.common_name, form.draft.organization) == ("", "Example Ltd")


async def test_failed_hosts_can_be_tried_again(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed(pair()), "web2": listed(pair("b.com"))})
    fake.holds({"web1": {}, "web2": {}})
    full = said("the disk is full", 3, "make room")
    fake.answers({"web1": made("web1.mydomain.com"), "web2": full})
    fake.answers({"web1": listed(pair()), "web2": AWAY})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("space", "space", "n")
        assert request(user).query_one("#hosts", TextField).value == "web1,web2"
        await user.type("{{ inventory_hostname }}.mydomain.com")
        await planned(user)
        assert "--limit=web1,web2" in fake.lists[0]
        result = await agreed(user)
        assert "1 done, 1 failed" in result
        assert 'web2 says: "the disk is full"' in result
        await user.press("enter")
        await user.read()
        await user.press("n")
        assert request(user).request.form.draft.common_name == "{{ inventory_hostname }}.mydomain.com"
        assert request(user).query_one("#hosts", TextField).value == "web1,web2"


async def test_an_error_on_one_host_stops_all_and_a_forceable_one_can_be_overridden(
    session: Session, fake: FakeAnsible
) -> None:
    fake.answers({"web1": listed()})
    fake.holds({"web1": {"site": "x.mydomain.com"}, "web2": {"site": "intra net"}})
    fake.answers({"web1": made("x.mydomain.com"), "web2": made("intranet")})
    fake.answers({"web1": listed()})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("n")
        await user.type("{{ site }}")
        await planned(user)
        await user.press("down", "ctrl+g")
        await user.see("web2 has this error: fix it first")
        assert fake.asked == 1
        await user.press("enter", "escape")
        assert user.at(FleetRequestScreen)
        fake.holds({"web1": {"site": "x.mydomain.com"}, "web2": {"site": "intranet"}})
        await planned(user)
        await user.see("1 error")
        await user.press("ctrl+g")
        await user.see("Make them even though a CA will refuse them?")
        await user.press("escape")
        assert user.at(FleetPlanScreen)
        assert "2 done" in await agreed(user)
        assert '"force": true' in fake.play(2)
        fake.holds({"web1": {}})
        await user.press("escape")
        await user.press("n")
        await user.type("{{ site }}")
        await planned(user)
        await user.press("ctrl+g")
        await user.see("no pair can be made on any host")


async def test_a_missing_value_is_reported_and_gets_the_cursor(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed()})
    fake.holds_none("[ERROR]: no such plugin\n")
    async with at_fleet(session, fake, (40, 12)) as user:
        await user.read()
        await user.press("n", "ctrl+g")
        assert message(user).startswith("Enter a common name")
        await user.press("up")
        assert user.focused_id == "hosts"
        assert "web:!web3" in user.app.screen.query_one("#field-help").text  # type: ignore[attr-defined]
        await user.press("up")
        assert user.focused_id == "ca"
        await user.press("down", "ctrl+u", "down")
        await user.paste("x.mydomain.com")
        await user.press("ctrl+g")
        assert message(user) == "Enter the hosts, e.g. all."
        assert user.focused_id == "hosts"
        await user.paste("web1")
        await user.press("enter")
        assert user.focused_id == "common_name"
        await user.press("ctrl+g")
        await user.until(lambda: user.at(NoticeModal), "what Ansible says")
        await user.until(lambda: "such plugin" in user.screen_text, "the error of Ansible")


async def test_the_form_can_be_left_at_any_time_and_is_restored(session: Session, fake: FakeAnsible) -> None:
    fake.answers({"web1": listed()})
    fake.holds({"web1": {}}, hangs=True)
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("n")
        await user.type("{{ site }}")
        await user.press("ctrl+g", "ctrl+g", "escape")
        await user.until(lambda: message(user) == "stopped", "the end of the planning")
        await user.press("escape")
        assert user.at(FleetScreen)
        await user.press("n")
        assert request(user).request.form.draft.common_name == "{{ site }}"
        await user.press("ctrl+q")
        await user.see("Quit csrtui?")
        await user.press("ctrl+q")
        assert user.at(FleetRequestScreen)
        user.app.save_state()
        await user.press("ctrl+q", "tab", "enter")
        assert user.app._exit
    assert draft.load_draft_for_hosts(session)[0].common_name == "{{ site }}"
    assert draft.newest_draft(session).common_name == "", "the form for pairs here is another one"


async def test_advice_while_typing_covers_only_text_without_variables(
    session: Session, fake: FakeAnsible
) -> None:
    fake.answers({"web1": listed()})
    async with at_fleet(session, fake) as user:
        await user.read()
        await user.press("n")
        pane = request(user).request
        await user.type("{{ site }}")
        pane.form.focus_field(FieldName.NAMES)
        await user.settle()
        await user.paste("mydomain.com intra_net")
        pane.form.focus_field(FieldName.COUNTRY)
        await user.settle()
        await user.paste("UK")
        assert {one.code for one in pane.advice.findings} >= {"www-not-covered"}
        assert all(not (one.fix and one.fix.names) for one in pane.advice.findings)
        await user.press("ctrl+f")
        assert pane.form.draft.country == "GB"
        assert pane.form.draft.common_name == "{{ site }}"
        await user.press("ctrl+u")
        await user.type("{{ land }}")
        assert all(one.value for one in pane.advice.findings)
        user.app.screen.post_message(events.Resize(user.app.size, user.app.size))


async def test_without_variables_the_form_works_as_on_one_machine(
    session: Session, fake: FakeAnsible
) -> None:
    fake.answers({"web1": listed()})
    fake.holds({"web1": {}}, hangs=True)
    async with at_fleet(session, fake, (120, 40)) as user:
        await user.read()
        await user.press("n")
        await user.paste("mydomain.com")
        await user.until(
            lambda: "CN=mydomain.com" in user.app.screen.query_one(Preview).text,
            "the preview as it is signed",
        )
        await user.press("ctrl+f")
        assert "www.mydomain.com" in request(user).request.form.draft.names
        await user.press("f5")
        await user.press("escape")
        assert user.at(FleetRequestScreen)
        assert not user.at(HostWorkModal)
