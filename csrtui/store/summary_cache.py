"""The cache of pair summaries: one SQLite table that may be missing, stale or damaged without changing any answer.

Each row is a JSON array of the summary's values and the stamp of the pair's files (`csrtui.store.stamp`) from which they
were read, with a CRC-32. A row whose CRC is wrong is ignored, and `csrtui.store.summary_reader` reads a pair again if its stamp has
changed. A file that SQLite cannot read is removed and written anew. If the file cannot be used (it is busy, unsafe, or
the disk is full), everything works without it.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final
from zlib import crc32

from csrtui.core.base.errors import StoreError
from csrtui.core.pairs.summary import PairSummary
from csrtui.store.permissions import PRIVATE_FILE, judge
from csrtui.store.stamp import StampedSummary

FILE: Final = ".pairs-2.sqlite"
"""The cache in the store's folder; the number changes with its format."""
FILES: Final = (FILE, f"{FILE}-journal")
"""All files that SQLite keeps there; the second one exists only during a write."""

_BUSY_TIMEOUT = 0.25
"""Seconds to wait for another process."""
_CHUNK = 1000
"""Rows that are decoded at a time, so that other threads get their turn."""
_TABLE = "CREATE TABLE pairs (name TEXT PRIMARY KEY, entry BLOB, crc INTEGER) WITHOUT ROWID"
_SHARED = [PairSummary._fields.index(field) for field in ("key_type", "backup", "stage", "step")]
"""Fields of few different values, each of which is kept in memory once."""
_PRAGMAS = (
    "PRAGMA page_size = 32768",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA synchronous = OFF",  # damage by a power cut is noticed
    "PRAGMA journal_mode = DELETE",
    "PRAGMA temp_store = MEMORY",  # nothing of the store is written elsewhere
)
_DAMAGE = (sqlite3.DatabaseError, LookupError, OverflowError, TypeError, ValueError)


def load(store_fd: int, store: str) -> dict[str, StampedSummary]:
    """Return the intact entries of the cache, by name; none if it is missing or cannot be used.

    Args:
        store_fd: Descriptor of the store's folder.
        store: The path of that folder.
    """
    try:
        if FILE not in os.listdir(store_fd):
            return {}
        with _connection(store_fd, store) as database:
            return dict(_read(database))
    except sqlite3.OperationalError:  # busy, or not readable now
        return {}
    except _DAMAGE:
        remove(store_fd)
        return {}
    except (StoreError, OSError):
        return {}


def save(store_fd: int, store: str, changed: Mapping[str, StampedSummary], removed: Collection[str]) -> None:
    """Update the cache, if that is possible; remove it if it is damaged.

    Args:
        store_fd: Descriptor of the store's folder.
        store: The path of that folder.
        changed: The entries to add or replace, by name.
        removed: The names of the entries to delete.
    """
    rows = (_encode(name, entry) for name, entry in changed.items())
    try:
        with _connection(store_fd, store) as database, database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR REPLACE INTO pairs VALUES (?, ?, ?)", rows)
            database.executemany("DELETE FROM pairs WHERE name = ?", ((name,) for name in removed))
    except (sqlite3.OperationalError, StoreError, OSError):  # busy, full or unsafe
        return
    except _DAMAGE:  # the next reading writes it anew
        remove(store_fd)


def remove(store_fd: int) -> None:
    """Remove the cache of a store, if that is possible."""
    for name in FILES:
        with suppress(OSError):
            os.unlink(name, dir_fd=store_fd)


@contextmanager
def _connection(store_fd: int, store: str) -> Iterator[sqlite3.Connection]:
    """Open the cache, creating the file (0600) and its table if necessary.

    Raises:
        StoreError: A file of the cache is a link, or others can read or write it.
        OSError: The file cannot be created.
        sqlite3.DatabaseError: It is not this cache.
    """
    _demand_safe_files(store_fd, store)
    database = sqlite3.connect(os.path.join(store, FILE), timeout=_BUSY_TIMEOUT, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            database.execute(pragma)
        tables = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        if not tables:
            database.execute(_TABLE.replace("TABLE", "TABLE IF NOT EXISTS", 1))
        elif tables != [(_TABLE,)]:
            raise sqlite3.DatabaseError("not the table of this cache")
        yield database
    finally:
        database.close()


def _demand_safe_files(store_fd: int, store: str) -> None:
    with suppress(FileExistsError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(FILE, flags, PRIVATE_FILE.mode, dir_fd=store_fd)
        try:
            os.fchmod(descriptor, PRIVATE_FILE.mode)
        finally:
            os.close(descriptor)
    for name in FILES:
        with suppress(FileNotFoundError):
            status = os.stat(name, dir_fd=store_fd, follow_symlinks=False)
            judge(os.path.join(store, name), status, PRIVATE_FILE)


def _encode(name: str, entry: StampedSummary) -> tuple[str, bytes, int]:
    text = json.dumps([*entry.summary, entry.stamp], separators=(",", ":")).encode("ascii")
    return name, text, crc32(text)


def _read(database: sqlite3.Connection) -> Iterator[tuple[str, StampedSummary]]:
    rows = database.execute("SELECT entry, crc FROM pairs ORDER BY name")
    while chunk := rows.fetchmany(_CHUNK):
        intact = [text for text, crc in chunk if crc32(text) == crc]
        for *values, stamp in json.loads(b"[%b]" % b",".join(intact)):
            for field in _SHARED:
                values[field] = sys.intern(values[field])
            summary = PairSummary._make(values)
            yield summary.name, StampedSummary(summary, stamp)
