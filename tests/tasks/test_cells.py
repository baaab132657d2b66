"""The cells of many pairs are those of each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from many_pairs import RECORDS, pair_of_record
from requests_made import NOW, record

from csrtui.core.pair_line import line_of
from csrtui.core.visible import visible
from csrtui.tasks.cells import columns
from csrtui.tasks.wording import list_row

if TYPE_CHECKING:
    from csrtui.core.pair import PairRecord

MOMENTS = st.integers(-10, 10).map(lambda hours: NOW + timedelta(hours=hours))


@given(st.lists(RECORDS, min_size=1, max_size=4), MOMENTS)
def test_many_cells_are_those_of_each_pair(records: list[PairRecord], now: datetime) -> None:
    pairs = [pair_of_record(f"a-{number}", one) for number, one in enumerate(records)]
    rows = zip(*columns([line_of(pair) for pair in pairs], now), strict=True)
    assert list(rows) == [tuple(map(visible, list_row(pair, now))) for pair in pairs]


def test_the_day_on_which_the_year_begins_to_be_told() -> None:
    minutes = range(-24 * 60, 24 * 60, 37)
    times = [NOW - timedelta(days=300) + timedelta(minutes=one) for one in minutes]
    pairs = [pair_of_record("a", record(created=created)) for created in times]
    assert [*zip(*columns([*map(line_of, pairs)], NOW), strict=True)] == [
        list_row(pair, NOW) for pair in pairs
    ]
