"""``csrtui list`` for cron and as a calendar: due renewals, no output without them, and ``--fail-if-any``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import icalendar
import pytest
from certificates_made import intermediate, pem

from csrtui.core.certificates import csr

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
"""These use the real clock, as cron does."""


def issue(csrtui: Csrtui, tmp_path: Path, name: str, *, age: int, days: int = 90) -> None:
    """Import a certificate for a pair, `age` days old."""
    der = csr.read_pem(csrtui.pair(name).joinpath("request.pem").read_bytes()).der
    made = intermediate().sign(der, start=TODAY - timedelta(days=age), days=days)
    file = tmp_path / f"{name}.crt"
    file.write_bytes(pem(made, intermediate().certificate))
    assert csrtui("import", str(file)).status == 0


@pytest.fixture
def three(csrtui: Csrtui, tmp_path: Path) -> Csrtui:
    """Return csrtui with three pairs: one is due, one is fresh, one has no certificate."""
    for name in ("due.com", "fresh.com", "new.com"):
        csrtui("new", name)
    issue(csrtui, tmp_path, "due.com", age=70)
    issue(csrtui, tmp_path, "fresh.com", age=1)
    return csrtui


def test_without_due_renewals_there_is_no_output(csrtui: Csrtui) -> None:
    csrtui("new", "new.com")
    ran = csrtui("list", "--next", "renew")
    assert (ran.status, ran.out, ran.err) == (0, "", "")


def test_each_due_pair_has_a_line(three: Csrtui) -> None:
    ran = three("list", "--next", "renew")
    header, row = ran.out.splitlines()
    assert (header.split()[0], row.split()[0], row.split()[-1]) == ("Name", "due.com", "renew")
    assert (ran.status, ran.err) == (0, "1 pair · 1 due · 1 not backed up\n")


def test_expired_pairs_are_listed_and_counted_separately(three: Csrtui, tmp_path: Path) -> None:
    three("new", "past.com")
    issue(three, tmp_path, "past.com", age=100)
    ran = three("list", "--next", "renew")
    assert [row.split()[0] for row in ran.out.splitlines()] == ["Name", "past.com", "due.com"]
    assert (ran.status, ran.err) == (0, "2 pairs · 1 expired · 1 due · 2 not backed up\n")
    assert three("list", "--next", "renew", "--fail-if-any").status == 1


def test_the_whole_list_counts_due_pairs(three: Csrtui) -> None:
    assert three("list").err == "3 pairs · 1 due · 3 not backed up\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--next", "renew"), 1),
        (("--next", "submit"), 0),
        (("--next", "renew", "--json"), 1),
        (("--filter", "nothing-like-it", "--csv"), 0),
        (("--filter", "fresh", "--ics"), 1),
    ],
)
def test_fail_if_any_sets_the_exit_status(three: Csrtui, arguments: tuple[str, ...], status: int) -> None:
    assert three("list", *arguments, "--fail-if-any").status == status
    assert three("list", *arguments).status == 0


def test_an_unreadable_pair_has_a_higher_exit_status_than_a_due_one(three: Csrtui) -> None:
    three.pair("new.com").joinpath("pair.json").write_text("{}")
    ran = three("list", "--next", "renew", "--fail-if-any")
    assert ran.status == 3
    assert "due.com" in ran.out
    assert ran.error.startswith(f"{three.pair('new.com')}: ")


def test_a_calendar_has_both_dates_of_each_pair_with_a_certificate(three: Csrtui) -> None:
    ran = three("list", "--ics")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.count("\n") == ran.out.count("\r\n")
    events = icalendar.Calendar.from_ical(ran.out).events
    titles = sorted(str(event["SUMMARY"]).rpartition(" (")[0] for event in events)
    assert titles == [
        "Renew the certificate of due.com",
        "Renew the certificate of fresh.com",
        "The certificate of due.com expires",
        "The certificate of fresh.com expires",
    ]
    expires = json.loads(three.pair("due.com").joinpath("pair.json").read_bytes())["validity"]["not_after"]
    ends = {
        str(event["UID"]).split(".")[0]: event.decoded("DTSTART")
        for event in events
        if "due" in str(event["UID"])
    }
    assert ends["expiry"] == datetime.fromisoformat(expires)
    assert ends["renewal"] <= TODAY.date()


def test_a_calendar_contains_only_the_selected_pairs(three: Csrtui) -> None:
    three("retire", "fresh.com")
    for arguments, count in [(("--next", "renew"), 2), (("--filter", "fresh"), 0), (("--retired",), 2)]:
        assert len(icalendar.Calendar.from_ical(three("list", "--ics", *arguments).out).events) == count


def test_the_formats_exclude_each_other(csrtui: Csrtui) -> None:
    ran = csrtui("list", "--ics", "--json")
    assert (ran.status, ran.out) == (2, "")
    assert "not allowed with argument" in ran.error
