"""The cache of the pairs (`csrtui.store.index`) held against their folders, pair by pair, and brought up to date."""

from collections.abc import Callable, Sequence

from csrtui.core.errors import StoreError
from csrtui.core.pair_line import PairLine, line_of
from csrtui.core.pair_query import searched_text
from csrtui.store.index import Index
from csrtui.store.index_row import Row, Values, line_in, stamp_of
from csrtui.store.listed import pair_of
from csrtui.store.stamp import is_settled
from csrtui.store.stamps import CHUNK, Stamps, helped
from csrtui.store.stored import list_pair

_UNSETTLED = b""


class Check:
    """One check of the cache against the folders.

    Args:
        index: The cache.
        pairs_fd: The folder of all pairs.
        path: Its path.
        take: Given the line of every pair that can be read, by name.

    Attributes:
        problems: The pairs that cannot be read, with the reason. They are in no cache: they are read each time.
        changed: How many pairs were not, or not any more, as the cache had them.
    """

    def __init__(
        self, index: Index, pairs_fd: int, path: str, take: Callable[[PairLine], None] | None = None
    ) -> None:
        self._index = index
        self._pairs_fd = pairs_fd
        self._path = path
        self._take = take
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

    def _check(self, names: Sequence[str], stamps: Stamps, after: str, until: str | None) -> None:
        known = self._index.rows(after, until)
        rows = []
        for name, found in zip(names, stamps.of(names) if names else (), strict=True):
            had = known.pop(name, None)
            if found is not None and had is not None and found[0] == stamp_of(had):
                self._give(had)
                continue
            row = self._read(name, found)
            if row is not None:
                self._give(row.values)
                if had is None or not self._index.holds(row):  # what cannot settle is not written again
                    rows.append(row)
            elif had is not None:
                known[name] = had  # it is to be dropped, like those that are gone
        self.changed += len(rows) + len(known)
        self._index.change(rows, known)

    def _give(self, values: Values) -> None:
        if self._take is not None:
            self._take(line_in(values))

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
