"""The cells of many pairs are the same as those of single pairs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from many_pairs import RECORDS, pair_of_record
from requests_made import NOW, record
from tables import table

from csrtui.core.base.escaping import visible
from csrtui.core.base.validity import Validity, date_text
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.pair import BackupStatus
from csrtui.core.pairs.query import Query
from csrtui.core.pairs.summary import summarize, to_microseconds
from csrtui.tasks.pair_text import (
    EXPIRED,
    LIST_HEADER,
    NEXT_STEPS,
    age_text,
    deadline_text,
    list_columns,
)

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair, PairRecord

MOMENTS = st.integers(-10, 10).map(lambda hours: NOW + timedelta(hours=hours))


@given(st.lists(RECORDS, min_size=1, max_size=4), MOMENTS)
def test_many_cells_are_those_of_each_pair(records: list[PairRecord], now: datetime) -> None:
    pairs = [pair_of_record(f"a-{number}", pair_record) for number, pair_record in enumerate(records)]
    rows = zip(*list_columns([summarize(pair) for pair in pairs], now), strict=True)
    assert list(rows) == [tuple(map(visible, cells_of(pair, now))) for pair in pairs]


def test_the_step_revoke_ends_with_the_certificate() -> None:
    validity = Validity(NOW, NOW + timedelta(days=1))
    compromised = record(validity=validity, retired=NOW, compromised=NOW)
    pairs = [summarize(pair_of_record("a", one)) for one in (compromised, compromised._replace(revoked=NOW))]
    times = (NOW, validity.not_after + timedelta(seconds=1))
    assert [list_columns(pairs, now)[-1] for now in times] == [["revoke", "none"], ["none", "none"]]


@table(
    ("word", "days", "text"),
    [
        ("feb-2027", 80, "expires 11 Feb"),
        ("jan-2027", 99, "due 28 Jan"),
        ("mar-2027", 99, "expires 2 Mar"),
        ("dec-2026", 30, "due 13, expires 23 Dec"),
        (">oct-2027", 999, "due 2028, expires 2029"),
        (">dec-2028", 999, "expires 2029"),
        ("feb-2027", 99, ""),
        ("feb-1969", 99, ""),
    ],
)
def test_the_list_of_a_month_shows_the_deadline_in_it(word: str, days: int, text: str) -> None:
    period = Query.parse(f"a.com {word}").period
    assert period is not None
    validity = Validity(NOW, NOW + timedelta(days=days))
    summary = summarize(pair_of_record("a.com", record(validity=validity)))
    assert deadline_text(summary, period, NOW) == text
    assert Query.parse("a.com due").period is None


def cells_of(pair: Pair, now: datetime) -> tuple[str, ...]:
    """Return a pair's cells, made from its record."""
    pair_record = pair.record
    cells = (
        pair.name,
        label_of_name(pair_record.key.type),
        date_text(pair_record.created),
        backup_cell(pair_record, now),
        EXPIRED if summarize(pair).is_expired_at(to_microseconds(now)) else pair_record.visible_stage,
        f"{pair_record.deadline.days_left(now)} d" if pair_record.deadline else "",
        NEXT_STEPS[pair_record.visible_step(now)],
    )
    assert len(cells) == len(LIST_HEADER)
    return cells


def backup_cell(record: PairRecord, now: datetime) -> str:
    """Return the backup status, with its age if the age is known."""
    backup = record.backup
    if backup is None:
        return BackupStatus.NONE.value
    status = record.backup_status.value
    since = backup.verified if status == BackupStatus.VERIFIED else backup.since
    if since is None:
        return status
    is_new_loss = status != BackupStatus.VERIFIED and now - since < timedelta(days=1)
    return f"{status} {'today' if is_new_loss else age_text(now - since)}"
