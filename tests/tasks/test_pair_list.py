"""The list of a store's pairs: selected, sorted, by need, and read by name."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from many_pairs import varied, write_pair, write_pairs
from requests_made import NOW, record

from csrtui.core.pairs.charts import PeriodCounts
from csrtui.core.pairs.counts import count_pairs
from csrtui.core.pairs.pair import NextStep, Pair
from csrtui.core.pairs.query import Need, Query, Retired, SortOrder, sort_key
from csrtui.core.pairs.summary import summarize
from csrtui.store.keystore import Keystore
from csrtui.tasks.list import (
    Pairs,
    UnreadablePair,
    count_expiries,
    pairs_with_key,
    read_all_pairs,
    read_pair_list,
    read_pairs,
)
from csrtui.tasks.pair_text import EXPIRED, LIST_HEADER, list_columns
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from csrtui.core.pairs.summary import PairSummary


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with a hundred pairs, two of which cannot be read."""
    store = tmp_path / "store"
    write_pairs(store, varied(100))
    (store / "pairs" / "www1.example.com" / "pair.json").write_text("{")
    (store / "pairs" / "mail2.example.com" / "key.pem").chmod(0o644)
    return store


@pytest.fixture
def session(store: Path) -> Session:
    """Return a session on it."""
    return Session(Keystore(str(store)), clock=lambda: NOW)


def test_the_list_has_the_pairs_of_the_store_and_the_errors_of_the_others(session: Session) -> None:
    all_pairs, pair_list = read_all_pairs(session), read_pair_list(session)
    assert pair_list.select(Query(), SortOrder.URGENCY, NOW) == [summarize(pair) for pair in all_pairs.pairs]
    errors = [(problem.name, problem.error.message) for problem in all_pairs.problems]
    assert [(problem.name, problem.error.message) for problem in pair_list.problems] == errors


@pytest.mark.parametrize("order", SortOrder)
@pytest.mark.parametrize(
    "query",
    [Query.parse("shop 1"), Query.parse("", NextStep.RENEW), Query.parse("e", retired=Retired.HIDDEN)],
)
def test_pairs_are_selected_in_order(session: Session, query: Query, order: SortOrder) -> None:
    pair_list = read_pair_list(session)
    selected = pair_list.select(query, order, NOW)
    assert 0 < len(selected) < 98
    assert selected == sorted(selected, key=sort_key(order, NOW))
    assert set(selected) == set(query.select(pair_list.summaries, NOW))


TYPED = (
    "s",
    "sh",
    "shop",
    "shop 1",
    "shop 10",
    "shop 1",
    "sh",
    "e",
    "ex",
    "exp",
    "expi",
    "exp",
    "ren",
    "re",
    "nov-2026",
)


