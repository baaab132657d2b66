"""A cache of what lists show of the pairs: an SQLite file that may be lost, late or damaged at any moment.

It is never believed by itself. Each pair's row has the stamp (`csrtui.store.stamp`) under which it was read, and a
check sum over all of it; a row whose stamp is not that of the folder now, or whose sum is wrong, is read anew
(`csrtui.store.checking`). Where the file cannot be used (another process has it, the disk is full or takes no
writes, it is not safe, it is no database), the same tables are kept in memory for as long as the process lives.
"""

import os
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import Enum, auto
from itertools import chain
from typing import Final

from csrtui.core.errors import StoreError
from csrtui.core.pair import BackupStatus, NextStep, Stage
from csrtui.core.pair_line import PairLine, thirds
from csrtui.core.pair_query import Need, Order, Query, Retired
from csrtui.store.index_row import SEARCHED, SHOWN, Kept, Row, Values, line_in, searchable
from csrtui.store.modes import PRIVATE_FILE, judge

FILE: Final = ".pairs-1.sqlite"
"""The cache in the store's folder; the number is that of its tables, so that no version reads another's."""

FILES: Final = (FILE, f"{FILE}-journal")
"""All that SQLite keeps there: the second one while something is written."""

_PATIENCE = 0.25
"""Seconds that another process is waited for."""

_SEARCHED = ", ".join((*SEARCHED, "seal"))
_SHOWN = ", ".join(SHOWN)
_TABLES = (
    f"CREATE TABLE pairs (id INTEGER PRIMARY KEY, {_SEARCHED}, UNIQUE (name))",
    f"CREATE TABLE lines (name PRIMARY KEY, {_SHOWN}) WITHOUT ROWID",
)
_SET = ", ".join(f"{column} = excluded.{column}" for column in (*SEARCHED[1:], "seal"))
_PUT = (
    f"INSERT INTO pairs ({_SEARCHED}) VALUES ({', '.join('?' * (len(SEARCHED) + 1))})"  # noqa: S608 - from constants
    f" ON CONFLICT (name) DO UPDATE SET {_SET}"  # a pair keeps its number
)
_PUT_LINE = f"INSERT OR REPLACE INTO lines (name, {_SHOWN}) VALUES (?, ?, ?, ?)"  # noqa: S608 - from constants
_JOINED = f"SELECT {_SEARCHED}, {_SHOWN} FROM pairs LEFT JOIN lines USING (name)"  # noqa: S608 - from constants
_IS_DUE = "due <= :now"
_ORDER = {
    Order.URGENCY: f"CASE WHEN {_IS_DUE} THEN due_rank ELSE rank END, weight, name",
    Order.NAME: "name",
    Order.MADE: "created DESC, name",
    Order.LEFT: "expires IS NULL, expires, name",
}
_BARE = f"backup <> '{BackupStatus.VERIFIED}' AND stage <> '{Stage.RETIRED}'"
_NEEDS = {Need.BACKUP: f"({_BARE})", Need.VERIFICATION: f"backup <> '{BackupStatus.NONE}'"}
_PRAGMAS = (
    "PRAGMA page_size = 32768",  # a search reads all of a new file, in an eighth of the calls
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA synchronous = OFF",  # what a power cut spoils is noticed
    "PRAGMA journal_mode = DELETE",
    "PRAGMA temp_store = MEMORY",  # nothing of the store lies anywhere else
    "PRAGMA mmap_size = 0",
    "PRAGMA cache_size = -2000",
)


