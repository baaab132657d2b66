"""The cache answers what reading every pair would answer; and whatever becomes of its file is noticed."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_pairs import ANY_TEXT, RECORDS, TIMES, pair_of_record
from requests_made import NOW, record
from store_state import mode_of

from csrtui.core.pair import NextStep, Pair, PairRecord
from csrtui.core.pair_line import by_urgency, line_of, thirds
from csrtui.core.pair_query import Need, Order, Query, Retired, searched_text, sort_key
from csrtui.store.index import FILE, FILES, Index, IndexBrokenError, Where, open_index, private_index
from csrtui.store.index_row import Row, lines_if_as
from csrtui.tasks.tally import tally_of, tally_of_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

NAMES = st.sampled_from(["a", "a-2", "b.example", "wildcard.example.com", "z" * 64, "0"])
QUERIES = st.builds(
    Query.typed,
    st.lists(ANY_TEXT | NAMES | st.sampled_from(["retired", "NONE", "ec-p256", "é"]), max_size=2).map(
        " ".join
    ),
    st.none() | st.none() | st.sampled_from(NextStep),
    st.sampled_from(Retired),
) | st.builds(Query, need=st.sampled_from(Need))


def row(pair: Pair, stamp: bytes = b"stamp") -> Row:
    return Row(line_of(pair), pair.record.key.spki_sha256, searched_text(pair), stamp)


@pytest.fixture
def store_fd(folder: Path) -> Iterator[int]:
    """Give the descriptor of a store's folder."""
    folder.mkdir(0o700)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def stamps(index: Index) -> dict[str, object]:
    """The stamps that it has; of a row that is not what was written there is None."""
    return {name: kept.stamp for name, kept in index.rows("", None).items()}


@given(st.dictionaries(NAMES, RECORDS), QUERIES, st.sampled_from(Order), TIMES)
def test_sql_finds_sorts_and_counts_what_python_does(
    records: dict[str, PairRecord], query: Query, order: Order, now: datetime
) -> None:
    pairs = [pair_of_record(name, one) for name, one in records.items()]
    index = private_index()
    index.change([row(pair) for pair in pairs], ())
    wanted = [pair for pair in sorted(pairs, key=sort_key(order, now)) if query.is_met(pair, now)]
    assert index.every_name(query, order, now) == [pair.name for pair in wanted]
    assert index.names(index.ids(query, order, now)) == [pair.name for pair in wanted]
    assert sorted(index.names(index.ids(query, None, now)), key=str) == sorted(pair.name for pair in wanted)
    assert list(index.lines(query, order, now)) == [line_of(pair) for pair in wanted]
    lines = [kept.line for kept in index.rows("", None).values()]
    assert sorted(lines) == sorted(line_of(pair) for pair in pairs)
    if not query.words:
        met = by_urgency([line for line in lines if line.meets(query, now)], now)
        assert met == [line_of(pair) for pair in sorted(wanted, key=sort_key(Order.URGENCY, now))]
        assert tally_of_lines(met, now) == tally_of(wanted, now)
    assert index.counts(query, now) == (
        len(wanted),
        sum(Need.BACKUP.is_of(pair) for pair in wanted),
        sum(pair.record.next_step(now) is NextStep.RENEW for pair in wanted),
        sum(pair.record.retired is not None for pair in wanted),
    )
    for pair in pairs:
        same_key = sorted(
            other.name for other in pairs if other.record.key.spki_sha256 == pair.record.key.spki_sha256
        )
        assert index.with_key(pair.record.key.spki_sha256) == same_key
    assert list(index.known()) == sorted(records)
    lines = [line_of(pair) for pair in pairs]
    later = [line.due for line in lines if line.due is not None and line.due > thirds(now)]
    assert index.next_due(now) == min(later, default=None)
    index.close()


def test_a_pair_keeps_its_number_when_it_changes_and_a_number_without_a_pair_has_no_name() -> None:
    index = private_index()
    one, other = (pair_of_record(name, record()) for name in "ab")
    index.change([row(one), row(other)], ())
    number = index.number("a")
    assert number is not None
    index.change([row(one, b"another")], ["b"])
    assert index.number("a") == number
    assert index.number("b") is None
    assert index.names([number, 77]) == ["a", None]
    assert stamps(index) == {"a": b"another"}
    index.expect(1)
    with pytest.raises(IndexBrokenError):
        index.expect(2)


