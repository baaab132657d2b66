"""Whatever happens to the pairs and to the cache: what is known of many is what reading each would say."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from many_pairs import varied, write_pair, write_pairs
from requests_made import NOW, record

from csrtui.core.errors import StoreError
from csrtui.core.pair_json import dump_record
from csrtui.core.pair_line import PairLine, line_of
from csrtui.core.pair_query import Order, Query
from csrtui.store import checking, stamp, stamps
from csrtui.store.catalogue import Catalogue
from csrtui.store.index import FILE, FILES, Index, IndexBrokenError, Where
from csrtui.store.keystore import Keystore
from csrtui.store.listed import pair_of
from csrtui.store.stored import list_pair

if TYPE_CHECKING:
    from collections.abc import Callable

TICK_NS = 40_000_000
"""More than the clock of any file system here is coarse."""


@pytest.fixture(autouse=True)
def _fine_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamp, "COARSE_NS", TICK_NS)


def settle() -> None:
    """Wait until what was written last is a while ago."""
    until = time.time_ns() + TICK_NS * 5 // 4
    while time.time_ns() < until:
        os.stat("/")


def truth(store: Path) -> tuple[list[PairLine], dict[str, str]]:
    """What reading every folder says."""
    lines, problems = [], {}
    for listed in Keystore(str(store)).listing():
        try:
            lines.append(line_of(pair_of(listed)))
        except StoreError as error:
            problems[listed.name] = error.what
    return lines, problems


def known(catalogue: Catalogue) -> tuple[list[PairLine], dict[str, str]]:
    """What is known after a check."""
    catalogue.check()
    lines = catalogue.ask(lambda index: list(index.lines(Query(), Order.NAME, NOW)))
    return lines, {name: error.what for name, error in catalogue.problems}


def listed(catalogue: Catalogue) -> tuple[list[PairLine], dict[str, str]]:
    """What is listed without a question to the cache."""
    lines = catalogue.made_of_lines(list)
    return lines, {name: error.what for name, error in catalogue.problems}


@pytest.fixture
def catalogue(store: Keystore) -> Catalogue:
    """Give the catalogue of a store that is not there yet."""
    return Catalogue(store)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the names of the pairs that were read, and not only looked at."""
    names: list[str] = []
    real = list_pair

    def counted(pairs_fd: int, name: str, path: str) -> object:
        names.append(name)
        return real(pairs_fd, name, path)

    monkeypatch.setattr(checking, "list_pair", counted)
    return names


def test_a_store_that_is_not_there_has_no_pairs(catalogue: Catalogue, folder: Path) -> None:
    assert known(catalogue) == ([], {})
    assert catalogue.recall() == 0
    assert not folder.exists()
    catalogue.close()


def test_what_did_not_change_is_not_read_again(folder: Path, catalogue: Catalogue, reads: list[str]) -> None:
    write_pairs(folder, varied(20))
    settle()
    assert known(catalogue) == truth(folder)
    assert len(reads) == 20
    reads.clear()
    done: list[tuple[int, int]] = []
    catalogue.check(lambda *count: done.append(count))
    assert (reads, done) == ([], [(20, 20)])
    catalogue.close()
    another = Catalogue(Keystore(str(folder)))
    assert (another.recall(), another.checked) == (20, False)
    assert known(another) == truth(folder)
    assert (another.checked, another.is_as_checked) == (True, True)
    assert reads == []
    another.close()


def test_what_changed_a_moment_ago_is_read_again(
    folder: Path, catalogue: Catalogue, reads: list[str]
) -> None:
    write_pairs(folder, varied(3))
    catalogue.check()
    reads.clear()
    catalogue.check()
    assert len(reads) == 3
    assert catalogue.is_as_checked, "what is read again and the same is not written again"
    settle()
    for _ in range(2):
        reads.clear()
        catalogue.check()
    assert reads == []
    assert not stamp.is_settled(time.time_ns() + 10**9), "the future is never settled"
    catalogue.close()


def rewrite(folder: Path) -> None:
    """Put another record of the same size in, in place, with the time of the one before."""
    path = folder / "pair.json"
    before = path.stat()
    data = path.read_bytes().replace(b"nginx", b"other")
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def key_a_link(pair: Path) -> None:
    (pair / "key.pem").rename(pair / "x")
    (pair / "key.pem").symlink_to("x")


def folder_a_file(pair: Path) -> None:
    shutil.rmtree(pair)
    pair.touch()


