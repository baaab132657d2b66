"""The summary of a pair gives the same answers as the pair at any time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_pairs import RECORDS, TIMES, pair_of_record
from requests_made import NOW, record

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep, PairRecord, Stage, urgency_key
from csrtui.core.pairs.query import SortOrder, sort_key
from csrtui.core.pairs.summary import (
    OVERDUE,
    count_due,
    deadlines,
    from_microseconds,
    summarize,
    to_microseconds,
    with_retirement_steps,
)

MICROSECOND = timedelta(microseconds=1)


@given(RECORDS, TIMES)
def test_a_summary_has_step_and_urgency_at_any_time(pair_record: PairRecord, now: datetime) -> None:
    pair = pair_of_record("a", pair_record)
    summary = summarize(pair)
    assert summary.next_step(now) is pair_record.next_step(now)
    assert sort_key(SortOrder.URGENCY, now)(summary) == urgency_key(pair, now)
    assert summary.is_retired == (pair_record.stage is Stage.RETIRED)
    due, expired = count_due([summary], now)
    assert (due, expired) == (summary.is_due(now) and not summary.is_expired(now), summary.is_expired(now))
    assert summary.is_due(now) == (pair_record.next_step(now) is NextStep.RENEW)
    assert deadlines(summary, now).count(OVERDUE) == due + expired
    is_replaced = pair_record.renewed_by is not None
    assert summary.is_in_use == (pair_record.stage is not Stage.RETIRED and not is_replaced)


@given(st.builds(Validity, TIMES, TIMES), st.integers(-2, 2))
def test_a_summary_becomes_due_at_the_exact_moment(validity: Validity, offset: int) -> None:
    now = validity.not_after - (validity.not_after - validity.not_before) / 3 + offset * MICROSECOND
    pair_record = record()._replace(validity=validity)
    assert summarize(pair_of_record("a", pair_record)).next_step(now) is pair_record.next_step(now)


@given(TIMES)
def test_times_are_converted_back_exactly(time: datetime) -> None:
    assert from_microseconds(to_microseconds(time)) == time


@pytest.mark.parametrize("end", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_validity_at_the_end_of_time_has_a_summary(end: datetime) -> None:
    pair_record = record()._replace(validity=Validity(end, end))
    assert summarize(pair_of_record("a", pair_record)).next_step(NOW) is pair_record.next_step(NOW)


def test_a_summary_has_plain_values_only() -> None:
    summary = summarize(pair_of_record("a.com", record()._replace(retired=NOW)))
    assert (summary.name, summary.stage, summary.backup, summary.step) == (
        "a.com",
        Stage.RETIRED,
        BackupStatus.NONE,
        NextStep.NONE,
    )
    assert {type(value) for value in summary} <= {str, int, float, type(None)}
    assert summary.due is None


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({}, True),
        ({"backups": (Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),)}, False),
        ({"backups": (Backup(BackupStatus.MISSING, "/b.pem", NOW, NOW),)}, True),
        ({"retired": NOW}, False),
    ],
)
def test_a_pair_in_use_without_a_verified_backup_lacks_one(changes: dict[str, object], lacks: bool) -> None:
    pair = pair_of_record("a.com", record()._replace(**changes))  # type: ignore[arg-type]
    assert summarize(pair).lacks_backup is lacks


def test_retiring_is_the_next_step_of_a_pair_whose_replacement_is_installed() -> None:
    valid = Validity(NOW, NOW + timedelta(days=90))
    records = {
        "a": record(validity=valid, renewed_by="b"),
        "b": record(validity=valid, installed=NOW, renews="a"),
        "c": record(validity=valid, renewed_by="d"),
        "d": record(validity=valid, renews="c"),
        "e": record(validity=valid, renewed_by="b", retired=NOW),
        "f": record(validity=valid, renewed_by="gone"),
    }
    summaries = [summarize(pair_of_record(name, pair_record)) for name, pair_record in records.items()]
    assert summaries[1].stage == "installed"
    steps = {summary.name: summary.next_step(NOW) for summary in with_retirement_steps(summaries)}
    assert [name for name, step in steps.items() if step is NextStep.RETIRE] == ["a"]
    by_urgency = sorted(with_retirement_steps(summaries[::-1]), key=sort_key(SortOrder.URGENCY, NOW))
    assert [summary.name for summary in by_urgency] == ["b", "d", "a", "c", "f", "e"]
    assert with_retirement_steps(summaries[3:4]) == summaries[3:4]
