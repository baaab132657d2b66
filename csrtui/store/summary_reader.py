"""Read the summaries of all pairs in a store. Unchanged pairs come from a cache.

The result does not depend on the cache, which may be missing, out of date or damaged. The cache is a text file. Each
line describes many pairs: a CRC-32, and a JSON array with a column for each field of `PairSummary` and one for the
stamps (`PairStamp`) of the files that were read. Python decodes columns in half the time of rows. New lines are
appended, and the last entry of a pair counts. The file is rewritten if a line is damaged or if most entries are
outdated. If the file is unsafe or the disk is full, everything works without the cache.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from itertools import islice, repeat
from typing import Final, NamedTuple
from zlib import crc32

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import load_record
from csrtui.core.pairs.summary import PairSummary, summarize_alone
from csrtui.store import safe_files
from csrtui.store.keystore import Keystore
from csrtui.store.permissions import PRIVATE_FILE, check_permissions
from csrtui.store.stored_pair import ListedPair, PairStamp, is_settled, list_pair, read_pair_stamp

StampedSummary = tuple[PairSummary, int]
"""A pair's summary and the hash of the stamp (`PairStamp`) of the files from which it was read."""

FILE: Final = ".pairs-15.jsonl"
"""The name of the cache in the store's folder. The number changes with the format and with the rules for the next step."""
_CACHE_FILE = r"\.pairs-\d+\.(jsonl|sqlite(-journal)?)"
"""The names of the caches of all versions."""

_CHUNK = 200
"""The number of pairs in a line. Other threads can run between two lines."""
_MAX_LINE = 64 * 1024 * 1024
_BUFFER = 256 * 1024
"""The number of bytes read at once: a few lines."""
_CRC_LENGTH = 8
_NAME = PairSummary._fields.index("name")
_SHARED_FIELDS = [PairSummary._fields.index(field) for field in ("key_type", "backup", "stage", "step")]
"""The fields with few different values. Each value is in memory only once."""
_DAMAGE = (LookupError, RecursionError, TypeError, ValueError)


class SummaryCache:
    """The cache of one store.

    Args:
        store: The path of the store's folder.
    """

    def __init__(self, store: str) -> None:
        self._path = os.path.join(store, FILE)
        self._size = 0
        """The number of entries in the file, including outdated ones, or 0 if it must be rewritten."""

    def load(self, store_fd: int) -> dict[str, StampedSummary]:
        """Return the intact entries of the cache, by pair name.

        Args:
            store_fd: The descriptor of the store's folder.
        """
        entries: dict[str, StampedSummary] = {}
        self._size = size = 0
        with suppress(OSError, StoreError, *_DAMAGE):
            descriptor = safe_files.open_store_file(store_fd, FILE, self._path, PRIVATE_FILE)
            with os.fdopen(descriptor, "rb", _BUFFER) as file:
                while line := file.readline(_MAX_LINE):
                    chunk = _decode(line)
                    size += len(chunk)
                    entries.update(chunk)
            self._size = size
        return entries

    def save(
        self, store_fd: int, entries: Mapping[str, StampedSummary], changed: Mapping[str, StampedSummary]
    ) -> None:
        """Update the file. Errors are ignored, because a cache is not essential.

        Args:
            store_fd: The descriptor of the store's folder.
            entries: All entries, by name.
            changed: The entries that the file does not contain yet. If there are none, the file is rewritten.
        """
        size, self._size = self._size, 0
        with suppress(OSError, StoreError):
            if changed and size and size + len(changed) <= 2 * len(entries):
                self._append(store_fd, changed)
                self._size = size + len(changed)
            else:
                self._replace(store_fd, entries)
                self._size = len(entries)

    def _append(self, store_fd: int, changed: Mapping[str, StampedSummary]) -> None:
        flags = os.O_WRONLY | os.O_APPEND
        descriptor = safe_files.open_store_file(store_fd, FILE, self._path, PRIVATE_FILE, flags)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(_encode(changed))

    def _replace(self, store_fd: int, entries: Mapping[str, StampedSummary]) -> None:
        try:
            status = os.stat(FILE, dir_fd=store_fd, follow_symlinks=False)
            check_permissions(self._path, status, PRIVATE_FILE)
        except FileNotFoundError:
            for name in os.listdir(store_fd):
                if re.fullmatch(_CACHE_FILE, name):
                    with suppress(OSError):
                        os.unlink(name, dir_fd=store_fd)
        temporary = f"{safe_files.TEMPORARY}{safe_files.random_suffix()}"
        descriptor = safe_files.create_unflushed_file(store_fd, temporary, b"", PRIVATE_FILE)
        try:
            with os.fdopen(
                descriptor, "wb"
            ) as file:  # damage by a power cut is detected, so it is not flushed
                file.writelines(_encode(entries))
            os.rename(temporary, FILE, src_dir_fd=store_fd, dst_dir_fd=store_fd)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=store_fd)
            raise