def folder_a_link(pair: Path) -> None:
    pair.rename(pair.with_name(".moved"))
    pair.symlink_to(".moved")


def folders_exchanged(pair: Path) -> None:
    aside, other = pair.with_name(".x"), pair.with_name("shop0.example.com")
    pair.rename(aside)
    other.rename(pair)
    aside.rename(other)


OUTSIDE: dict[str, Callable[[Path], object]] = {
    "record rewritten, its time and size restored": rewrite,
    "record replaced": lambda pair: (pair / "pair.json").write_bytes(dump_record(record(submitted=NOW))),
    "record cut": lambda pair: os.truncate(pair / "pair.json", 10),
    "record gone": lambda pair: (pair / "pair.json").unlink(),
    "record open to others": lambda pair: (pair / "pair.json").chmod(0o644),
    "key open to others": lambda pair: (pair / "key.pem").chmod(0o640),
    "key gone": lambda pair: (pair / "key.pem").unlink(),
    "key a link": key_a_link,
    "folder open to others": lambda pair: pair.chmod(0o755),
    "folder renamed": lambda pair: pair.rename(pair.with_name("renamed.example.com")),
    "folder gone": shutil.rmtree,
    "folder a file": folder_a_file,
    "folder a link": folder_a_link,
    "two folders exchanged": folders_exchanged,
}


@pytest.mark.parametrize("change", OUTSIDE.values(), ids=OUTSIDE)
def test_a_change_made_outside_is_noticed(
    folder: Path, catalogue: Catalogue, change: Callable[[Path], object]
) -> None:
    write_pairs(folder, varied(4))
    settle()
    before = known(catalogue)
    change(folder / "pairs" / "mail2.example.com")
    after = known(catalogue)
    assert after != before or change is OUTSIDE["record rewritten, its time and size restored"]
    assert after == truth(folder)
    catalogue.close()


def test_a_record_rewritten_with_its_time_and_size_is_read_again(
    folder: Path, catalogue: Catalogue, reads: list[str]
) -> None:
    pair = write_pair(folder, "a")
    settle()
    catalogue.check()
    reads.clear()
    rewrite(pair)
    catalogue.check()
    assert reads == ["a"]
    assert catalogue.ask(lambda index: index.every_name(Query.typed("other"), Order.NAME, NOW)) == ["a"]
    catalogue.close()


def execute(path: Path, sql: str) -> None:
    database = sqlite3.connect(path)
    database.executescript(sql)
    database.close()


def flip(path: Path) -> None:
    """Change bytes all over the file, but for its first page."""
    data = bytearray(path.read_bytes())
    for at in range(4096 + 17, len(data), 97):
        data[at] ^= 0x15
    path.write_bytes(data)


def cache_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cache_a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