def test_the_file_is_for_its_owner_only_and_is_found_again(folder: Path, store_fd: int) -> None:
    index = open_index(store_fd, str(folder))
    assert index.kept is Where.ON_DISK
    index.change([row(pair_of_record("a", record()))], ())
    index.close()
    assert mode_of(folder / FILE) == 0o600
    assert os.listdir(folder) == [FILE]
    again = open_index(store_fd, str(folder))
    assert stamps(again) == {"a": b"stamp"}
    again.close()


SPOILT = {
    "not a database": lambda path: path.write_bytes(b"x" * 5000),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: os.truncate(path, 4096 + 100),
    "another table": lambda path: execute(path, "ALTER TABLE pairs ADD COLUMN more"),
    "no table": lambda path: execute(path, "DROP TABLE pairs"),
    "a view beside it": lambda path: execute(path, "CREATE VIEW more AS SELECT 1"),
}


def execute(path: Path, sql: str) -> None:
    database = sqlite3.connect(path)
    database.execute(sql)
    database.commit()
    database.close()


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_file_that_is_no_cache_is_made_anew(
    folder: Path, store_fd: int, spoil: Callable[[Path], object]
) -> None:
    index = open_index(store_fd, str(folder))
    index.change([row(pair_of_record("a", record()))], ())
    index.close()
    spoil(folder / FILE)
    again = open_index(store_fd, str(folder))
    assert again.kept is Where.ON_DISK
    assert known_or_damaged(again) in ({}, "damaged")
    again.close()


@pytest.mark.parametrize("spoilt", [b"CREATE TABLE pairs (\xa6d", b"CREATE TABLE pair\xff ("])
def test_a_cache_whose_tables_are_no_text_is_made_anew(store_fd: int, folder: Path, spoilt: bytes) -> None:
    open_index(store_fd, str(folder)).close()
    data = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(data.replace(b"CREATE TABLE pairs (id"[: len(spoilt)], spoilt))
    again = open_index(store_fd, str(folder))
    assert (again.kept, known_or_damaged(again)) == (Where.ON_DISK, {})


def test_a_cell_that_is_no_text_is_damage(store_fd: int, folder: Path) -> None:
    index = open_index(store_fd, str(folder))
    index.change([row(pair_of_record("the-name", record()))], ())
    index.close()
    (folder / FILE).write_bytes((folder / FILE).read_bytes().replace(b"the-name", b"\xff" * 8))
    with closing(open_index(store_fd, str(folder))) as again:
        assert known_or_damaged(again) == "damaged"


def known_or_damaged(index: Index) -> dict[str, object] | str:
    try:
        return stamps(index)
    except IndexBrokenError as error:
        return "damaged" if error.is_damage else "refused"


def link(path: Path) -> None:
    (path.parent / "elsewhere").touch(0o600)
    path.symlink_to("elsewhere")


