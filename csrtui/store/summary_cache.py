"""The cache of pair summaries, an SQLite table. Results are the same even if it is missing, out of date or damaged.

Each row contains a JSON array and its CRC-32. The array contains the values of the summary, and the stamp
(`csrtui.store.stamp`) of the files from which they were read. A row with a wrong CRC is ignored, and
`csrtui.store.summary_reader` reads a pair again if its stamp has changed. A file that SQLite cannot read is removed and
written again. If the file cannot be used because it is busy or unsafe, or because the disk is full, everything works
without it.
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
from csrtui.store.files import create_unflushed_file
from csrtui.store.permissions import PRIVATE_FILE, check_permissions
from csrtui.store.stamp import StampedSummary

FILE: Final = ".pairs-4.sqlite"
"""The name of the cache in the store's folder. The number changes with the format of the cache."""
FILES: Final = (FILE, f"{FILE}-journal")
"""The names of all files of the cache. The second file exists only during a write."""

_BUSY_TIMEOUT = 0.25
"""The number of seconds to wait for another process."""
_CHUNK = 1000
"""The number of rows that are decoded at a time, so that other threads can run in between."""
_TABLE = "CREATE TABLE pairs (name TEXT PRIMARY KEY, entry BLOB, crc INTEGER) WITHOUT ROWID"
_SHARED_FIELDS = [PairSummary._fields.index(field) for field in ("key_type", "backup", "stage", "step")]
"""The fields with few different values. Each value is in memory only once."""
_PRAGMAS = (
    "PRAGMA page_size = 32768",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA synchronous = OFF",  # damage by a power cut is detected
    "PRAGMA journal_mode = DELETE",
    "PRAGMA temp_store = MEMORY",  # no data of the store is written elsewhere
)
_DAMAGE = (sqlite3.DatabaseError, LookupError, OverflowError, TypeError, ValueError)


def load(store_fd: int, store: str) -> dict[str, StampedSummary]:
    """Return the intact entries of the cache by name, or none if the cache is missing or cannot be used.

    Args:
        store_fd: The descriptor of the store's folder.
        store: The path of that folder.
    """
    try:
        if FILE not in os.listdir(store_fd):
            return {}
        with _connection(store_fd, store) as database:
            return dict(_read(database))
    except sqlite3.OperationalError:  # busy, or unreadable at present
        return {}
    except _DAMAGE:
        remove(store_fd)
        return {}
    except (StoreError, OSError):
        return {}


def save(store_fd: int, store: str, changed: Mapping[str, StampedSummary], removed: Collection[str]) -> None:
    """Update the cache, if that is possible. Remove it if it is damaged.

    Args:
        store_fd: The descriptor of the store's folder.
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
    except _DAMAGE:  # the next run of the reader writes the cache again
        remove(store_fd)


def remove(store_fd: int) -> None:
    """Remove the cache of a store, if that is possible."""
    for name in FILES:
        with suppress(OSError):
            os.unlink(name, dir_fd=store_fd)


@contextmanager
def _connection(store_fd: int, store: str) -> Iterator[sqlite3.Connection]:
    """Open the cache and yield the connection. Create the file (0600) and its table if necessary.

    Raises:
        StoreError: A file of the cache is a link, or others can read or write it.
        OSError: The file cannot be created.
        sqlite3.DatabaseError: The file is not a cache of this format.
    """
    _require_safe_files(store_fd, store)
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


def _require_safe_files(store_fd: int, store: str) -> None:
    with suppress(FileExistsError):
        os.close(create_unflushed_file(store_fd, FILE, b"", PRIVATE_FILE))
    for name in FILES:
        with suppress(FileNotFoundError):
            status = os.stat(name, dir_fd=store_fd, follow_symlinks=False)
            check_permissions(os.path.join(store, name), status, PRIVATE_FILE)


def _encode(name: str, entry: StampedSummary) -> tuple[str, bytes, int]:
    text = json.dumps([*entry.summary, entry.stamp], separators=(",", ":")).encode("ascii")
    return name, text, crc32(text)


def _read(database: sqlite3.Connection) -> Iterator[tuple[str, StampedSummary]]:
    rows = database.execute("SELECT entry, crc FROM pairs ORDER BY name")
    while chunk := rows.fetchmany(_CHUNK):
        intact = [text for text, crc in chunk if crc32(text) == crc]
        for *values, stamp in json.loads(b"[%b]" % b",".join(intact)):
            for index in _SHARED_FIELDS:
                values[index] = sys.intern(values[index])
            summary = PairSummary._make(values)
            yield summary.name, StampedSummary(summary, stamp)
