"""The chart of expiries: counts by month, bars to scale, and numbers beside the bars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from many_pairs import pair_of_record
from requests_made import NOW, record
from tables import table

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.charts import (
    MONTH_COUNT,
    ChartRow,
    ChartRowKind,
    MonthlyCounts,
    PeriodCounts,
    chart_rows,
    count_by_month,
)
from csrtui.core.pairs.summary import PairSummary, summarize

DAY = timedelta(days=1)


def validity(ends: datetime, days: int = 90) -> PairSummary:
    """Return the summary of a pair whose certificate expires at this time."""
    return summarize(pair_of_record("a.com", record(validity=Validity(ends - days * DAY, ends))))


def drawn(counts: MonthlyCounts, width: int) -> list[str]:
    return [(row.text + row.bar).rstrip() for row in chart_rows(counts, width)[0]]


def test_certificates_are_counted_in_the_month_of_their_end() -> None:
    counts = count_by_month(
        [
            validity(NOW - DAY),
            validity(NOW),
            validity(NOW + DAY),
            validity(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
            validity(datetime(2027, 10, 31, 23, 59, 59, tzinfo=UTC)),
            validity(datetime(2027, 11, 1, tzinfo=UTC)),
        ],
        NOW,
    )
    assert counts.total == 6
    assert counts.first == (2026, 11)
    assert counts.overdue == PeriodCounts(due=2, expiring=1)
    assert [month for month, period in enumerate(counts.months) if period.expiring] == [0, 1, 11]
    assert counts.months[0].expiring == 2
    assert counts.months[0].due == 0
    assert counts.months[1].due == 1, "the one that ends on the last of December is due on its first"
    assert counts.later.expiring == 1


def test_without_certificates_every_row_is_empty() -> None:
    rows = drawn(count_by_month([], NOW), 60)
    assert len(rows) == MONTH_COUNT + 3
    assert all(row.split()[-2:] == ["·", "·"] for row in rows[1:])


def test_the_chart_in_a_terminal() -> None:
    ends = [NOW - DAY, NOW + DAY, *[NOW + 31 * DAY] * 3, NOW + 400 * DAY]
    rows = drawn(count_by_month(map(validity, ends), NOW), 78)
    assert rows[:4] == [
        "          due  expire",
        "overdue     1       1  ●",
        "Nov 2026    3       1  ●",
        "Dec 2026    ·       3  ●●●",
    ]
    assert rows[-1] == "later       1       1", "later is not a month and has no bar"


def test_the_months_continue_in_the_next_year() -> None:
    labels = [row.split("  ")[0] for row in drawn(count_by_month([], NOW), 60)[2:-1]]
    assert labels[:3] == ["Nov 2026", "Dec 2026", "Jan 2027"]
    assert labels[-1] == "Oct 2027"


@table(("most", "step"), [(0, 1), (50, 1), (51, 2), (101, 5), (251, 10), (100_000, 2000)])
def test_a_dot_represents_a_round_number(most: int, step: int) -> None:
    for month in (0, MONTH_COUNT - 1):
        months = [PeriodCounts()] * MONTH_COUNT
        months[month] = PeriodCounts(0, most)
        counts = MonthlyCounts(most, PeriodCounts(), tuple(months), PeriodCounts(), (2026, 11))
        numbers = max(6, len(str(most))) + 2
        rows, actual = chart_rows(counts, 8 + 5 + numbers + 2 + 50)
        assert actual == step
        assert len(rows[2 + month].bar) == -(-most // step)


def test_a_small_count_beside_a_large_one_still_has_a_dot() -> None:
    counts = MonthlyCounts(
        1,
        PeriodCounts(),
        (PeriodCounts(0, 100_000), PeriodCounts(0, 1), *[PeriodCounts()] * (MONTH_COUNT - 2)),
        PeriodCounts(),
        (2026, 11),
    )
    assert chart_rows(counts, 60)[0][3].bar == "●"


@table("room", [-40, -1, 0, 1])
def test_without_room_for_bars_only_the_numbers_are_drawn(room: int) -> None:
    counts = MonthlyCounts(
        3,
        PeriodCounts(1, 1),
        (PeriodCounts(0, 2), *[PeriodCounts()] * (MONTH_COUNT - 1)),
        PeriodCounts(),
        (2026, 11),
    )
    wide, _ = chart_rows(counts, 200)
    rows, step = chart_rows(counts, len(wide[0].text) + room)
    assert [row.text for row in rows] == [row.text for row in wide]
    assert [row.bar for row in rows if row.bar] == ["●", "●"] * (room > 0)
    assert step == (2 if room > 0 else 1)


numbers = st.integers(0, 100_000)
periods = st.builds(PeriodCounts, numbers, numbers)
all_periods = st.lists(periods, min_size=MONTH_COUNT, max_size=MONTH_COUNT).map(tuple)


@given(
    counts=st.builds(
        MonthlyCounts,
        numbers,
        periods,
        all_periods,
        periods,
        st.tuples(st.integers(1970, 9000), st.integers(1, 12)),
    ),
    width=st.integers(0, 220),
)
def test_a_chart_fits_with_every_number_and_in_proportion(counts: MonthlyCounts, width: int) -> None:
    rows, step = chart_rows(counts, width)
    body: list[ChartRow] = rows[1:]
    shown = [counts.overdue, *counts.months, counts.later]
    assert [row.kind for row in rows] == [
        ChartRowKind.HEAD,
        ChartRowKind.OVERDUE,
        *[ChartRowKind.MONTH] * (MONTH_COUNT + 1),
    ]
    assert len({len(row.text) for row in rows}) == 1, "in columns"
    for row, period in zip(body, shown, strict=True):
        numbers_shown = [0 if cell == "·" else int(cell) for cell in row.text.split()[-2:]]
        assert numbers_shown == [period.due, period.expiring]
    if width > len(rows[0].text):
        assert all(len(row.text + row.bar) <= width for row in rows)
        assert all(
            len(row.bar) == -(-period.expiring // step) for row, period in zip(body[:-1], shown, strict=False)
        )
    else:
        assert not any(row.bar for row in rows)


@given(st.lists(st.tuples(st.integers(-900, 900), st.integers(0, 400)), max_size=40))
def test_every_certificate_is_in_one_row(validities: list[tuple[int, int]]) -> None:
    counts = count_by_month([validity(NOW + end * DAY, days) for end, days in validities], NOW)
    periods = [counts.overdue, *counts.months, counts.later]
    assert sum(period.expiring for period in periods) == counts.total == len(validities)
    assert sum(period.due for period in periods) == len(validities) - counts.overdue.expiring
