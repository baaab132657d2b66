"""Read the summaries of all pairs in a store. Only changed pairs are read again."""

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import load_record
from csrtui.core.pairs.summary import PairSummary, summarize
from csrtui.store.keystore import Keystore
from csrtui.store.stamp import PairStamp, is_settled, read_pair_stamp
from csrtui.store.stored_pair import ListedPair, list_pair
from csrtui.store.summary_cache import StampedSummary, SummaryCache


def parse_listed_pair(listed: ListedPair) -> Pair:
    """Return the pair of a listing.

    Raises:
        StoreError: The listing could not read the pair, or its record is damaged.
    """
    if isinstance(listed.record, StoreError):
        raise listed.record
    try:
        record = load_record(listed.record)
    except StoreError as error:
        raise StoreError(f"{visible(listed.path)}: {error.message}", error.hint) from error
    return Pair(listed.name, listed.path, record, has_certificate=listed.has_certificate)


CACHE_FROM: Final = 250
"""The number of pairs from which the cache is used. Fewer pairs can be read faster than the cache can be opened."""
_PROGRESS_STEP = 1000
"""The number of pairs between two reports of progress."""
_UNSETTLED = 0
"""The stamp for a pair that changed so recently that another change might not change its stamp."""

Progress = Callable[[int, int], None]
"""A function called with the number of pairs read so far and the number of all pairs."""


class SummaryListing(NamedTuple):
    """The summaries of the pairs that can be read, by name, and the errors of the others."""

    summaries: list[PairSummary]
    problems: list[tuple[str, StoreError]]


def _no_progress(_done: int, _total: int) -> None:
    pass


class SummaryReader:
    """Reads summaries, and caches each with the stamps of the files from which it was read.

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
            is_cached = len(names) >= CACHE_FROM and not self._store.is_dry_run
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
            if is_cached and (changed or previous):
                self._cache.save(store_fd, self._entries, changed if not previous else {})
        return SummaryListing([summary for summary, _ in self._entries.values()], problems)

    def _read(self, pairs_fd: int, name: str, stamp: PairStamp | None) -> StampedSummary:
        """Read a pair and return its summary. Its stamp was read first, so that a change in between is detected."""
        pair = parse_listed_pair(list_pair(pairs_fd, name, self._store.pair_path(name)))
        is_lasting = stamp is not None and is_settled(stamp)
        return summarize(pair), hash(stamp) if is_lasting else _UNSETTLED
