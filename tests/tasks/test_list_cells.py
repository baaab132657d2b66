"""The cells of many pairs are the same as those of single pairs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from many_pairs import RECORDS, pair_of_record
from requests_made import NOW

from csrtui.core.base.escaping import visible
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.pair import BackupStatus
from csrtui.core.pairs.summary import summarize
from csrtui.tasks.pair_text import EXPIRED, LIST_HEADER, NEXT_STEPS, age_text, date_text, list_columns

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair, PairRecord

MOMENTS = st.integers(-10, 10).map(lambda hours: NOW + timedelta(hours=hours))


@given(st.lists(RECORDS, min_size=1, max_size=4), MOMENTS)
def test_many_cells_are_those_of_each_pair(records: list[PairRecord], now: datetime) -> None:
    pairs = [pair_of_record(f"a-{number}", pair_record) for number, pair_record in enumerate(records)]
    rows = zip(*list_columns([summarize(pair) for pair in pairs], now), strict=True)
    assert list(rows) == [tuple(map(visible, cells_of(pair, now))) for pair in pairs]


def cells_of(pair: Pair, now: datetime) -> tuple[str, ...]:
    """Return a pair's cells, made from its record."""
    pair_record = pair.record
    cells = (
        pair.name,
        label_of_name(pair_record.key.type),
        date_text(pair_record.created),
        backup_cell(pair_record, now),
        EXPIRED if summarize(pair).is_expired(now) else pair_record.visible_stage,
        f"{pair_record.validity.days_left(now)} d" if pair_record.validity else "",
        NEXT_STEPS[pair_record.next_step(now)],
    )
    assert len(cells) == len(LIST_HEADER)
    return cells


def backup_cell(record: PairRecord, now: datetime) -> str:
    """Return the backup status, with its age if the age is known."""
    backup = record.backup
    if backup is None:
        return BackupStatus.NONE.value
    since = backup.verified if backup.status is BackupStatus.VERIFIED else backup.since
    return backup.status.value if since is None else f"{backup.status.value} {age_text(now - since)}"
