"""Remedies of findings on other hosts are comments for the shell of this machine."""

from __future__ import annotations

import pytest

from csrtui.fleet.host_answer import read_finding
from csrtui.fleet.model import Failure, Reason
from csrtui.fleet.tasks.doctor import ExaminedHost, sort_findings


@pytest.mark.parametrize("kind", ["command", "template", "instruction", ["?"], None])
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
