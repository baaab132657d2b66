"""The line of a pair says at any time what the pair itself would say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_pairs import RECORDS, TIMES, pair_of_record
from requests_made import NOW, record

from csrtui.core.pair import BackupStatus, NextStep, PairRecord, Stage, Validity, urgency
from csrtui.core.pair_line import PairLine, line_of, moment, thirds, time_at
from csrtui.core.pair_query import Need

MICROSECOND = timedelta(microseconds=1)


def rank(line: PairLine, now: datetime) -> tuple[int, float, str]:
    """What a list sorts a line by."""
    is_due = line.due is not None and line.due <= thirds(now)
    return (line.due_rank if is_due else line.rank, line.weight, line.name)


@given(RECORDS, TIMES)
def test_a_line_knows_step_and_urgency_at_any_time(one: PairRecord, now: datetime) -> None:
    pair = pair_of_record("a", one)
    line = line_of(pair)
    assert line.next_step(now) is one.next_step(now)
    assert rank(line, now) == urgency(pair, now)
    assert line.is_bare() is Need.BACKUP.is_of(pair)


@given(st.builds(Validity, TIMES, TIMES), st.integers(-2, 2))
def test_a_line_turns_due_at_the_very_moment(life: Validity, off: int) -> None:
    now = life.not_after - (life.not_after - life.not_before) / 3 + off * MICROSECOND
    one = record()._replace(validity=life)
    assert line_of(pair_of_record("a", one)).next_step(now) is one.next_step(now)


@given(TIMES)
def test_times_come_back_exactly(time: datetime) -> None:
    assert time_at(moment(time)) == time


@pytest.mark.parametrize("end", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_life_at_the_end_of_time_is_a_life(end: datetime) -> None:
    life = Validity(end, end)
    one = record()._replace(validity=life)
    assert line_of(pair_of_record("a", one)).next_step(NOW) is one.next_step(NOW)


def test_a_line_is_plain() -> None:
    line = line_of(pair_of_record("a.com", record()._replace(retired=NOW)))
    assert (line.name, line.stage, line.backup, line.step) == (
        "a.com",
        Stage.RETIRED,
        BackupStatus.NONE,
        NextStep.NONE,
    )
    assert {type(value) for value in line} <= {str, int, float, type(None)}
    assert line.due is None
