"""What pairs are asked for, and how they are sorted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from many_pairs import pair_of_record
from requests_made import NOW, record

from csrtui.core.base.times import Validity
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep
from csrtui.core.pairs.query import Need, Query, Retired, SortOrder, shown_for, sort_key
from csrtui.core.pairs.summary import PairSummary, summarize

BARE = summarize(pair_of_record("www.example.com", record()))
SAFE = summarize(pair_of_record("safe", record(backups=(Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),))))
GONE = summarize(pair_of_record("gone", record(retired=NOW)))


@pytest.mark.parametrize(
    ("query", "met"),
    [
        (Query(), [BARE, SAFE, GONE]),
        (Query.typed("  "), [BARE, SAFE, GONE]),
        (Query.typed("WWW example"), [BARE]),
        (Query.typed("www safe"), []),
        (Query.typed("", retired=Retired.HIDDEN), [BARE, SAFE]),
        (Query.typed("retired"), [GONE]),
        (Query.typed("", NextStep.BACK_UP), [BARE]),
    ],
)
def test_a_query_selects_the_pairs_that_meet_it(query: Query, met: list[PairSummary]) -> None:
    assert query.select((BARE, SAFE, GONE), NOW) == met


@pytest.mark.parametrize(("need", "pairs"), [(Need.BACKUP, [BARE]), (Need.VERIFICATION, [SAFE])])
def test_a_need_applies_to_some_pairs(need: Need, pairs: list[PairSummary]) -> None:
    assert [summary for summary in (BARE, SAFE, GONE) if need.applies_to(summary)] == pairs


def test_pairs_are_sorted_by_each_order() -> None:
    old = pair_of_record("old", record(created=NOW - timedelta(days=9), validity=Validity(NOW, NOW)))
    new = pair_of_record("a-new", record(created=NOW))
    summaries = [summarize(new), summarize(old), SAFE]
    names = {
        order: [summary.name for summary in sorted(summaries, key=sort_key(order, NOW))]
        for order in SortOrder
    }
    assert names[SortOrder.NAME] == ["a-new", "old", "safe"]
    assert names[SortOrder.LEFT] == ["old", "a-new", "safe"]
    assert names[SortOrder.MADE][-1] == "old"
    assert names[SortOrder.URGENCY] == ["old", "a-new", "safe"], "due, not backed up, to submit"


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("MÜNCHEN", True), ("xn--mnchen", True), ("EC p-256", True), ("ec-p256", True), ("münster", False)],
)
def test_names_and_keys_are_found_as_people_write_them(text: str, *, is_found: bool) -> None:
    names = ("xn--mnchen-3ya.de", "xn--invalid-.de", "www.example.com")
    summary = summarize(pair_of_record("xn--mnchen-3ya.de", record()._replace(names=names)))
    assert bool(Query.typed(text).select([summary], NOW)) is is_found


def test_the_orders_go_round() -> None:
    order = SortOrder.URGENCY
    for _ in SortOrder:
        order = order.following
    assert order is SortOrder.URGENCY


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", False), ("retired", True), ("a RETIRED", True), ("retire", False), ("retired.example.com", False)],
)
def test_the_word_retired_asks_for_retired_pairs(text: str, shown: bool) -> None:
    assert (shown_for(text, Retired.HIDDEN) is Retired.SHOWN) is shown
    assert shown_for(text, Retired.SHOWN) is Retired.SHOWN
