"""What pairs are asked for, and how they are sorted."""

from __future__ import annotations

import pytest
from many_pairs import pair_of_record
from requests_made import NOW, record

from csrtui.core.pair import Backup, BackupStatus, NextStep
from csrtui.core.pair_query import Need, Order, Query, Retired, shown_for

BARE = pair_of_record("www.example.com", record())
SAFE = pair_of_record("safe", record(backups=(Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW),)))
GONE = pair_of_record("gone", record(retired=NOW))


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
        (Query(need=Need.BACKUP), [BARE]),
        (Query(need=Need.VERIFICATION), [SAFE]),
    ],
)
def test_what_is_asked_for(query: Query, met: list[object]) -> None:
    assert [pair for pair in (BARE, SAFE, GONE) if query.is_met(pair, NOW)] == met


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("MÜNCHEN", True), ("xn--mnchen", True), ("EC p-256", True), ("ec-p256", True), ("münster", False)],
)
def test_names_and_keys_are_found_as_people_write_them(text: str, *, is_found: bool) -> None:
    names = ("xn--mnchen-3ya.de", "xn--invalid-.de", "www.example.com")
    pair = pair_of_record("xn--mnchen-3ya.de", record()._replace(names=names))
    assert Query.typed(text).is_met(pair, NOW) is is_found


def test_the_orders_go_round() -> None:
    order = Order.URGENCY
    for _ in Order:
        order = order.following
    assert order is Order.URGENCY


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", False), ("retired", True), ("a RETIRED", True), ("retire", False), ("retired.example.com", False)],
)
def test_the_word_retired_asks_for_retired_pairs(text: str, shown: bool) -> None:
    assert (shown_for(text, Retired.HIDDEN) is Retired.SHOWN) is shown
    assert shown_for(text, Retired.SHOWN) is Retired.SHOWN
