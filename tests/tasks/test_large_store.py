"""A store of many pairs is looked up, listed and sorted like one of few."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from many_pairs import varied, write_pair, write_pairs
from requests_made import NOW, record

from csrtui.core.pair import NextStep, Pair
from csrtui.core.pair_query import Need, Order, Query, Retired
from csrtui.store.index import FILE, Index
from csrtui.store.keystore import Keystore
from csrtui.tasks import large_store, looking
from csrtui.tasks.holdings import Few, Holdings
from csrtui.tasks.large_store import Many, PairsByName
from csrtui.tasks.looking import Found, look_up, pairs_with_key
from csrtui.tasks.review import Problem, list_pairs
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from array import array
    from datetime import datetime
    from pathlib import Path

    from csrtui.core.pair_line import PairLine

QUERIES = (
    Query(),
    Query.typed("shop 1"),
    Query.typed("RETIRED"),
    Query.typed("", NextStep.RENEW),
    Query.typed("example", NextStep.BACK_UP, Retired.HIDDEN),
    Query.typed("nothing of the kind"),
    Query(need=Need.BACKUP),
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a store of a hundred pairs, two of which cannot be read."""
    store = tmp_path / "store"
    write_pairs(store, varied(100))
    (store / "pairs" / "www1.example.com" / "pair.json").write_text("{")
    (store / "pairs" / "mail2.example.com" / "key.pem").chmod(0o644)
    return store


@pytest.fixture
def session(store: Path) -> Session:
    """Give a session on it."""
    return Session(Keystore(str(store)), clock=lambda: NOW)


def told(found: Found[list[PairLine]]) -> tuple[object, ...]:
    """All that a search tells."""
    pairs = list(found.pairs())
    return found.tally, found.made, pairs, [(one.name, one.error.what) for one in found.problems]


