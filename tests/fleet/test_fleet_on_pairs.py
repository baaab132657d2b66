"""``csrtui fleet renew``, ``install``, ``retire`` and ``csr --mark-submitted``: one command of csrtui for each pair."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fake_ansible import printed, said
from fleet_made import AWAY, CSR, listed, pair

if TYPE_CHECKING:
    from pathlib import Path

    from fake_ansible import FakeAnsible


def day(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def issued(name: str, days: int) -> dict[str, Any]:
    """Return a pair with a verified backup and a 90-day certificate that has some days left."""
    backup = {"status": "verified", "path": "/b", "created": None, "verified": day(-1)}
    dates = {"begins": day(days - 90), "expires": day(days), "submitted": day(days - 91)}
    return pair(name, stage="issued", backup=backup, **dates)


def ended(*statuses: int, err: str = "") -> dict[str, Any]:
    """Return the output of a host for commands with these exit statuses."""
    return {"rc": 0, "stdout": "".join(f"{err}# {n} {status}\n" for n, status in enumerate(statuses))}


@pytest.mark.parametrize(
    ("line", "calls", "text"),
    [
        ("renew --same-key", ["renew --same-key -- due.com"], "renewed"),
        ("renew b.com --dry-run", ["renew --dry-run -- b.com"], "would be renewed"),
        ("install", ["export --replace -- b.com"], "installed"),
        (
            "install --for nginx --to /t --owner joe --group ssl --mode 640",
            ["export --replace --for=nginx --to=/t --owner=joe --group=ssl --mode=640 -- b.com"],
            "installed",
        ),
        ("retire due.com b.com", ["retire -- due.com", "retire -- b.com"], "retired"),
    ],
)
def test_a_command_runs_on_the_named_pairs_or_those_that_need_it(
    fake: FakeAnsible, fleet: Any, line: str, calls: list[str], text: str
) -> None:
    fake.answers({"web1": listed(issued("due.com", 5), issued("b.com", 80), pair("new.com"))})
    fake.answers({"web1": ended(*[0] * len(calls))})
    ran = fleet(*line.split(), "--json")
    assert (ran.status, [result["text"] for result in ran.json_lines]) == (0, [text] * len(calls)), ran.err
    assert {result["changed"] for result in ran.json_lines} == {"--dry-run" not in line}
    assert re.findall(r"\bc ((?:renew|export|retire) [^;]*) 2>&1 >/dev/null;", fake.play(2)) == calls


def test_the_message_of_a_host_names_no_store_of_this_machine(
    fake: FakeAnsible, fleet: Any, tmp_path: Path
) -> None:
    fake.answers({"web1": listed(pair("a.com"))})
    fake.answers({"web1": ended(3, err="csrtui: error: csrtui doctor shows more\n")})
    ran = fleet("retire", "a.com", "--store", str(tmp_path / "own"))
    assert 'web1 says: "csrtui doctor shows more"' in ran.err


def test_a_refusal_of_a_host_is_named_and_does_not_stop_the_others(fake: FakeAnsible, fleet: Any) -> None:
    fake.answers({"web1": listed(pair("a.com"), pair("b.com")), "web2": listed(pair("a.com"))})
    fake.answers({"web1": ended(0, 1, err="csrtui: error: no\nhint: rm -rf /\n"), "web2": AWAY})
    ran = fleet("retire", "a.com", "b.com")
    assert (ran.status, ran.out) == (1, "ok  web1  a.com  retired\n")
    assert 'web1 b.com: csrtui on the host refused; web1 says: "no"' in ran.err
    assert "web2 a.com: the host cannot be reached" in ran.err
    assert "rm -rf" not in ran.err
    fake.answers({"web1": listed(pair())})
    assert "no pair on the hosts that answered is due for renewal" in fleet("renew").err


def test_fetched_csrs_are_marked_as_submitted(fake: FakeAnsible, fleet: Any, tmp_path: Path) -> None:
    fake.answers({"web1": listed(pair()), "web2": listed(pair())})
    fake.answers({"web1": printed({}) | {"stdout": CSR}, "web2": said("gone", 3)})
    fake.answers({"web1": ended(0)})
    ran = fleet("csr", "--to", str(tmp_path), "--mark-submitted")
    assert (ran.status, ran.out.splitlines()[-1]) == (1, "ok  web1  a.com  marked as submitted")
    assert "c csr --mark-submitted -- a.com 2>&1 >/dev/null" in fake.play(3)
    assert "web2" not in fake.play(3)
