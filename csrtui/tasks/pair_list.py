"""The pairs of a store as a list: filtered, sorted and counted, the same for the screens and the commands."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import overload

from csrtui.core.base.errors import StoreError
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.query import Need, Query, SortOrder, sort_key
from csrtui.core.pairs.summary import PairSummary, count_due
from csrtui.store.listed import pair_of
from csrtui.store.summary_reader import SummaryListing, SummaryReader
from csrtui.tasks.list import UnreadablePair
from csrtui.tasks.session import Session


class PairList:
    """The pairs of a store as they were when it was read.

    Args:
        listing: The summaries and errors that a `SummaryReader` returned.

    Attributes:
        summaries: The pairs that can be read, by name.
        problems: The pairs that cannot be read, with their errors.
    """

    def __init__(self, listing: SummaryListing = SummaryListing([], [])) -> None:  # noqa: B008 - never changed
        self.summaries: Sequence[PairSummary] = listing.summaries
        self.problems = tuple(UnreadablePair(name, error) for name, error in listing.problems)
        self._sorted: dict[tuple[SortOrder, int], list[PairSummary]] = {}

    def select(self, query: Query, order: SortOrder, now: datetime) -> list[PairSummary]:
        """Return the pairs that meet a query, sorted."""
        return query.select(self._in_order(order, now), now)

    def needing(self, need: Need, now: datetime) -> list[str]:
        """Return the names of the pairs with a need, the most urgent first."""
        return [
            summary.name for summary in self._in_order(SortOrder.URGENCY, now) if need.applies_to(summary)
        ]

    def _in_order(self, order: SortOrder, now: datetime) -> list[PairSummary]:
        # Pairs become due one after the other, so the number of due pairs identifies their set.
        key = order, count_due(self.summaries, now)
        if key not in self._sorted:
            self._sorted[key] = sorted(self.summaries, key=sort_key(order, now))
        return self._sorted[key]


class Pairs(Sequence[Pair]):
    """Pairs of a store by name, read each time they are iterated; those that cannot be read are left out.

    Args:
        session: The session of the store.
        names: The names of the pairs.
    """

    def __init__(self, session: Session, names: Sequence[str]) -> None:
        self._session = session
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Pair]:
        return (item for item in read_pairs(self._session, self.names) if isinstance(item, Pair))

    @overload
    def __getitem__(self, index: int) -> Pair: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Pair]: ...

    def __getitem__(self, index: int | slice) -> Pair | Sequence[Pair]:
        if isinstance(index, slice):
            return Pairs(self._session, self.names[index])
        for pair in Pairs(self._session, [self.names[index]]):
            return pair
        raise IndexError(index)


def read_pair_list(session: Session) -> PairList:
    """Return the pairs of the store.

    Raises:
        StoreError: The store itself cannot be used.
    """
    return PairList(SummaryReader(session.store).read())


def read_pairs(session: Session, names: Sequence[str]) -> Iterator[Pair | UnreadablePair]:
    """Yield the pair of each name, or the reason why it cannot be read."""
    try:
        for listed in session.store.listing(names):
            try:
                yield pair_of(listed)
            except StoreError as error:
                yield UnreadablePair(listed.name, error)
    except StoreError as error:
        yield from (UnreadablePair(name, error) for name in names)


def pairs_with_key(session: Session, spki_sha256: str) -> list[Pair]:
    """Return the pairs whose key has this SPKI fingerprint; several share a key that was used again.

    Raises:
        StoreError: The store itself, or one of these pairs, cannot be used.
    """
    summaries = read_pair_list(session).summaries
    names = [summary.name for summary in summaries if spki_sha256 in summary.search_text]
    pairs = [pair_of(listed) for listed in session.store.listing(names)]
    return [pair for pair in pairs if pair.record.key.spki_sha256 == spki_sha256]