SPOILT: dict[str, Callable[[Path], object]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "bytes changed": flip,
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a value changed": lambda path: execute(path, "UPDATE pairs SET stage = 'retired'"),
    "a name changed": lambda path: execute(path, "UPDATE pairs SET name = 'x' WHERE id = 1"),
    "rows lost": lambda path: execute(path, "DELETE FROM pairs WHERE id > 2"),
    "rows of nobody": lambda path: execute(path, "INSERT INTO pairs (name, stage) VALUES ('0', 'new')"),
    "a line changed": lambda path: execute(
        path, "UPDATE lines SET line = replace(line, 'new', 'old') WHERE name > 'm'"
    ),
    "lines exchanged": lambda path: execute(
        path, "UPDATE lines SET name = name || 'x'; UPDATE lines SET name = rtrim(name, 'x') || 'y'"
    ),
    "lines lost": lambda path: execute(path, "DELETE FROM lines WHERE name > 'm'"),
    "lines of nobody": lambda path: execute(path, "INSERT INTO lines VALUES ('0', '[]', 'x', 1)"),
    "kinds changed": lambda path: execute(
        path, "UPDATE pairs SET created = 'then', searched = 5; UPDATE lines SET stamp = 'x'"
    ),
    "kinds of lines changed": lambda path: execute(path, "UPDATE lines SET line = 5, mark = 'x'"),
    "no table of lines": lambda path: execute(path, "DROP TABLE lines"),
    "no table": lambda path: execute(path, "DROP TABLE pairs"),
    "a newer table": lambda path: execute(path, "ALTER TABLE pairs ADD COLUMN colour"),
    "open to others": lambda path: path.chmod(0o644),
    "a folder": cache_a_folder,
    "a FIFO": cache_a_fifo,
    "not writable": lambda path: path.chmod(0o400),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("is_open", [True, False], ids=["while it is open", "between two runs"])
@pytest.mark.parametrize("only_listed", [True, False], ids=["listed first", "checked first"])
def test_whatever_becomes_of_the_cache_the_answers_are_the_same(
    folder: Path, catalogue: Catalogue, spoil: Callable[[Path], object], *, is_open: bool, only_listed: bool
) -> None:
    write_pairs(folder, varied(40))
    (folder / "pairs" / "www1.example.com" / "pair.json").write_text("{")
    settle()
    expected = truth(folder)
    assert known(catalogue) == expected
    if not is_open:
        catalogue.close()
    spoil(folder / FILE)
    if is_open:
        assert not catalogue.is_as_checked
    if only_listed:
        assert listed(catalogue) == expected
    assert known(catalogue) == expected
    assert listed(catalogue) == expected
    catalogue.close()
    again = Catalogue(Keystore(str(folder)))
    assert known(again) == expected
    again.close()


@pytest.mark.parametrize("line", [b"{}", b"nothing", b"[1]"])
def test_a_cache_that_somebody_has_made_is_made_anew(
    folder: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, line: bytes
) -> None:
    write_pairs(folder, varied(3))
    settle()
    with monkeypatch.context() as patched:
        patched.setattr(json, "dumps", lambda *_, **__: line.decode())
        catalogue.check()
    assert listed(catalogue) == truth(folder)
    assert listed(catalogue) == truth(folder)
    assert known(catalogue) == truth(folder)
    catalogue.close()


@pytest.mark.parametrize("change", OUTSIDE.values(), ids=OUTSIDE)
def test_what_is_made_of_lines_that_are_not_so_any_more_is_made_again(
    folder: Path, catalogue: Catalogue, change: Callable[[Path], object]
) -> None:
    write_pairs(folder, varied(4))
    settle()
    catalogue.check()
    made: list[list[PairLine]] = []

    def make(lines: list[PairLine]) -> tuple[str, ...]:
        made.append(lines)
        if len(made) == 1:
            change(folder / "pairs" / "mail2.example.com")  # while the folders are looked at
        return tuple(line.name for line in lines)

    names = catalogue.made_of_lines(make)
    lines, problems = truth(folder)
    assert names == tuple(line.name for line in lines)
    assert (len(made), made[-1]) == (2, lines)
    assert {name: error.what for name, error in catalogue.problems} == problems
    assert not catalogue.checked
    assert known(catalogue) == truth(folder)
    catalogue.close()


def test_what_is_made_of_lines_that_are_so_is_made_once(folder: Path, catalogue: Catalogue) -> None:
    assert catalogue.made_of_lines(list) == []
    write_pairs(folder, varied(30))
    settle()
    catalogue.check()
    made: list[int] = []
    catalogue.made_of_lines(lambda lines: made.append(len(lines)))
    assert made == [30]
    catalogue.close()


def test_lines_of_which_few_are_other_ones_are_read_a_part_at_a_time(
    folder: Path, catalogue: Catalogue, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "CHUNK", 7)
    monkeypatch.setattr(stamps, "CHUNK", 7)
    write_pairs(folder, varied(30))
    settle()
    catalogue.check()
    changed = next(line.name for line in truth(folder)[0][20:])
    write_pair(folder, changed, record()._replace(platform="other"))
    reads.clear()
    assert listed(catalogue) == truth(folder)
    assert reads == [changed]
    catalogue.close()


def test_a_cache_lost_between_check_and_question_is_made_up_for(folder: Path, catalogue: Catalogue) -> None:
    write_pairs(folder, varied(5))
    catalogue.check()
    execute(folder / FILE, "DROP TABLE pairs")
    assert catalogue.glance(lambda index: index.number("shop0.example.com")) is None
    assert not catalogue.checked
    names = catalogue.ask(lambda index: index.every_name(Query(), Order.NAME, NOW))
    assert names == sorted(name for name, _ in varied(5))
    catalogue.close()
    assert catalogue.glance(lambda index: index.number("shop0.example.com")) is None
    assert not catalogue.is_as_checked
    catalogue.check()
    catalogue.close()


def test_a_cache_that_is_lost_again_and_again_is_done_without(
    folder: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pairs(folder, varied(5))
    real = Index.every_name

    def failing(self: Index, *given: object) -> list[str]:
        if (folder / FILE).exists() and self.kept.name == "ON_DISK":
            raise IndexBrokenError(sqlite3.DatabaseError("again"))
        return real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Index, "every_name", failing)
    names = catalogue.ask(lambda index: index.every_name(Query(), Order.NAME, NOW))
    assert names == sorted(name for name, _ in varied(5))
    catalogue.close()


def test_another_process_that_keeps_the_cache_to_itself_is_not_waited_for(
    folder: Path, catalogue: Catalogue
) -> None:
    write_pairs(folder, varied(5))
    catalogue.check()
    holder = sqlite3.connect(folder / FILE, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert known(catalogue) == truth(folder)
    other = Catalogue(Keystore(str(folder)))
    assert other.recall() == 0
    assert known(other) == truth(folder)
    assert time.monotonic() - started < 5
    holder.close()
    for one in (catalogue, other):
        one.close()


def test_a_store_that_takes_no_writes_is_listed_all_the_same(
    folder: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pairs(folder, varied(5))
    real = os.open

    def refused(path: str, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refused)
    assert known(catalogue) == truth(folder)
    assert not (folder / FILE).exists()
    catalogue.close()


def test_a_full_disk_costs_only_the_cache(folder: Path, catalogue: Catalogue) -> None:
    write_pairs(folder, varied(3))
    catalogue.check()
    assert catalogue._index is not None
    [(pages,)] = catalogue._index._database.execute("PRAGMA page_count")
    catalogue._index._database.execute(f"PRAGMA max_page_count = {pages}")
    write_pairs(folder, varied(200))
    assert known(catalogue) == truth(folder)
    assert catalogue._index.kept is Where.IN_MEMORY, "the disk was full"
    catalogue.close()
    assert known(catalogue) == truth(folder)
    catalogue.close()


KILLED_WHILE_WRITING = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE pairs SET stage = 'retired', name = name || 'x', searched = zeroblob(3000)")
os._exit(9)
"""


def test_a_process_that_is_killed_while_it_writes_the_cache_spoils_nothing(
    folder: Path, catalogue: Catalogue
) -> None:
    write_pairs(folder, varied(200))
    settle()
    catalogue.check()
    catalogue.close()
    before = (folder / FILE).read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(folder / FILE)], check=False)
    assert done.returncode == 9
    assert (folder / FILE).read_bytes() != before, "some of it was written"
    assert {path.name for path in folder.iterdir()} == {"pairs", *FILES}, "and the journal is left"
    for _ in range(2):
        assert known(catalogue) == truth(folder)
        catalogue.close()


def test_of_a_cache_whose_pages_are_spoilt_nothing_is_recalled(folder: Path, catalogue: Catalogue) -> None:
    write_pairs(folder, varied(20))
    catalogue.check()
    catalogue.close()
    data = (folder / FILE).read_bytes()
    page = int.from_bytes(data[16:18], "big")  # the first has the names of the tables, and stays
    (folder / FILE).write_bytes(data[:page] + b"\xff" * (len(data) - page))
    assert catalogue.recall() == 0
    assert known(catalogue) == truth(folder)
    catalogue.close()


def test_a_catalogue_that_was_spoilt_is_not_recalled(folder: Path, catalogue: Catalogue) -> None:
    write_pairs(folder, varied(100))
    catalogue.check()
    catalogue.close()
    flip(folder / FILE)
    assert catalogue.recall() in {0, *range(200)}
    catalogue.close()
    assert known(catalogue) == truth(folder)
    catalogue.close()


def test_a_cache_that_cannot_be_asked_is_not_as_it_was_checked(folder: Path, catalogue: Catalogue) -> None:
    write_pairs(folder, varied(2))
    catalogue.check()
    assert catalogue._index is not None
    catalogue._index.close()
    assert not catalogue.is_as_checked


def names_known(catalogue: Catalogue) -> list[str]:
    return catalogue.ask(lambda index: index.every_name(Query(), Order.NAME, NOW))


def test_who_came_and_went_is_known_before_the_next_check(
    folder: Path, catalogue: Catalogue, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not catalogue.follow(), "there is no store"
    write_pairs(folder, varied(20))
    assert not catalogue.follow(), "nothing was checked"
    catalogue.check()
    assert not catalogue.follow()
    reads.clear()
    write_pair(folder, "z.example.com")
    write_pair(folder, "a.example.com")
    (write_pair(folder, "damaged.example.com") / "pair.json").write_text("{")
    for name in ("shop0.example.com", "www15.example.com", "wiki6.example.com"):
        shutil.rmtree(folder / "pairs" / name)
    assert catalogue.follow()
    assert reads == ["a.example.com", "damaged.example.com", "z.example.com"]
    there = [line.name for line in truth(folder)[0]]
    assert names_known(catalogue) == there
    assert not catalogue.follow(), "what cannot be read is no news"
    monkeypatch.setattr(checking, "CHUNK", 1)
    for name in ("b.example.com", "c.example.com"):
        write_pair(folder, name)
    assert not catalogue.follow(), "a check is quicker"
    assert known(catalogue) == truth(folder)
    execute(folder / FILE, "DROP TABLE pairs")
    assert not catalogue.follow()
    assert known(catalogue) == truth(folder)
    catalogue.close()


@given(st.sets(st.integers(0, 30).map(str)), st.sets(st.integers(0, 30).map(str)))
def test_what_two_sorted_rows_do_not_share(names: set[str], others: set[str]) -> None:
    come, gone = checking._differences(sorted(names), sorted(others))
    assert (come, gone) == (sorted(names - others), sorted(others - names))


class OutsideChanges(RuleBasedStateMachine):
    """Pairs and cache changed by anybody, in any order; one session that stays and one that comes anew."""

    NAMES = st.sampled_from(["a", "b", "c-2", "d.example"])

    def __init__(self) -> None:
        super().__init__()
        self.top = Path(tempfile.mkdtemp())
        self.folder = self.top / "store"
        self.staying = Catalogue(Keystore(str(self.folder)))

    @initialize()
    def begin(self) -> None:
        write_pair(self.folder, "a")

    def teardown(self) -> None:
        """Remove the folder."""
        self.staying.close()
        shutil.rmtree(self.top)

    def pair(self, name: str) -> Path | None:
        folder = self.folder / "pairs" / name
        return folder if folder.is_dir() else None

    @rule(name=NAMES, platform=st.sampled_from(["nginx", "other", "haproxy"]))
    def write(self, name: str, platform: str) -> None:
        write_pair(self.folder, name, record()._replace(platform=platform))

    @rule(name=NAMES)
    def rewrite(self, name: str) -> None:
        folder = self.pair(name)
        if folder and (folder / "pair.json").exists():
            rewrite(folder)

    @rule(
        name=NAMES,
        file=st.sampled_from(["key.pem", "pair.json", "."]),
        mode=st.sampled_from([0o600, 0o700, 0o644]),
    )
    def chmod(self, name: str, file: str, mode: int) -> None:
        folder = self.pair(name)
        if folder and (folder / file).exists():
            (folder / file).chmod(mode)

    @rule(name=NAMES, other=NAMES)
    def rename(self, name: str, other: str) -> None:
        folder = self.pair(name)
        if folder and not self.pair(other):
            folder.rename(folder.with_name(other))

    @rule(name=NAMES, file=st.sampled_from(["key.pem", "pair.json"]))
    def remove_file(self, name: str, file: str) -> None:
        folder = self.pair(name)
        if folder:
            (folder / file).unlink(missing_ok=True)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        folder = self.pair(name)
        if folder:
            shutil.rmtree(folder)

    @rule(spoil=st.sampled_from(["gone", "empty", "cut", "bytes changed", "a value changed", "rows lost"]))
    def spoil(self, spoil: str) -> None:
        path = self.folder / FILE
        if path.is_file() and path.stat().st_size > 4096:
            SPOILT[spoil](path)

    @rule()
    def wait(self) -> None:
        settle()

    @invariant()
    def everybody_knows_the_truth(self) -> None:
        expected = truth(self.folder)
        if self.staying.follow():
            assert names_known(self.staying) <= [line.name for line in expected[0]]
        assert known(self.staying) == expected
        coming = Catalogue(Keystore(str(self.folder)))
        assert sorted(coming.made_of_lines(list)) == sorted(expected[0])
        assert known(coming) == expected
        coming.close()
        if self.folder.exists():
            assert {path.name for path in self.folder.iterdir()} <= {"pairs", *FILES}


TestOutsideChanges = OutsideChanges.TestCase
TestOutsideChanges.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)


class OutsideChangesAtLength(OutsideChanges):
    """The same for a good while."""


TestOutsideChangesAtLength = pytest.mark.long(pytest.mark.slow(OutsideChangesAtLength.TestCase))
TestOutsideChangesAtLength.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