@pytest.mark.parametrize("query", QUERIES)
def test_many_are_looked_up_like_few(
    store: Path, session: Session, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = told(look_up(session, query, NOW, list))
    assert not (store / FILE).exists()
    monkeypatch.setattr(looking, "MANY", 100)
    for _ in range(2):
        assert told(look_up(session, query, NOW, list)) == expected
    assert (store / FILE).exists()


def test_a_pair_that_goes_while_it_is_told_is_among_the_problems(
    store: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MANY", 1)
    found = look_up(session, Query.typed("shop0.example.com"), NOW, list)
    shutil.rmtree(store / "pairs" / "shop0.example.com")
    assert list(found.pairs()) == []
    assert found.problems[-1].name == "shop0.example.com"


def test_a_store_that_is_not_there_has_not_many(tmp_path: Path) -> None:
    assert not Keystore(str(tmp_path / "none")).has_many(1)


def holdings(session: Session) -> tuple[Holdings, Holdings]:
    """The same store, held as few and as many."""
    many = Many(session)
    assert many.recall() == 0
    assert not many.is_checked
    many.check(lambda _done, _all: None)
    return Few(list_pairs(session)), many


@pytest.mark.parametrize("order", Order)
def test_many_are_selected_and_sorted_like_few(session: Session, order: Order) -> None:
    few, many = holdings(session)
    assert [(one.name, one.error.what) for one in many.problems] == [
        (one.name, one.error.what) for one in few.problems
    ]
    for query in QUERIES:
        items, tally = few.select(query, order, NOW)
        others, other_tally = many.select(query, order, NOW)
        assert tally == other_tally
        assert len(items) == len(others)
        assert [items.item(at) for at in range(len(items))] == [others.item(at) for at in range(len(items))]
        for at in range(0, len(items), 7):
            item = items.item(at)
            assert others.place(item.name) == items.place(item.name) == at
        assert others.place("nobody") is items.place("nobody") is None
        assert len(items) == 98 or others.place("shop0.example.com") == items.place("shop0.example.com")


@pytest.mark.parametrize("need", Need)
def test_who_needs_what_among_many(session: Session, need: Need) -> None:
    few, many = holdings(session)
    wanted, needy = few.needing(need, NOW), many.needing(need, NOW)
    assert isinstance(needy, PairsByName)
    assert list(needy) == list(wanted)
    assert (len(needy), needy.names) == (len(wanted), [pair.name for pair in wanted])
    assert (needy[1], list(needy[1:3])) == (wanted[1], list(wanted[1:3]))
    names = ["shop0.example.com", "www1.example.com", "gone.example.com"]
    assert few.named(names) == many.named(names)
    assert (few.is_quick, few.is_current, many.is_quick, many.is_current) == (True, True, False, True)


def test_what_was_found_is_remembered_until_something_changes(
    store: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Query] = []
    ids = Index.ids

    def counted(index: Index, query: Query, order: Order | None, now: datetime) -> array[int]:
        asked.append(query)
        return ids(index, query, order, now)

    monkeypatch.setattr(Index, "ids", counted)
    many = Many(session)
    many.check(lambda _done, _all: None)
    typed = [Query.typed(text) for text in ("s", "sh", "sh 1", "sh", "s")]
    lengths = [len(many.select(query, Order.NAME, NOW)[0]) for query in typed]
    assert lengths[:2] == lengths[:2:-1]
    assert asked == [Query(), *typed[:3]]
    write_pair(store, "sh-new", record())
    many.check(lambda _done, _all: None)
    assert len(many.select(typed[0], Order.NAME, NOW)[0]) == lengths[0] + 1
    assert asked[4:] == [Query(), typed[0]]
    many.select(typed[0], Order.NAME, NOW + timedelta(minutes=2))
    many.select(typed[0], Order.MADE, NOW)
    assert asked[6:] == [Query()], "the order is another, what is found is the same"
    many.select(typed[0], Order.NAME, NOW + timedelta(days=400))
    many.select(typed[0], Order.NAME, NOW)
    assert asked[7:] == [Query(), typed[0]] * 2, "renewals have become due, and the clock was put back"


def test_who_came_and_went_is_selected_before_the_next_check(store: Path, session: Session) -> None:
    many = Many(session)
    many.check(lambda _done, _all: None)
    assert len(many.select(Query(), Order.NAME, NOW)[0]) == 98
    assert not many.follow()
    write_pair(store, "a-new.example.com", record())
    for name in ("shop0.example.com", "shop7.example.com"):
        shutil.rmtree(store / "pairs" / name)
    assert many.follow()
    items, tally = many.select(Query(), Order.NAME, NOW)
    assert (len(items), tally.pairs, items.item(0).name) == (97, 97, "a-new.example.com")


def test_rows_that_were_read_are_read_anew_when_that_is_asked_for(store: Path, session: Session) -> None:
    few, many = holdings(session)
    for held, is_anew in ((few, False), (many, True)):
        items, _ = held.select(Query(), Order.NAME, NOW)
        first = items.item(0)
        write_pair(store, first.name, record()._replace(platform="other"))
        assert items.item(0) == first
        items.read_anew()
        assert (items.item(0) != first) is is_anew
        shutil.rmtree(store / "pairs" / first.name)


def test_of_what_was_found_only_so_much_is_remembered(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_store, "_REMEMBERED", 60)
    _, many = holdings(session)
    for text in ("example", "shop", "www", "example"):
        many.select(Query.typed(text), Order.NAME, NOW)
        known = many._known.found  # type: ignore[attr-defined]
        assert next(reversed(known)) == Query.typed(text)
        assert len(known) == 1 or sum(len(found) for _, found in known.values()) <= 60


def test_rows_are_as_their_folders_are_and_one_that_is_gone_is_said_to_be(
    store: Path, session: Session
) -> None:
    many = Many(session)
    many.check(lambda _done, _all: None)
    items, _ = many.select(Query(), Order.NAME, NOW)
    first = items.item(0)
    assert isinstance(first, Pair)
    write_pair(store, first.name, record()._replace(platform="other"))
    again, _ = many.select(Query(), Order.NAME, NOW)
    now = again.item(0)
    assert isinstance(now, Pair)
    assert now.record.platform == "other"
    shutil.rmtree(store / "pairs" / first.name)
    gone = many.select(Query(), Order.NAME, NOW)[0].item(0)
    assert isinstance(gone, Problem)
    assert "No such file" in gone.error.what
    (store / FILE).write_bytes(b"")
    assert not many.is_current
    lost = again.item(97)
    assert isinstance(lost, Problem)
    assert "not in the store any more" in lost.error.what


def test_far_more_rows_than_a_screen_has_are_not_held(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_store, "_BLOCKS", 2)
    many = Many(session)
    many.check(lambda _done, _all: None)
    items, _ = many.select(Query(), Order.NAME, NOW)
    names = [items.item(at).name for at in range(len(items))]
    assert names == sorted(names)
    assert [items.item(at).name for at in reversed(range(len(items)))] == names[::-1]
    assert len(items._blocks) == 2  # type: ignore[attr-defined]


def test_what_becomes_due_comes_first_in_time(store: Path, session: Session) -> None:
    many = Many(session)
    many.check(lambda _done, _all: None)
    later = NOW + timedelta(days=200)
    few = Few(list_pairs(session))
    for now in (NOW, NOW + timedelta(seconds=59), later, NOW):
        items, tally = many.select(Query(), Order.URGENCY, now)
        others, other_tally = few.select(Query(), Order.URGENCY, now)
        assert tally == other_tally
        assert [items.item(at).name for at in range(98)] == [others.item(at).name for at in range(98)]
    assert store.exists()


def test_the_pairs_of_a_key_are_found_among_many_and_few(
    store: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair(store, "twin.example.com", record()._replace(key=next(iter(varied(1)))[1].key))
    spki = f"{0:064x}"
    few = pairs_with_key(session, spki)
    monkeypatch.setattr(looking, "MANY", 1)
    many = pairs_with_key(session, spki)
    assert {pair.name for pair in few} == {"shop0.example.com", "twin.example.com"}
    assert sorted(many, key=lambda pair: pair.name) == sorted(few, key=lambda pair: pair.name)
    assert pairs_with_key(session, "nobody's") == []


def test_rows_of_a_store_that_cannot_be_used_any_more_say_so(store: Path, session: Session) -> None:
    many = Many(session)
    many.check(lambda _done, _all: None)
    items, _ = many.select(Query(), Order.NAME, NOW)
    waiting = many.needing(Need.BACKUP, NOW)
    store.chmod(0o755)
    first = items.item(0)
    assert isinstance(first, Problem)
    assert first.name
    assert "others can read" in first.error.what
    assert list(waiting) == []