UNSAFE = {
    "a link": link,
    "a folder": lambda path: path.mkdir(0o700),
    "a FIFO": lambda path: os.mkfifo(path, 0o600),
    "readable by others": lambda path: (path.touch(), path.chmod(0o644)),
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("make", UNSAFE.values(), ids=UNSAFE)
def test_what_is_not_safe_is_left_alone(
    folder: Path, store_fd: int, make: Callable[[Path], object], file: str
) -> None:
    make(folder / file)
    before = (folder / file).lstat()
    index = open_index(store_fd, str(folder))
    assert index.kept is Where.IN_MEMORY
    index.change([row(pair_of_record("a", record()))], ())
    assert index.number("a") is not None
    assert index.is_as_noted()
    index.note_state()
    index.close()
    assert (folder / file).lstat().st_mode == before.st_mode
    assert (folder / file).lstat().st_size == before.st_size


def test_a_row_that_is_not_what_was_written_has_no_stamp(folder: Path, store_fd: int) -> None:
    index = open_index(store_fd, str(folder))
    index.change([row(pair_of_record(name, record())) for name in "ab"], ())
    execute(folder / FILE, "UPDATE pairs SET stage = 'issued' WHERE name = 'b'")
    assert stamps(index) == {"a": b"stamp", "b": None}
    assert index.holds(row(pair_of_record("a", record())))
    index.close()


def test_it_is_noticed_when_somebody_else_writes(folder: Path, store_fd: int) -> None:
    index, other = (open_index(store_fd, str(folder)) for _ in range(2))
    index.note_state()
    assert index.is_as_noted()
    index.change([row(pair_of_record("a", record()))], ())
    assert index.is_as_noted(), "its own changes are known"
    other.change([row(pair_of_record("b", record()))], ())
    assert not index.is_as_noted()
    index.note_state()
    assert index.is_as_noted()
    (folder / FILE).unlink()
    assert not index.is_as_noted()
    index.close()
    other.close()


def test_nobody_is_waited_for_for_long(folder: Path, store_fd: int) -> None:
    index = open_index(store_fd, str(folder))
    index.change([row(pair_of_record("a", record()))], ())
    holder = sqlite3.connect(folder / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    index.change([row(pair_of_record("b", record()))], ["a"])
    assert index.kept is Where.IN_MEMORY
    assert stamps(index) == {"b": b"stamp"}
    holder.execute("COMMIT")
    holder.execute("BEGIN EXCLUSIVE")
    shut_out = open_index(store_fd, str(folder))
    assert shut_out.kept is Where.IN_MEMORY
    holder.close()
    for one in (index, shut_out):
        one.close()
    again = open_index(store_fd, str(folder))
    assert stamps(again) == {"a": b"stamp"}
    again.close()


def test_what_cannot_be_answered_is_said(folder: Path, store_fd: int) -> None:
    index = open_index(store_fd, str(folder))
    execute(folder / FILE, "DROP TABLE pairs")
    for ask in (
        lambda: stamps(index),
        lambda: list(index.lines(Query(), Order.NAME, NOW)),
        lambda: index.change([row(pair_of_record("a", record()))], ()),
    ):
        with pytest.raises(IndexBrokenError):
            ask()
    index.close()
    with pytest.raises(IndexBrokenError):
        index.with_key("")
    private = private_index()
    private.close()
    with pytest.raises(IndexBrokenError):
        private.change([row(pair_of_record("a", record()))], ())


def test_memory_that_is_lost_is_said_too() -> None:
    index = private_index()
    index._database.execute("DROP TABLE pairs")
    with pytest.raises(IndexBrokenError):
        index.change([row(pair_of_record("a", record()))], ())
    index.close()


def test_a_spoilt_file_that_cannot_be_removed_is_done_without(
    folder: Path, store_fd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / FILE).write_bytes(b"x" * 5000)
    (folder / FILE).chmod(0o600)
    monkeypatch.setattr("csrtui.store.index.remove_index", lambda _: None)
    index = open_index(store_fd, str(folder))
    assert index.kept is Where.IN_MEMORY
    index.close()


def test_it_is_not_closed_under_somebody_who_asks(folder: Path, store_fd: int) -> None:
    index = open_index(store_fd, str(folder))
    index.change([row(pair_of_record("a.com", record()))], ())
    closing = threading.Thread(target=index.close)
    with index._asking():
        closing.start()
        closing.join(0.05)
        assert closing.is_alive()
        assert index.counts(Query(), NOW)[0] == 1
    closing.join()
    with pytest.raises(IndexBrokenError):
        index.counts(Query(), NOW)


@given(st.dictionaries(NAMES, RECORDS, min_size=1))
def test_the_lines_of_pairs_are_read_all_at_once_when_nothing_changed(
    records: dict[str, PairRecord],
) -> None:
    pairs = [pair_of_record(name, records[name]) for name in sorted(records)]
    index = private_index()
    index.change([row(pair, pair.name.encode()) for pair in pairs], ())
    shown, stamps = index.shown("", None), [pair.name.encode() for pair in pairs]
    assert lines_if_as(shown, stamps) == [line_of(pair) for pair in pairs]
    assert lines_if_as(shown, [*stamps[:-1], None]) is None
    assert lines_if_as(shown, [*stamps[:-1], b"other"]) is None
    assert lines_if_as(shown[:-1], stamps) is None
    for spoilt in (b"", b"[]", None, 5, "text"):
        _line, *rest = shown[-1]
        assert lines_if_as([*shown[:-1], (spoilt, *rest)], stamps) is None
    index.close()


def test_a_line_that_is_none_under_the_right_sums_is_damage(folder: Path, store_fd: int) -> None:
    index = open_index(store_fd, str(folder))
    pair = pair_of_record("a", record())
    forged = row(pair)
    forged.shown = (b'{"name": 1}', *forged.shown[1:])
    index.change([forged], ())
    with pytest.raises(IndexBrokenError) as raised:
        list(index.lines(Query(), Order.NAME, NOW))
    assert raised.value.is_damage
    index.close()
