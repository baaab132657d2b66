"""After any change of pairs and cache, the summaries are equal to those from reading every pair."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from many_pairs import varied, write_pair, write_pairs
from requests_made import NOW, record

from csrtui.core.base.errors import StoreError
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.summary import PairSummary, summarize
from csrtui.store import stored_pair, summary_reader
from csrtui.store.dry_run import DryRunKeystore
from csrtui.store.keystore import Keystore
from csrtui.store.stored_pair import list_pair
from csrtui.store.summary_reader import FILE, SummaryReader, parse_listed_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TICK_NS = 40_000_000
"""More than the resolution of any file system's clock here."""
COLUMNS = len(PairSummary._fields)


@pytest.fixture(autouse=True)
def _fine_clock_and_cache_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_pair, "COARSE_NS", TICK_NS)
    monkeypatch.setattr(summary_reader, "CACHE_FROM", 1)


def settle() -> None:
    """Wait until the last change is older than the clock's resolution."""
    time.sleep(TICK_NS * 5 / 4 / 1e9)


def truth(store: Path) -> tuple[list[PairSummary], dict[str, str]]:
    """Return the summaries and errors that reading every folder gives."""
    summaries, problems = [], {}
    for listed in Keystore(str(store)).listing():
        try:
            summaries.append(summarize(parse_listed_pair(listed)))
        except StoreError as error:
            problems[listed.name] = error.message
    return summaries, problems


def read(reader: SummaryReader) -> tuple[list[PairSummary], dict[str, str]]:
    """Return the summaries and errors of a reading."""
    listing = reader.read()
    return listing.summaries, {name: error.message for name, error in listing.problems}


def new_reader(store: Path) -> SummaryReader:
    """Return a reader that has read nothing."""
    return SummaryReader(Keystore(str(store)))