def _encode(entries: Mapping[str, StampedSummary]) -> Iterator[bytes]:
    """Yield the lines of the cache file."""
    remaining = iter(entries.values())
    while chunk := list(islice(remaining, _CHUNK)):
        summaries, stamps = zip(*chunk, strict=True)
        text = json.dumps([*zip(*summaries, strict=True), stamps], separators=(",", ":")).encode("ascii")
        yield b"%08x%b\n" % (crc32(text), text)


def _decode(line: bytes) -> dict[str, StampedSummary]:
    """Return the entries of a line.

    Raises:
        ValueError, LookupError, TypeError, RecursionError: The line is damaged.
    """
    text = line[_CRC_LENGTH:-1]
    if line != b"%08x%b\n" % (crc32(text), text):
        raise ValueError("damaged line")
    *columns, stamps = json.loads(text)
    if len(columns) != len(PairSummary._fields):
        raise ValueError("columns of another format")
    names = columns[_NAME]
    for index in _SHARED_FIELDS:
        columns[index] = map(sys.intern, columns[index])
    # PairSummary._make is a Python function. Calling it for every pair would take a quarter of the total time.
    summaries = map(tuple.__new__, repeat(PairSummary), zip(*columns, strict=True))
    return dict(zip(names, zip(summaries, stamps, strict=True), strict=True))


def parse_listed_pair(listed: ListedPair) -> Pair:
    """Parse the record of a listed pair, and return the pair.

    Raises:
        StoreError: The record could not be read, or it is damaged.
    """
    if isinstance(listed.record, StoreError):
        raise listed.record
    try:
        record = load_record(listed.record)
    except StoreError as error:
        raise StoreError(f"{visible(listed.path)}: {error.message}", error.hint) from error
    return Pair(listed.name, listed.path, record, has_certificate=listed.has_certificate)


CACHE_FROM: Final = 250
"""The smallest number of pairs for which the cache is used. Reading fewer pairs is faster than opening the cache."""
_PROGRESS_STEP = 1000
"""The number of pairs between two reports of progress."""
_UNSETTLED = 0
"""The stamp for a pair that changed so recently that another change might not change its stamp."""

Progress = Callable[[int, int], None]
"""A function called with the number of pairs read so far and the number of all pairs."""


class SummaryListing(NamedTuple):
    """The summaries of all readable pairs, sorted by name, and the errors of the other pairs."""

    summaries: list[PairSummary]
    problems: list[tuple[str, StoreError]]


def _no_progress(_done: int, _total: int) -> None:
    pass


class SummaryReader:
    """A reader of summaries. It caches each summary with the stamp of the files from which the summary was read.

    Args:
        store: The store.
    """

    def __init__(self, store: Keystore) -> None:
        self._store = store
        self._cache = SummaryCache(store.path)
        self._entries: dict[str, StampedSummary] = {}

    def load_cache(self) -> list[PairSummary]:
        """Return the summaries in the cache, sorted by name. They may be out of date.

        Raises:
            StoreError: The store cannot be used.
        """
        with self._store.folders() as folders:
            if folders is not None:
                self._entries = self._cache.load(folders[0])
        return [self._entries[name][0] for name in sorted(self._entries)]

    def read(
        self, recheck: Collection[str] | None = None, on_progress: Progress = _no_progress
    ) -> SummaryListing:
        """Return the summaries of all pairs.

        Args:
            recheck: The pairs to check for changes, in addition to new pairs, or None for all pairs.
            on_progress: Called every 1,000 pairs.

        Raises:
            StoreError: The store cannot be used.
        """
        with self._store.folders() as folders:
            if folders is None:
                self._entries = {}
                return SummaryListing([], [])
            store_fd, pairs_fd = folders
            names = self._store.names()
            is_cached = len(names) >= CACHE_FROM
            if is_cached and not self._entries:
                self._entries = self._cache.load(store_fd)
            previous, entries = self._entries, {}
            problems = []
            changed = {}
            for number, name in enumerate(names):
                if number % _PROGRESS_STEP == 0:
                    on_progress(number, len(names))
                known = entry = previous.pop(name, None)
                if entry is None or recheck is None or name in recheck:
                    stamp = read_pair_stamp(pairs_fd, name)
                    if entry is None or stamp is None or entry[1] != hash(stamp):
                        try:
                            entry = self._read(pairs_fd, name, stamp)
                        except StoreError as error:
                            problems.append((name, error))
                            continue
                        if entry != known:
                            changed[name] = entry
                entries[name] = entry
            self._entries = entries
            on_progress(len(names), len(names))
            if is_cached and not self._store.is_dry_run and (changed or previous):
                self._cache.save(store_fd, self._entries, changed if not previous else {})
        return SummaryListing([summary for summary, _ in self._entries.values()], problems)

    def _read(self, pairs_fd: int, name: str, stamp: PairStamp | None) -> StampedSummary:
        """Read a pair and return its summary. The caller reads the stamp first, so that a change in between is detected."""
        pair = parse_listed_pair(list_pair(pairs_fd, name, self._store.pair_path(name)))
        is_lasting = stamp is not None and is_settled(stamp)
        return summarize_alone(pair), hash(stamp) if is_lasting else _UNSETTLED
