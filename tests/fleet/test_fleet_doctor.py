"""The doctor on other hosts: its progress, and its remedies, which are comments for the shell of this machine."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest
from fake_ansible import printed
from fleet_made import AWAY
from fleet_user import reach
from tables import table

from csrtui.fleet.host_answer import Failure, Reason
from csrtui.fleet.tasks.doctor import ExaminedHost, read_finding, sort_findings
from csrtui.fleet.tui.doctor import FleetDoctorScreen

if TYPE_CHECKING:
    from fake_ansible import FakeAnsible


def test_the_number_of_hosts_that_answered_is_reported(fake: FakeAnsible) -> None:
    fake.answers({"web1": printed({"schema": 1, "ok": True, "findings": []}), "web2": AWAY})
    reports: list[tuple[int, int]] = []
    screen = FleetDoctorScreen(reach(fake), lambda *_: pytest.fail("no pair is opened"))
    screen.examine(lambda count, total: reports.append((count, total)), Event())
    assert reports == [(0, 2), (1, 2), (2, 2)]


@table("kind", ["command", "template", "instruction", ["?"], None])
def test_no_remedy_is_a_command_for_this_machine_whatever_the_host_claims(kind: object) -> None:
    document = {"code": "open-mode", "level": "error", "text": "open", "remedy": "id", "remedy_kind": kind}
    (found,) = sort_findings([ExaminedHost("web1", (read_finding("web1", document),))])
    assert found.pasteable == "# on web1: csrtui doctor"
    assert found.as_json()["remedy_kind"] == "instruction"


def test_the_remedy_of_a_host_that_does_not_answer_is_a_comment() -> None:
    (found,) = sort_findings(
        [ExaminedHost("web1", failure=Failure(Reason.REFUSED, "no route", "switch it on"))]
    )
    assert found.pasteable == "# switch it on"
