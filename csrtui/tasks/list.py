"""Read pairs from the store, one or all: filtered, sorted and counted alike for screens and commands."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, overload

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import Pair, urgency
from csrtui.core.pairs.pair_json import load_record
from csrtui.core.pairs.query import Need, Query, Retired, SortOrder, sort_key
from csrtui.core.pairs.summary import PairSummary, count_due
from csrtui.store.keystore import Listed
from csrtui.store.summary_reader import SummaryListing, SummaryReader, pair_of
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.certificates.csr import Request


class UnreadablePair(NamedTuple):
    """A pair that is in the store but cannot be read."""

    name: str
    error: StoreError


class Keyring(NamedTuple):
    """All pairs of the store.

    Attributes:
        pairs: Those that can be read, what wants attention first.
        problems: The others, with the reason.
    """

    pairs: tuple[Pair, ...]
    problems: tuple[UnreadablePair, ...] = ()


def list_pairs(session: Session) -> Keyring:
    """Read the record of every pair; one that cannot be read does not hide the others.

    Raises:
        StoreError: The store itself cannot be used.
    """
    pairs, problems = [], []
    for listed in session.store.listing():
        try:
            pairs.append(_pair(listed))
        except StoreError as error:
            problems.append(UnreadablePair(listed.name, error))
    now = session.clock()
    return Keyring(tuple(sorted(pairs, key=lambda pair: urgency(pair, now))), tuple(problems))


def read_pair(session: Session, name: str) -> "tuple[Pair, Request]":
    """Return a pair and what its CSR says, having seen that the CSR is the one on record.

    Raises:
        InputError: There is no such pair.
        StoreError: It is damaged or not safe.
    """
    from csrtui.core.certificates import csr  # a listing does without

    stored = session.store.read(name)
    try:
        record = load_record(stored.record)
        asked = csr.read_pem(stored.request)
    except (StoreError, InputError) as error:  # here a request that cannot be read is damage
        raise _located(error, stored.path) from error
    if asked.sha256 != record.request.sha256:
        raise StoreError(
            f"{visible(stored.path)}/request.pem is not the request that was made with this key",
            "do not submit it; look at who changed it, or restore the pair",
        )
    return Pair(name, stored.path, record, has_certificate=stored.certificate is not None), asked


def _pair(listed: Listed) -> Pair:
    if isinstance(listed.record, StoreError):
        raise listed.record
    try:
        record = load_record(listed.record)
    except StoreError as error:
        raise _located(error, listed.path) from error
    return Pair(listed.name, listed.path, record, has_certificate=listed.has_certificate)


def _located(error: CsrtuiError, path: str) -> StoreError:
    return StoreError(f"{visible(path)}: {error.what}", error.hint)


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


class PairCounts(NamedTuple):
    """The number of pairs, by status.

    Attributes:
        total: All pairs.
        not_backed_up: Pairs in use without a verified backup.
        due: Pairs whose renewal is due.
        retired: Retired pairs.
    """

    total: int = 0
    not_backed_up: int = 0
    due: int = 0
    retired: int = 0

    def __str__(self) -> str:
        """Return the line that counts all pairs: ``12 pairs · 2 not backed up · 1 due``."""
        return self.line(Retired.SHOWN)

    def visible(self, retired: Retired) -> int:
        """Return the number of pairs that are shown."""
        return self.total - (self.retired if retired is Retired.HIDDEN else 0)

    def line(self, retired: Retired) -> str:
        """Return the line that counts: ``12 pairs · 2 not backed up · 1 due · 3 retired hidden``.

        Args:
            retired: If retired pairs are hidden, the line counts the others, then the hidden ones.
        """
        visible = self.visible(retired)
        hidden = self.total - visible
        parts = [f"{visible} pair{'s' if visible != 1 else ''}" if self.total else "no pairs"]
        if self.not_backed_up:
            parts.append(f"{self.not_backed_up} not backed up")
        if self.due:
            parts.append(f"{self.due} due")
        if hidden:
            parts.append(f"{hidden} retired hidden")
        return " · ".join(parts)


def count_pairs(summaries: Sequence[PairSummary], now: datetime) -> PairCounts:
    """Return the counts of pairs at `now`."""
    return PairCounts(
        len(summaries),
        sum([summary.lacks_backup for summary in summaries]),
        count_due(summaries, now),
        sum([summary.is_retired for summary in summaries]),
    )
