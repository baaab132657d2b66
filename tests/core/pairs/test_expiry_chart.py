"""The chart of expiries: counted by month, drawn to scale, the numbers beside the bars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests_made import NOW

from csrtui.core.base.times import Validity
from csrtui.core.pairs.expiry_chart import MONTHS, ChartRow, Expiries, Kind, Span, count, lay_out

DAY = timedelta(days=1)
NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def life(ends: datetime, days: int = 90) -> Validity:
    return Validity(ends - days * DAY, ends)


def drawn(expiries: Expiries, width: int) -> list[str]:
    return [(row.text + row.bar).rstrip() for row in lay_out(expiries, NAMES, width)[0]]


def test_what_ends_is_counted_in_its_month() -> None:
    found = count(
        [
            life(NOW - DAY),
            life(NOW),
            life(NOW + DAY),
            life(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
            life(datetime(2027, 10, 31, 23, 59, 59, tzinfo=UTC)),
            life(datetime(2027, 11, 1, tzinfo=UTC)),
        ],
        NOW,
    )
    assert found.total == 6
    assert found.first == (2026, 11)
    assert found.until_now == Span(due=2, expiring=1)
    assert [at for at, span in enumerate(found.months) if span.expiring] == [0, 1, 11]
    assert found.months[0].expiring == 2
    assert found.months[0].due == 0
    assert found.months[1].due == 1, "the one that ends on the last of December is due on its first"
    assert found.later.expiring == 1


def test_without_certificates_there_is_nothing_in_any_row() -> None:
    rows = drawn(count([], NOW), 60)
    assert len(rows) == MONTHS + 3
    assert all(row.split()[-2:] == ["·", "·"] for row in rows[1:])


def test_a_chart_in_the_width_of_a_terminal() -> None:
    ends = [NOW - DAY, NOW + DAY, *[NOW + 31 * DAY] * 3, NOW + 400 * DAY]
    rows = drawn(count(map(life, ends), NOW), 78)
    assert rows[:4] == [
        "             due  expire",
        "until today    1       1  ●",
        "Nov 2026       3       1  ●",
        "Dec 2026       ·       3  ●●●",
    ]
    assert rows[-1] == "later          1       1", "what comes later has no bar: it is not a month"


def test_the_months_run_over_the_turn_of_the_year() -> None:
    labels = [row.split("  ")[0] for row in drawn(count([], NOW), 60)[2:-1]]
    assert labels[:3] == ["Nov 2026", "Dec 2026", "Jan 2027"]
    assert labels[-1] == "Oct 2027"


@pytest.mark.parametrize(("most", "step"), [(0, 1), (50, 1), (51, 2), (101, 5), (251, 10), (100_000, 2000)])
def test_a_dot_stands_for_a_round_number(most: int, step: int) -> None:
    expiries = Expiries(most, Span(), (Span(0, most), *[Span()] * (MONTHS - 1)), Span(), (2026, 11))
    numbers = max(6, len(str(most))) + 2
    rows, found = lay_out(expiries, NAMES, 11 + 5 + numbers + 2 + 50)
    assert found == step
    assert len(rows[2].bar) == -(-most // step)


def test_one_among_many_is_still_seen() -> None:
    expiries = Expiries(
        1, Span(), (Span(0, 100_000), Span(0, 1), *[Span()] * (MONTHS - 2)), Span(), (2026, 11)
    )
    assert lay_out(expiries, NAMES, 60)[0][3].bar == "●"


numbers = st.integers(0, 100_000)
spans = st.builds(Span, numbers, numbers)
all_spans = st.lists(spans, min_size=MONTHS, max_size=MONTHS).map(tuple)


@given(
    expiries=st.builds(
        Expiries, numbers, spans, all_spans, spans, st.tuples(st.integers(1970, 9000), st.integers(1, 12))
    ),
    width=st.integers(0, 220),
)
def test_a_chart_fits_says_every_number_and_keeps_the_proportion(expiries: Expiries, width: int) -> None:
    rows, step = lay_out(expiries, NAMES, width)
    body: list[ChartRow] = rows[1:]
    shown = [expiries.until_now, *expiries.months, expiries.later]
    assert [row.kind for row in rows] == [Kind.HEAD, Kind.OVERDUE, *[Kind.MONTH] * (MONTHS + 1)]
    assert len({len(row.text) for row in rows}) == 1, "in columns"
    for row, span in zip(body, shown, strict=True):
        told = [0 if cell == "·" else int(cell) for cell in row.text.split()[-2:]]
        assert told == [span.due, span.expiring]
    if width > len(rows[0].text):
        assert all(len(row.text + row.bar) <= width for row in rows)
        assert all(
            len(row.bar) == -(-span.expiring // step) for row, span in zip(body[:-1], shown, strict=False)
        )
    else:
        assert not any(row.bar for row in rows)


@given(st.lists(st.tuples(st.integers(-900, 900), st.integers(0, 400)), max_size=40))
def test_every_certificate_is_in_one_row_only(lives: list[tuple[int, int]]) -> None:
    found = count([life(NOW + end * DAY, days) for end, days in lives], NOW)
    every = [found.until_now, *found.months, found.later]
    assert sum(span.expiring for span in every) == found.total == len(lives)
    assert sum(span.due for span in every) == len(lives) - found.until_now.expiring