@pytest.fixture
def reader(store: Keystore) -> SummaryReader:
    """Return the reader of a store that does not exist yet."""
    return SummaryReader(store)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the pairs whose files were read, not only checked for changes."""
    names: list[str] = []
    real = list_pair

    def counted(pairs_fd: int, name: str, path: str) -> object:
        names.append(name)
        return real(pairs_fd, name, path)

    monkeypatch.setattr(summary_reader, "list_pair", counted)
    return names


def test_a_store_that_does_not_exist_has_no_pairs(reader: SummaryReader, folder: Path) -> None:
    assert reader.load_cache() == []
    assert read(reader) == ([], {})
    assert not folder.exists()


def test_pairs_that_did_not_change_are_not_read_again(
    folder: Path, reader: SummaryReader, reads: list[str]
) -> None:
    write_pairs(folder, varied(20))
    settle()
    assert read(reader) == truth(folder)
    assert len(reads) == 20
    reads.clear()
    progress: list[tuple[int, int]] = []
    reader.read(on_progress=lambda *counts: progress.append(counts))
    assert (reads, progress) == ([], [(0, 20), (20, 20)])
    another = new_reader(folder)
    assert another.load_cache() == truth(folder)[0]
    assert read(another) == truth(folder)
    assert reads == []


def test_few_pairs_need_no_cache(
    folder: Path, reader: SummaryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary_reader, "CACHE_FROM", 4)
    write_pairs(folder, varied(3))
    settle()
    assert read(reader) == truth(folder)
    assert not (folder / FILE).exists()
    assert reader.load_cache() == []


def test_a_dry_run_uses_the_cache_and_does_not_write_it(
    folder: Path, reader: SummaryReader, reads: list[str]
) -> None:
    write_pairs(folder, varied(20))
    settle()
    rehearsal = SummaryReader(DryRunKeystore(str(folder)))
    assert read(rehearsal) == truth(folder)
    assert not (folder / FILE).exists()
    assert read(reader) == truth(folder)
    reads.clear()
    assert read(SummaryReader(DryRunKeystore(str(folder)))) == truth(folder)
    assert reads == []


def test_a_pair_that_changed_a_moment_ago_is_read_again(
    folder: Path, reader: SummaryReader, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pairs(folder, varied(3))
    monkeypatch.setattr(stored_pair, "COARSE_NS", 10**12)
    reader.read()
    reads.clear()
    reader.read()
    assert len(reads) == 3
    monkeypatch.setattr(stored_pair, "COARSE_NS", TICK_NS)
    settle()
    for _ in range(2):
        reads.clear()
        reader.read()
    assert reads == []
    assert not stored_pair.is_settled((1, 1, 1, 1, 1, time.time_ns() + 10**9)), "the future is never settled"


def test_a_partial_reading_finds_new_and_removed_pairs_and_rechecks_only_the_named_ones(
    folder: Path, reader: SummaryReader, reads: list[str]
) -> None:
    write_pairs(folder, varied(20))
    settle()
    before = reader.read().summaries
    reads.clear()
    write_pair(folder, "a.example.com")
    write_pair(folder, before[3].name, record()._replace(platform="other"))
    write_pair(folder, before[4].name, record()._replace(platform="other"))
    (write_pair(folder, "damaged.example.com") / "pair.json").write_text("{")
    shutil.rmtree(folder / "pairs" / before[7].name)
    listing = reader.read(recheck={before[3].name})
    assert sorted(reads) == sorted(["a.example.com", before[3].name, "damaged.example.com"])
    names = [summary.name for summary in truth(folder)[0]]
    assert [summary.name for summary in listing.summaries] == names
    assert [name for name, _ in listing.problems] == ["damaged.example.com"]
    assert before[4] in listing.summaries, "not rechecked"
    assert read(reader) == truth(folder)


def rewrite(folder: Path) -> None:
    """Replace a record in place with another one of the same size and modification time."""
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
def test_a_change_by_another_program_is_noticed(
    folder: Path, reader: SummaryReader, change: Callable[[Path], object]
) -> None:
    write_pairs(folder, varied(4))
    settle()
    before = read(reader)
    change(folder / "pairs" / "mail2.example.com")
    after = read(reader)
    assert after != before
    assert after == truth(folder)
    assert read(new_reader(folder)) == after


def flip(path: Path) -> None:
    """Change bytes throughout the file."""
    data = bytearray(path.read_bytes())
    for at in range(17, len(data), 97):
        data[at] ^= 0x15
    path.write_bytes(data)


def append(path: Path, line: bytes) -> None:
    with path.open("ab") as file:
        file.write(line)


def foreign_line(text: bytes) -> bytes:
    """Return an intact line with a content that csrtui does not write."""
    return b"%08x%b\n" % (crc32(text), text)


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
    "a value changed": lambda path: path.write_bytes(path.read_bytes().replace(b"new", b"old")),
    "half a line appended": lambda path: append(path, path.read_bytes()[:100]),
    "lines without an end": lambda path: append(path, b"0" * 10_000),
    "not an array": lambda path: append(path, foreign_line(b"{}")),
    "no columns": lambda path: append(path, foreign_line(b"[[1]]")),
    "fewer columns": lambda path: append(path, foreign_line(json.dumps([["x"]] * COLUMNS).encode())),
    "other types": lambda path: append(path, foreign_line(json.dumps([[5]] * (COLUMNS + 1)).encode())),
    "columns of different lengths": lambda path: append(
        path, foreign_line(json.dumps([["x"]] * COLUMNS + [[]]).encode())
    ),
    "nested too deeply": lambda path: append(path, foreign_line(b"[" * 100_000)),
    "open to others": lambda path: path.chmod(0o644),
    "a folder": cache_a_folder,
    "a FIFO": cache_a_fifo,
    "not writable": lambda path: path.chmod(0o400),
}

NEVER_USED = {"open to others", "a folder", "a FIFO", "not writable"}
"""The damage after which the cache stays as it is: an unsafe file is not fixed silently."""


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_damage_to_the_cache_changes_no_answer(
    folder: Path, reader: SummaryReader, spoil: Callable[[Path], object]
) -> None:
    write_pairs(folder, varied(40))
    (folder / "pairs" / "www1.example.com" / "pair.json").write_text("{")
    settle()
    expected = truth(folder)
    assert read(reader) == expected
    spoil(folder / FILE)
    assert read(reader) == expected
    for _ in range(2):
        assert read(new_reader(folder)) == expected


@pytest.mark.parametrize("spoil", sorted(NEVER_USED))
def test_an_unsafe_cache_stays_as_it_is(folder: Path, reader: SummaryReader, spoil: str) -> None:
    write_pairs(folder, varied(3))
    settle()
    reader.read()
    SPOILT[spoil](folder / FILE)
    before = (folder / FILE).lstat()
    write_pair(folder, "new.example.com")
    settle()
    new_reader(folder).read()
    after = (folder / FILE).lstat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("spoil", [name for name in SPOILT if name not in NEVER_USED])
def test_a_damaged_cache_is_written_anew(
    folder: Path, reader: SummaryReader, reads: list[str], spoil: str
) -> None:
    write_pairs(folder, varied(3))
    settle()
    reader.read()
    SPOILT[spoil](folder / FILE)
    write_pair(folder, "new.example.com")
    settle()
    new_reader(folder).read()
    reads.clear()
    assert read(new_reader(folder)) == truth(folder)
    assert reads == []


def test_changes_are_appended_until_most_of_the_file_is_outdated(
    folder: Path, reader: SummaryReader, reads: list[str]
) -> None:
    write_pairs(folder, varied(4))
    settle()
    reader.read()
    sizes = []
    for platform in ("nginx", "other", "haproxy", "nginx", "other", "haproxy", "nginx"):
        write_pair(folder, "a.example.com", record()._replace(platform=platform))
        settle()
        reader.read()
        sizes.append((folder / FILE).read_bytes().count(b"\n"))
    assert sizes == [2, 3, 4, 5, 6, 7, 1]
    reads.clear()
    assert read(new_reader(folder)) == truth(folder)
    assert reads == []
    shutil.rmtree(folder / "pairs" / "a.example.com")
    reader.read()
    assert b"a.example.com" not in (folder / FILE).read_bytes(), "a removed pair does not stay in the cache"


def test_a_store_on_a_read_only_file_system_is_listed(
    folder: Path, reader: SummaryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pairs(folder, varied(5))
    settle()
    real = os.open

    def refuse(path: str, flags: int, *rest: int, **more: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    assert read(reader) == truth(folder)
    assert not (folder / FILE).exists()


def test_a_full_disk_costs_only_the_cache(folder: Path, reader: SummaryReader) -> None:
    write_pairs(folder, varied(5))
    settle()
    reader.read()
    with file_size_limit((folder / FILE).stat().st_size + 100):
        write_pairs(folder, varied(7))
        settle()
        assert read(reader) == truth(folder)
        assert len(new_reader(folder).load_cache()) == 5, "half of a line was appended"
        assert read(new_reader(folder)) == truth(folder)
        assert {path.name for path in folder.iterdir()} == {"pairs", FILE}
    assert read(new_reader(folder)) == truth(folder)
    assert len(new_reader(folder).load_cache()) == 7


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Limit the size of files that this process can write to `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class OutsideChanges(RuleBasedStateMachine):
    """Random changes of pairs and cache, with one session that stays and one that is new each time."""

    NAMES = st.sampled_from(["a", "b", "c-2", "d.example"])

    def __init__(self) -> None:
        super().__init__()
        self.top = Path(tempfile.mkdtemp())
        self.folder = self.top / "store"
        self.staying = new_reader(self.folder)

    @initialize()
    def begin(self) -> None:
        write_pair(self.folder, "a")

    def teardown(self) -> None:
        """Remove the folder."""
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

    @rule(spoil=st.sampled_from(["gone", "empty", "cut", "bytes changed", "a value changed"]))
    def spoil(self, spoil: str) -> None:
        path = self.folder / FILE
        if path.is_file():
            SPOILT[spoil](path)

    @rule()
    def wait(self) -> None:
        settle()

    @invariant()
    def every_session_knows_the_truth(self) -> None:
        expected = truth(self.folder)
        partial = self.staying.read(recheck=())
        assert {summary.name for summary in partial.summaries} >= {summary.name for summary in expected[0]}
        assert read(self.staying) == expected
        assert read(new_reader(self.folder)) == expected
        if self.folder.exists():
            assert {path.name for path in self.folder.iterdir()} <= {"pairs", FILE}


TestOutsideChanges = OutsideChanges.TestCase
TestOutsideChanges.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)


class OutsideChangesAtLength(OutsideChanges):
    """The same with more steps."""


TestOutsideChangesAtLength = pytest.mark.long(pytest.mark.slow(OutsideChangesAtLength.TestCase))
TestOutsideChangesAtLength.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
