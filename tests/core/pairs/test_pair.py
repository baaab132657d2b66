"""Pairs: their stage, their backup and the one next step, over every combination."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_made import NOW, record

from csrtui.core.base.times import Validity, utc_text
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep, Pair, Stage, urgency

DAY = timedelta(days=1)
FRESH = Validity(NOW - 10 * DAY, NOW + 80 * DAY)
DUE = Validity(NOW - 60 * DAY, NOW + 30 * DAY)
GONE = Validity(NOW - 90 * DAY, NOW - 1 * DAY)


def backups(status: BackupStatus) -> tuple[Backup, ...]:
    return () if status is BackupStatus.NONE else (Backup(status, "/b.pem", NOW),)


STAGES: dict[Stage, dict[str, Any]] = {
    Stage.NEW: {},
    Stage.SUBMITTED: {"submitted": NOW},
    Stage.ISSUED: {"submitted": NOW, "validity": FRESH},
    Stage.RETIRED: {"submitted": NOW, "validity": FRESH, "retired": NOW},
}


@pytest.mark.parametrize("stage", Stage)
def test_the_stage_is_the_last_thing_that_happened(stage: Stage) -> None:
    assert record(**STAGES[stage]).stage is stage


@pytest.mark.parametrize("status", BackupStatus)
@pytest.mark.parametrize("stage", Stage)
def test_the_next_step(stage: Stage, status: BackupStatus) -> None:
    """Before it is submitted only a verified backup will do; later a medium that is away may be away."""
    step = record(**STAGES[stage], backups=backups(status)).next_step(NOW)
    good = {BackupStatus.VERIFIED} | (set() if stage is Stage.NEW else {BackupStatus.MISSING})
    then = {
        Stage.NEW: NextStep.SUBMIT,
        Stage.SUBMITTED: NextStep.IMPORT,
        Stage.ISSUED: NextStep.INSTALL,
        Stage.RETIRED: NextStep.NONE,
    }[stage]
    expected = then if status in good or stage is Stage.RETIRED else NextStep.BACK_UP
    assert step is expected


def test_a_certificate_is_to_be_installed_until_it_is_and_the_next_one_anew() -> None:
    issued = record(backups=backups(BackupStatus.VERIFIED)).marked_issued(FRESH, NOW, "joe", "imported")
    assert (issued.validity, issued.next_step(NOW)) == (FRESH, NextStep.INSTALL)
    installed = issued.marked_installed(NOW + DAY, "ann", "installed files written: /srv")
    assert (installed.installed, installed.next_step(NOW)) == (NOW + DAY, NextStep.NONE)
    again = installed.marked_issued(FRESH, NOW + 2 * DAY, "joe", "imported again")
    assert (again.installed, again.next_step(NOW)) == (None, NextStep.INSTALL)
    assert [(event.user, event.what) for event in again.history] == [
        ("joe", "imported"),
        ("ann", "installed files written: /srv"),
        ("joe", "imported again"),
    ]


def test_retiring_notes_when_and_by_whom() -> None:
    retired = record(validity=FRESH).marked_retired(NOW + DAY, "joe")
    assert (retired.stage, retired.retired) == (Stage.RETIRED, NOW + DAY)
    assert [(event.what, event.user) for event in retired.history] == [("retired", "joe")]


@pytest.mark.parametrize("validity", [DUE, GONE])
@pytest.mark.parametrize("status", BackupStatus)
def test_a_certificate_that_is_due_comes_before_all_else(validity: Validity, status: BackupStatus) -> None:
    issued = record(validity=validity, backups=backups(status))
    assert issued.next_step(NOW) is NextStep.RENEW


@pytest.mark.parametrize("change", [{"renewed_by": "a.com-2"}, {"retired": NOW}])
def test_a_pair_that_is_replaced_or_retired_wants_nothing(change: dict[str, object]) -> None:
    assert record(validity=DUE, **change).next_step(NOW) is NextStep.NONE


def test_a_pair_without_backup_has_the_status_none() -> None:
    assert record().backup_status is BackupStatus.NONE
    assert record(backups=backups(BackupStatus.DAMAGED)).backup_status is BackupStatus.DAMAGED


@pytest.mark.parametrize(
    ("left", "due"), [(DAY * 30 + timedelta(seconds=1), False), (DAY * 30, True), (-DAY, True)]
)
def test_a_third_of_the_life_left_is_when_it_is_due(left: timedelta, due: bool) -> None:
    validity = Validity(NOW + left - 90 * DAY, NOW + left)
    assert validity.is_due(NOW) is due


@pytest.mark.parametrize(
    ("left", "days"),
    [(DAY, 1), (DAY - timedelta(seconds=1), 0), (timedelta(0), 0), (timedelta(seconds=-1), -1), (-DAY, -1)],
)
def test_days_left_are_whole_days(left: timedelta, days: int) -> None:
    assert Validity(NOW - DAY, NOW + left).days_left(NOW) == days


def test_marking_as_submitted_notes_when_and_by_whom() -> None:
    before = record()
    after = before.marked_submitted(NOW + DAY, "joe").marked_submitted(NOW + 2 * DAY, "ann")
    assert before.submitted is None
    assert after.submitted == NOW + 2 * DAY
    assert [(event.time, event.what, event.user) for event in after.history] == [
        (NOW + DAY, "submitted", "joe"),
        (NOW + 2 * DAY, "submitted", "ann"),
    ]


def test_what_wants_attention_first_comes_first() -> None:
    verified = backups(BackupStatus.VERIFIED)
    expected = {
        "due-sooner": record(validity=GONE),
        "due-later": record(validity=DUE),
        "bare-newer": record(created=NOW),
        "bare-older": record(created=NOW - DAY),
        "submit": record(backups=verified),
        "install": record(backups=verified, validity=FRESH),
        "import": record(backups=verified, submitted=NOW),
        "installed": record(backups=verified, validity=FRESH, installed=NOW),
        "retired": record(retired=NOW),
        "retired-too": record(retired=NOW),
    }
    pairs = [Pair(name, f"/s/{name}", one) for name, one in reversed(expected.items())]
    assert [pair.name for pair in sorted(pairs, key=lambda pair: urgency(pair, NOW))] == list(expected)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (NOW, "2026-11-23T09:00:00Z"),
        (NOW.replace(microsecond=999_999), "2026-11-23T09:00:00Z"),
        (datetime(2026, 11, 23, 9, tzinfo=timezone(timedelta(hours=-9))), "2026-11-23T18:00:00Z"),
        (datetime(26, 1, 2, tzinfo=UTC), "0026-01-02T00:00:00Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(time: datetime, text: str) -> None:
    assert utc_text(time) == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_to_the_second(time: datetime) -> None:
    assert datetime.fromisoformat(utc_text(time)) == time.replace(microsecond=0)
