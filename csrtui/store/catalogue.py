"""The pairs of a store of many: sorted, searched and counted without reading them all each time.

What it answers is what a reading of all folders would answer as of the last `Catalogue.check`; what it may have
to forget at any moment is only a cache (`csrtui.store.index`).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from csrtui.core.pair_query import Query
from csrtui.store.checking import Check, lines_ahead
from csrtui.store.index import Index, IndexBrokenError, open_index, private_index, remove_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from csrtui.core.errors import StoreError
    from csrtui.core.pair_line import PairLine
    from csrtui.store.keystore import Keystore

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ATTEMPTS: Final = 4
"""How often a question is asked, or a check made for it, before the cache is done without."""

_T = TypeVar("_T")


class Catalogue:
    """The pairs of a store and what is known of them; making one reads nothing.

    Args:
        store: The store.

    Attributes:
        problems: The pairs that could not be read at the last check, with the reason.
        checked: Whether there was a check, so that what is known is not only what an earlier run left.
    """

    def __init__(self, store: Keystore) -> None:
        self._store = store
        self._index: Index | None = None
        self.problems: tuple[tuple[str, StoreError], ...] = ()
        self.checked = False

    def close(self) -> None:
        """Let go of the cache."""
        if self._index is not None:
            self._index.close()
        self._index = None

    @property
    def is_as_checked(self) -> bool:
        """Whether nobody has changed the cache itself since the last check."""
        index = self._index
        try:
            return self.checked and index is not None and index.is_as_noted()
        except IndexBrokenError:
            return False

    def recall(self) -> int:
        """Open what an earlier run left; return how many pairs it knew, as it knew them.

        Raises:
            StoreError: The store cannot be used.
        """
        with self._store.folders() as folders:
            if folders is None:
                return 0
            self._index = open_index(folders[0], self._store.path)
        try:
            return self._index.counts(Query(), _LONG_AGO)[0]
        except IndexBrokenError:
            self.close()
            return 0

    def check(self, report: Callable[[int, int], None] = lambda _done, _all: None) -> None:
        """Hold what is known against the folders, and read again what has changed.

        Args:
            report: Called now and then with how many pairs are done, and how many there are.

        Raises:
            StoreError: The store cannot be used.
        """
        self._check_all(report, None)

    def follow(self) -> bool:
        """Take in which pairs came and went since the last check, in a moment; for all else there is another check.

        Returns:
            Whether any did.

        Raises:
            StoreError: The store cannot be used.
        """
        with self._store.folders() as folders:
            index = self._index
            if folders is None or index is None or not self.checked:
                return False
            try:
                return Check(index, folders[1], f"{self._store.path}/pairs").follow(self._store.names())
            except IndexBrokenError:
                return False  # the check will make it anew

    def made_of_lines(self, make: Callable[[list[PairLine]], _T]) -> _T:
        """Return what is made of the lines of all pairs that can be read, by name, as they are in their folders.

        Only the lines are held against the folders, so that the cache is let go of: a question needs a check.

        Args:
            make: Makes it, and does nothing else: it is called while the folders are looked at, and again when they
                turn out to be otherwise.

        Raises:
            StoreError: The store cannot be used.
        """
        with self._store.folders() as folders, suppress(IndexBrokenError):
            if folders is not None:
                store_fd, pairs_fd = folders
                self._index = self._index or open_index(store_fd, self._store.path)
                self.problems = ()
                made = lines_ahead(self._index, pairs_fd, self._store.names(), make)
                if made is not None:
                    self._forget()
                    return made[0]
        lines: list[PairLine] = []
        self._check_all(lambda _done, _all: None, lines)
        self._forget()
        return make(lines)

    def _forget(self) -> None:
        self.close()
        self.checked = False

    def _check_all(self, report: Callable[[int, int], None], lines: list[PairLine] | None) -> None:
        with self._store.folders() as folders:
            if folders is None:
                self.close()
                self._index, self.problems, self.checked = private_index(), (), True
                return
            store_fd, pairs_fd = folders
            while True:
                if self._index is None:
                    self._index = open_index(store_fd, self._store.path)
                try:
                    self._check(self._index, pairs_fd, report, lines)
                except IndexBrokenError as error:
                    self._begin_again(store_fd, error)
                else:
                    return

    def _check(
        self, index: Index, pairs_fd: int, report: Callable[[int, int], None], lines: list[PairLine] | None
    ) -> None:
        names = self._store.names()
        done = 0
        if lines is not None:
            lines.clear()  # of an attempt that broke off

        def count(more: int) -> None:
            nonlocal done
            done += more
            report(done, len(names))

        check = Check(index, pairs_fd, f"{self._store.path}/pairs", lines)
        check.run(names, count)
        self.problems, self.checked = tuple(check.problems), True

    def _begin_again(self, store_fd: int, error: IndexBrokenError) -> None:
        """Drop a cache that is damaged, and go on without one that another process keeps for itself."""
        self.close()
        if error.is_damage:
            remove_index(store_fd)
        else:
            self._index = private_index()

    def ask(self, question: Callable[[Index], _T]) -> _T:
        """Return the answer to a question, after another check when what was known is lost in the middle of it.

        Raises:
            StoreError: The store cannot be used.
        """
        for _ in range(_ATTEMPTS):
            index = self._index  # another thread may close it meanwhile, which is only a broken cache
            if index is None:
                self.check()
                continue
            try:
                return question(index)
            except IndexBrokenError:
                self.close()
                self.checked = False
        self._index = private_index()
        self.check()
        return question(self._index)

    def glance(self, question: Callable[[Index], _T]) -> _T | None:
        """Return the answer to a question, or None when what was known is lost: at once in any case."""
        index = self._index
        if index is None:
            return None
        try:
            return question(index)
        except IndexBrokenError:
            self.checked = False
            return None