def test_a_typed_filter_selects_the_same_as_a_new_one(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched = []
    select = Query.select

    def counted(query: Query, summaries: Sequence[PairSummary], now: datetime) -> list[PairSummary]:
        searched.append(len(summaries))
        return select(query, summaries, now)

    pair_list = read_pair_list(session)
    monkeypatch.setattr(Query, "select", counted)
    for now in (NOW, NOW + timedelta(days=200)):
        for retired in (*Retired, Retired.SHOWN):
            for text in TYPED:
                query = Query.parse(text, retired=retired)
                selected = pair_list.select(query, SortOrder.URGENCY, now)
                by_urgency = sorted(pair_list.summaries, key=sort_key(SortOrder.URGENCY, now))
                assert selected == select(query, by_urgency, now), text
    by_text = list(zip(TYPED, searched, strict=False))
    assert by_text[:2] == [("s", 98), ("sh", 98)], "all pairs have an s"
    shops, tens = searched[2], searched[4]
    assert tens < shops < 98
    expected = [("shop", shops), ("shop 1", shops), ("shop 10", tens), ("shop 1", tens), ("sh", shops)]
    assert by_text[2:7] == expected, "only the pairs that an earlier word selected"
    assert ("exp", 98) in by_text, "a word for the status matches other pairs"


@pytest.mark.parametrize("need", Need)
def test_the_names_of_pairs_with_a_need_come_by_urgency(session: Session, need: Need) -> None:
    pair_list = read_pair_list(session)
    by_urgency = pair_list.select(Query(), SortOrder.URGENCY, NOW)
    names = pair_list.names_needing(need, NOW)
    assert names == [summary.name for summary in by_urgency if need.applies_to(summary)]
    pairs = Pairs(session, names)
    assert [pair.name for pair in pairs] == names
    assert (pairs[1].name, [pair.name for pair in pairs[1:3]]) == (names[1], names[1:3])


def test_pairs_that_become_due_are_sorted_first_and_counted(session: Session) -> None:
    pair_list = read_pair_list(session)
    all_pairs = read_all_pairs(session)
    for now in (NOW, NOW + timedelta(seconds=59), NOW + timedelta(days=200), NOW):
        selected = pair_list.select(Query(), SortOrder.URGENCY, now)
        assert selected == sorted(selected, key=sort_key(SortOrder.URGENCY, now))
        due = sum(pair.record.next_step(now) is NextStep.RENEW for pair in all_pairs.pairs)
        counts = count_pairs(selected, now)
        assert counts.due + counts.expired == due
        assert pair_list.count(now) == count_pairs(selected, now)


@pytest.mark.parametrize("days", [0, 40, 200, 4000])
def test_due_and_expired_pairs_have_the_same_counts_everywhere(session: Session, days: int) -> None:
    now = NOW + timedelta(days=days)
    session.clock = lambda: now
    pair_list = read_pair_list(session)
    counts = pair_list.count(now)
    assert counts == count_pairs(pair_list.summaries, now), "the list and its command"
    chart = count_expiries(session).expiries
    assert chart.overdue == PeriodCounts(counts.due, counts.expired)

    def listed(text: str) -> int:
        # These names contain none of the words.
        return len(pair_list.select(Query.parse(text), SortOrder.NAME, now))

    for text in ("", "due", "example", "not backed up", "retired", "e"):
        filtered = pair_list.filter(Query.parse(text), SortOrder.NAME, now)
        assert filtered.counts == count_pairs(filtered.summaries, now), "a filter counts what it shows"
    assert (listed("due"), listed("expired")) == (counts.due, counts.expired)
    assert listed("overdue") == counts.due + counts.expired
    assert listed("not backed up") == counts.not_backed_up
    year, month = chart.first
    for offset, period in enumerate(chart.months):
        years, months = divmod(month - 1 + offset, 12)
        word = f"{date(year + years, months + 1, 1):%b-%Y}"
        due, expiring = period.due, period.expiring
        assert max(due, expiring) <= listed(word) <= due + expiring
    stages = list_columns(pair_list.summaries, now)[LIST_HEADER.index("Stage")]
    assert stages.count(EXPIRED) == counts.expired


def test_a_missing_or_damaged_pair_is_a_problem(session: Session) -> None:
    names = ["gone.example.com", "shop0.example.com", "www1.example.com"]
    items = list(read_pairs(session, names))
    assert [isinstance(item, Pair) for item in items] == [False, True, False]
    pairs = Pairs(session, names)
    assert len(pairs) == 3
    assert [pair.name for pair in pairs] == ["shop0.example.com"]
    with pytest.raises(IndexError):
        pairs[0]


def test_pairs_of_a_store_that_has_become_unsafe_are_problems(store: Path, session: Session) -> None:
    store.chmod(0o755)
    [problem] = read_pairs(session, ["shop0.example.com"])
    assert isinstance(problem, UnreadablePair)
    assert problem.name == "shop0.example.com"
    assert "others can read" in problem.error.message


def test_all_pairs_with_a_key_are_found(store: Path, session: Session) -> None:
    write_pair(store, "twin.example.com", record()._replace(key=next(iter(varied(1)))[1].key))
    names = {pair.name for pair in pairs_with_key(session, f"{0:064x}")}
    assert names == {"shop0.example.com", "twin.example.com"}
    assert pairs_with_key(session, "ff" * 32) == []
    shutil.rmtree(store)
    assert pairs_with_key(session, f"{0:064x}") == []
