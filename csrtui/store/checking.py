"""The cache of the pairs (`csrtui.store.index`) held against their folders, pair by pair, and brought up to date."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from csrtui.core.errors import StoreError
from csrtui.core.pair_line import PairLine, line_of
from csrtui.core.pair_query import searched_text
from csrtui.store.index import Index, IndexBrokenError
from csrtui.store.index_row import Kept, Row, lines_if_as, lines_of
from csrtui.store.listed import pair_of
from csrtui.store.stamp import is_settled, read_pair_stamp
from csrtui.store.stamps import CHUNK, Stamps, helped
from csrtui.store.stored import list_pair

_UNSETTLED = b""

_T = TypeVar("_T")


def lines_ahead(
    index: Index, pairs_fd: int, names: Sequence[str], make: Callable[[list[PairLine]], _T]
) -> tuple[_T] | None:
    """Return what is made of the lines of all pairs, alone, if the cache has them as their folders are; else None.

    It is made while a second process looks at the folders, and thrown away when they turn out to be otherwise.

    Args:
        index: The cache.
        pairs_fd: The folder of all pairs.
        names: What is in it, sorted.
        make: Makes it, and does nothing else.

    Raises:
        IndexBrokenError: The cache cannot be used.
    """
    with helped(pairs_fd, names) as stamps:
        known = lines_of(index.shown("", None))
        if known is None or [line.name for line in known[0]] != list(names):
            return None
        made = make(known[0])
        for first in range(0, len(names), CHUNK):
            found = stamps.of(names[first : first + CHUNK])
            if [one[0] if one else None for one in found] != known[1][first : first + CHUNK]:
                return None
        return (made,)


class Check:
    """One check of the cache against the folders.

    Args:
        index: The cache.
        pairs_fd: The folder of all pairs.
        path: Its path.
        lines: Gets the line of every pair that can be read, by name; then of those that did not change nothing but
            their lines is looked at, and the cache is not to be searched.

    Attributes:
        problems: The pairs that cannot be read, with the reason. They are in no cache: they are read each time.
        changed: How many pairs were not, or not any more, as the cache had them.
    """

    def __init__(self, index: Index, pairs_fd: int, path: str, lines: list[PairLine] | None = None) -> None:
        self._index = index
        self._pairs_fd = pairs_fd
        self._path = path
        self._lines = lines
        self.problems: list[tuple[str, StoreError]] = []
        self.changed = 0

    def run(self, names: Sequence[str], report: Callable[[int], None] = lambda _: None) -> None:
        """Check every pair.

        Args:
            names: What is in ``pairs/``, sorted.
            report: Called now and then with how many are done.

        Raises:
            IndexBrokenError: The cache cannot be used any further.
        """
        self._index.note_state()
        after = ""
        with helped(self._pairs_fd, names) as stamps:
            for first in range(0, len(names), CHUNK):
                chunk = names[first : first + CHUNK]
                self._check(chunk, stamps, after, chunk[-1])
                after = chunk[-1]
                report(len(chunk))
            self._check([], stamps, after, None)
        self._index.expect(len(names) - len(self.problems))

    def follow(self, names: Sequence[str]) -> bool:
        """Take in which pairs came and went, which takes a moment; a check tells what else there is.

        Args:
            names: What is in ``pairs/``, sorted.

        Returns:
            Whether any came or went; not when so many came that a check is the quicker way.

        Raises:
            IndexBrokenError: The cache cannot be used any further.
        """
        come, gone = _differences(names, self._index.known())
        if len(come) > CHUNK:
            return False
        rows = [self._read(name, read_pair_stamp(self._pairs_fd, name)) for name in come]
        put = [row for row in rows if row is not None]
        self._index.change(put, gone)
        return bool(put or gone)

    def _check(self, names: Sequence[str], stamps: Stamps, after: str, until: str | None) -> None:
        found = stamps.of(names) if names else []
        if self._lines is not None:
            lines = lines_if_as(self._index.shown(after, until), [one[0] if one else None for one in found])
            if lines is not None and [line.name for line in lines] == list(names):
                self._lines += lines
                return
        known = self._index.rows(after, until)
        rows = []
        for name, one in zip(names, found, strict=True):
            had = known.pop(name, None)
            if one is not None and had is not None and one[0] == had.stamp:
                self._give(had)
                continue
            row = self._read(name, one)
            if row is not None:
                self._give(row)
                if had is None or not self._index.holds(row):  # what cannot settle is not written again
                    rows.append(row)
            elif had is not None:
                known[name] = had  # it is to be dropped, like those that are gone
        self.changed += len(rows) + len(known)
        self._index.change(rows, known)

    def _give(self, one: Row | Kept) -> None:
        if self._lines is None:
            return
        try:
            self._lines.append(one.line)
        except ValueError as error:  # under the right sums: somebody has made them
            raise IndexBrokenError(error) from error

    def _read(self, name: str, found: tuple[bytes, int] | None) -> Row | None:
        """Read a pair whose stamp was taken before; when that will not tell of a change, it gets none."""
        listed = list_pair(self._pairs_fd, name, f"{self._path}/{name}")
        try:
            pair = pair_of(listed)
        except StoreError as error:
            self.problems.append((name, error))
            return None
        stamp = found[0] if found is not None and is_settled(found[1]) else _UNSETTLED
        return Row(line_of(pair), pair.record.key.spki_sha256, searched_text(pair), stamp)


def _differences(names: Iterable[str], known: Iterable[str]) -> tuple[list[str], list[str]]:
    """What is only in the first of two sorted rows, and what is only in the second; neither is held."""
    there = iter(known)
    at = next(there, None)
    come, gone = [], []
    for name in names:
        while at is not None and at < name:
            gone.append(at)
            at = next(there, None)
        if at == name:
            at = next(there, None)
        else:
            come.append(name)
    if at is not None:
        gone += [at, *there]
    return come, gone