class IndexBrokenError(Exception):
    """The cache cannot be used any further; nothing is lost by that.

    Args:
        error: Why.

    Attributes:
        is_damage: Whether what is in it is spoilt, so that it has to go. Otherwise another process has it, or the
            disk refuses.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.is_damage = _is_damage(error)


def _is_damage(error: Exception) -> bool:
    """Whether it is what is in the file that is wrong; of text that is no UTF-8 Python tells without a code of SQLite."""
    if not isinstance(error, sqlite3.OperationalError):
        return True
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR


class Where(Enum):
    """Where the tables are."""

    ON_DISK = auto()
    IN_MEMORY = auto()


class Index:
    """The cache of one store, open. Any thread may use it; they take turns.

    Every method raises `IndexBrokenError` when the cache cannot be used any further; then it is opened anew.

    Args:
        database: The connection.
        path: The file, or None when the tables are in memory.
    """

    def __init__(self, database: sqlite3.Connection, path: str | None) -> None:
        self._database = database
        self._path = path
        self._turn = threading.RLock()
        self._version: object = None
        self._file: object = None

    @property
    def kept(self) -> Where:
        """Where the tables are."""
        return Where.ON_DISK if self._path else Where.IN_MEMORY

    def note_state(self) -> None:
        """Remember how the file is now, for `is_as_noted`; what csrtui writes through this index is included."""
        if self._path:
            self._version = self._all("PRAGMA data_version")
            self._file = _state(self._path)

    def is_as_noted(self) -> bool:
        """Whether nobody else has written to the file, or put another in its place, since that was noted."""
        if not self._path:
            return True
        return self._file == _state(self._path) and self._version == self._all("PRAGMA data_version")

    def close(self) -> None:
        """Let go of the file, once whoever asks something has the answer: SQLite would crash under him."""
        with self._turn, suppress(sqlite3.Error):
            self._database.close()

    def __del__(self) -> None:
        self.close()

    # Writing

    def change(self, put: Iterable[Row], drop: Iterable[str]) -> None:
        """Put rows in, or in the place of those of the same name, and drop others; all of it or none.

        When the file takes no change, all goes on in memory.
        """
        rows, names = list(put), [(name,) for name in drop]
        if not rows and not names:
            return
        with self._asking():
            try:
                self._write(rows, names)
            except sqlite3.OperationalError:
                if self.kept is Where.IN_MEMORY:
                    raise
                self._go_on_in_memory()
                self._write(rows, names)

    def _write(self, rows: list[Row], names: list[tuple[str]]) -> None:
        with self._database:  # commits, or rolls back
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(_PUT, [row.searched for row in rows])
            self._database.executemany(_PUT_LINE, [(row.name, *row.shown) for row in rows])
            self._database.executemany("DELETE FROM pairs WHERE name = ?", names)
            self._database.executemany("DELETE FROM lines WHERE name = ?", names)
        self._file = _state(self._path) if self._path else None

    def _go_on_in_memory(self) -> None:
        memory = _connect(":memory:")
        self._database.backup(memory)
        self._database.close()
        self._database, self._path = memory, None

    # Reading

    def rows(self, after: str, until: str | None) -> dict[str, Kept]:
        """Return what is kept of the pairs after one name and up to another, or of all that follow, by name."""
        where, given = _between(after, until)
        found = self._all(f"{_JOINED} WHERE {where}", given)
        end = len(SEARCHED) + 1
        return {row[0]: Kept(row[:end], row[end:]) for row in found}

    def shown(self, after: str, until: str | None) -> list[Values]:
        """Return only what lists show of them (`SHOWN`), by name, as it was found."""
        where, given = _between(after, until)
        return self._all(f"SELECT {_SHOWN} FROM lines WHERE {where} ORDER BY name", given)  # noqa: S608 - from constants

    def holds(self, row: Row) -> bool:
        """Whether the very row is there already."""
        return self._all(f"{_JOINED} WHERE name = ?", (row.name,)) == [(*row.searched, *row.shown)]

    def expect(self, count: int) -> None:
        """Make sure that there are so many pairs.

        Raises:
            IndexBrokenError: There are more or fewer: the file is damaged where no row's own sum can tell.
        """
        [found] = self._all("SELECT (SELECT count(stage) FROM pairs), (SELECT count(mark) FROM lines)")
        if found != (count, count):
            raise IndexBrokenError(sqlite3.DatabaseError("rows are lost"))

    def lines(self, query: Query, order: Order, now: datetime) -> Iterator[PairLine]:
        """Give the lines that meet a query, in order, a few at a time."""
        where, given = _where(query, now)
        sql = f"SELECT line FROM pairs JOIN lines USING (name) WHERE {where} ORDER BY {_ORDER[order]}"  # noqa: S608 - from constants
        with self._asking():
            for (text,) in self._database.execute(sql, given):
                yield line_in(text)

    def ids(self, query: Query, order: Order | None, now: datetime) -> "array[int]":
        """Return the numbers of the pairs that meet a query, in order; in any where that is None.

        They are of four bytes each: a number is given again when the pair that had it is gone.
        """
        where, given = _where(query, now)
        by = f" ORDER BY {_ORDER[order]}" if order else ""
        sql = f"SELECT id FROM pairs WHERE {where}{by}"  # noqa: S608 - from constants
        with self._asking():
            return array("I", chain.from_iterable(self._database.execute(sql, given)))

    def names(self, ids: Sequence[int]) -> list[str | None]:
        """Return the names that pairs of these numbers have; None for a number that no pair has any more."""
        found = [self._all("SELECT name FROM pairs WHERE id = ?", (number,)) for number in ids]
        return [rows[0][0] if rows else None for rows in found]

    def every_name(self, query: Query, order: Order, now: datetime) -> list[str]:
        """Return the names of the pairs that meet a query, in order."""
        where, given = _where(query, now)
        found = self._all(f"SELECT name FROM pairs WHERE {where} ORDER BY {_ORDER[order]}", given)  # noqa: S608 - from constants
        return [name for (name,) in found]

    def number(self, name: str) -> int | None:
        """Return the number of the pair of that name, or None."""
        found = self._all("SELECT id FROM pairs WHERE name = ?", (name,))
        return found[0][0] if found else None

    def counts(self, query: Query, now: datetime) -> tuple[int, int, int, int]:
        """Return how many pairs meet a query: all, those in use without a verified backup, due, retired."""
        where, given = _where(query, now)
        sums = f"sum({_BARE}), sum({_IS_DUE}), sum(stage = '{Stage.RETIRED}')"
        sql = f"SELECT count(*), {sums} FROM pairs WHERE {where}"  # noqa: S608 - from constants
        every, bare, due, retired = self._all(sql, given)[0]
        return every, bare or 0, due or 0, retired or 0

    def next_due(self, now: datetime) -> int | None:
        """Return when the next renewal becomes due, as `thirds` tells times: until then orders and counts stand."""
        [(found,)] = self._all(f"SELECT min(due) FROM pairs WHERE NOT {_IS_DUE}", {"now": thirds(now)})  # noqa: S608 - from constants
        return found if isinstance(found, int) else None

    def known(self) -> Iterator[str]:
        """Give the names of all pairs, sorted, a few at a time."""
        with self._asking():
            for (name,) in self._database.execute("SELECT name FROM pairs ORDER BY name"):
                yield str(name)

    def with_key(self, spki_sha256: str) -> list[str]:
        """Return the names of the pairs whose key has this fingerprint, sorted."""
        found = self._all("SELECT name FROM pairs WHERE spki = ? ORDER BY name", (searchable(spki_sha256),))
        return [name for (name,) in found]

    def _all(self, sql: str, given: object = ()) -> list[tuple]:  # type: ignore[type-arg]
        with self._asking():
            return self._database.execute(sql, given).fetchall()  # type: ignore[arg-type]

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self._turn:
            try:
                yield
            except (
                sqlite3.Error,
                OverflowError,
                TypeError,
                ValueError,
            ) as error:  # UnicodeError is among them
                raise IndexBrokenError(error) from error


def open_index(store_fd: int, store: str) -> Index:
    """Open the cache of a store, made anew where there is none that can be used.

    Args:
        store_fd: The store's folder.
        store: Its path.
    """
    for _ in range(2):
        try:
            _make_safe(store_fd, store)
            path = os.path.join(store, FILE)
            return Index(_opened(path), path)
        except (sqlite3.DatabaseError, UnicodeError) as error:
            if not _is_damage(error):  # another has it, or the disk refuses: it may be good all the same
                break
            remove_index(store_fd)
        except (StoreError, OSError):
            break
    return private_index()


def private_index() -> Index:
    """Return an empty cache in memory."""
    database = _connect(":memory:")
    for table in _TABLES:
        database.execute(table)
    return Index(database, None)


def remove_index(store_fd: int) -> None:
    """Remove the cache of a store, if that can be done."""
    for name in FILES:
        with suppress(OSError):
            os.unlink(name, dir_fd=store_fd)


def _make_safe(store_fd: int, store: str) -> None:
    """Judge the files as all of the store's; make the first one 0600 when there is none.

    Raises:
        StoreError: One of them is a link or something else, or others may use it.
        OSError: It cannot be made.
    """
    with suppress(FileExistsError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(FILE, flags, PRIVATE_FILE.mode, dir_fd=store_fd)
        try:
            os.fchmod(descriptor, PRIVATE_FILE.mode)
        finally:
            os.close(descriptor)
    for name in FILES:
        with suppress(FileNotFoundError):
            found = os.stat(name, dir_fd=store_fd, follow_symlinks=False)
            judge(os.path.join(store, name), found, PRIVATE_FILE)


def _opened(path: str) -> sqlite3.Connection:
    """Connect to the file, whose tables are made if it is empty.

    Raises:
        sqlite3.Error: It cannot be used, or its tables are others.
    """
    database = _connect(path)
    try:
        tables = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        if not tables:
            with database:
                database.execute("BEGIN IMMEDIATE")
                for table in _TABLES:
                    database.execute(table.replace("TABLE", "TABLE IF NOT EXISTS", 1))
        elif tables != [(table,) for table in _TABLES]:
            raise sqlite3.DatabaseError("other tables")  # noqa: TRY301 - closes below, like every other error
    except BaseException:
        database.close()
        raise
    return database


def _connect(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            database.execute(pragma)
    except BaseException:
        database.close()
        raise
    return database


def _state(path: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _between(after: str, until: str | None) -> tuple[str, tuple[str, ...]]:
    return ("name > ?", (after,)) if until is None else ("name > ? AND name <= ?", (after, until))


def _where(query: Query, now: datetime) -> tuple[str, dict[str, object]]:
    """The condition of a query, and what its names stand for."""
    given: dict[str, object] = {"now": thirds(now)}
    conditions = ["1"]
    if query.retired is Retired.HIDDEN:
        conditions.append(f"stage <> '{Stage.RETIRED}'")
    if query.next_step is not None:
        is_due = f"coalesce({_IS_DUE}, 0)"
        given["step"] = query.next_step.value
        conditions.append(is_due if query.next_step is NextStep.RENEW else f"step = :step AND NOT {is_due}")
    if query.need is not None:
        conditions.append(_NEEDS[query.need])
    for number, word in enumerate(query.words):
        given[f"word{number}"] = searchable(word)
        conditions.append(f"instr(searched, :word{number})")
    return " AND ".join(conditions), given
