"""Findings of other hosts are pasted into a shell as the host means them."""

from __future__ import annotations

import pytest

from csrtui.core.fleet import Failure, Reason
from csrtui.tasks.fleet_doctor import Examined, worst_first


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ({"remedy_kind": "command"}, "chmod 600 /k"),
        ({"remedy_kind": "template"}, "chmod 600 /k"),
        ({"remedy_kind": "instruction"}, "# chmod 600 /k"),
        ({"remedy_kind": ["?"]}, "# chmod 600 /k"),
        ({}, "chmod 600 /k"),
    ],
)
def test_only_commands_and_templates_of_a_host_are_pasted_as_such(
    kind: dict[str, object], expected: str
) -> None:
    finding = {"code": "open-mode", "level": "error", "text": "open", "remedy": "chmod 600 /k", **kind}
    (found,) = worst_first([Examined("web1", (finding,))])
    assert found.pasteable == expected


def test_what_helps_a_host_that_does_not_answer_is_no_command() -> None:
    (found,) = worst_first([Examined("web1", failure=Failure(Reason.REFUSED, "no route", "switch it on"))])
    assert found.pasteable == "# switch it on"
