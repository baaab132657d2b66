"""Read one pair or all pairs from the store, and filter, sort and count them in the same way for screens and commands."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, overload

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.counts import PairCounts, StatusIndex
from csrtui.core.pairs.pair import Pair, PairRecord
from csrtui.core.pairs.pair_json import load_record
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.pairs.query import Need, Query, Retired, SortOrder, sort_key
from csrtui.core.pairs.renewal_state import UNREADABLE, RenewalState, Successor, renewal_state
from csrtui.core.pairs.summary import (
    PairSummary,
    to_microseconds,
    urgency_key,
    with_renewal_states,
    with_renewals,
)
from csrtui.store.summary_reader import SummaryListing, SummaryReader, parse_listed_pair
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.certificates.csr import Request
    from csrtui.core.pairs.charts import MonthlyCounts
    from csrtui.store.keystore import Keystore


class UnreadablePair(NamedTuple):
    """A pair that is in the store but cannot be read."""

    name: str
    error: StoreError


class AllPairs(NamedTuple):
    """All pairs of the store.

    Attributes:
        pairs: The readable pairs, most urgent first.
        problems: The unreadable pairs with their errors.
    """

    pairs: tuple[Pair, ...]
    problems: tuple[UnreadablePair, ...] = ()


def read_all_pairs(session: Session) -> AllPairs:
    """Read the record of every pair and return all pairs. An unreadable pair does not affect the others.

    Raises:
        StoreError: The store itself cannot be used.
    """
    pairs, problems = [], []
    for listed in session.store.listing():
        try:
            pairs.append(parse_listed_pair(listed))
        except StoreError as error:
            problems.append(UnreadablePair(listed.name, error))
    now = session.clock()
    pairs = with_renewal_states(pairs, [problem.name for problem in problems])
    return AllPairs(tuple(sorted(pairs, key=lambda pair: urgency_key(pair, now))), tuple(problems))


def with_renewal_state(
    store: "Keystore", record: PairRecord, results: dict[str, RenewalState] | None = None
) -> PairRecord:
    """Return the record of a pair with the progress of its renewal, if any. This reads the pairs that replace it.

    If several pairs are processed, pass the same `results` (`renewal_state`) each time, so that each pair is read only once.

    Raises:
        StoreError: The store itself cannot be used.
    """
    if record.renewed_by is None:
        return record

    def exists(name: str) -> bool:
        return is_pair_name(name) and store.has_pair(name)

    if record.retired:  # only a successor that is missing matters
        is_missing = not exists(record.renewed_by)
        return record._replace(renewal=RenewalState.BROKEN) if is_missing else record

    def find(name: str) -> Successor | None:
        if not exists(name):
            return None
        for listed in store.listing([name]):
            with suppress(StoreError):
                return parse_listed_pair(listed).record.successor_facts
        return UNREADABLE

    return record._replace(renewal=renewal_state(record.renewed_by, find, results))


class PairFolder(NamedTuple):
    """The contents of a pair's folder, except for the key.

    Attributes:
        certificate: The bytes of certificate.pem, or None.
        earlier: The file names of earlier certificates, oldest first.
    """

    pair: Pair
    csr: "Request"
    certificate: bytes | None
    earlier: tuple[str, ...]


def read_pair_folder(session: Session, name: str) -> PairFolder:
    """Read a pair's folder once and return its contents, after checking that the CSR is the recorded one.

    Raises:
        InputError: The pair does not exist.
        StoreError: The pair is damaged, or its permissions are not safe.
    """
    from csrtui.core.certificates import csr as csrs  # not needed to list pairs

    stored = session.store.read(name)
    try:
        record = load_record(stored.record)
        csr = csrs.read_pem(stored.csr)
    except (StoreError, InputError) as error:  # an unreadable CSR in the store means damage
        raise StoreError(f"{visible(stored.path)}: {error.message}", error.hint) from error
    if csr.sha256 != record.request.sha256:
        raise StoreError(
            f"{visible(stored.path)}/request.pem is not the CSR on record",
            "do not submit it; find out who changed it, or restore the pair",
        )
    record = with_renewal_state(session.store, record)
    pair = Pair(name, stored.path, record, has_certificate=stored.certificate is not None)
    return PairFolder(pair, csr, stored.certificate, stored.earlier)


def read_pair(session: Session, name: str) -> "tuple[Pair, Request]":
    """Return a pair and its decoded CSR. The errors are the same as for `read_pair_folder`."""
    folder = read_pair_folder(session, name)
    return folder.pair, folder.csr


class _Selection(NamedTuple):
    """The pairs that a query has selected from a list (`source`)."""

    source: list[PairSummary]
    query: Query
    pairs: list[PairSummary]


class FilteredPairs(NamedTuple):
    """The pairs that a query has selected, for a screen.

    Attributes:
        summaries: The pairs, sorted.
        counts: Their counts.
        hidden: If no pair is selected, the number of retired pairs that match the query but are hidden.
    """

    summaries: Sequence[PairSummary]
    counts: PairCounts
    hidden: int = 0


_MAX_SELECTIONS = 16
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class PairList:
    """The summaries of the pairs of a store, as they were when the store was read.

    Attributes:
        summaries: The readable pairs, by name.
        problems: The unreadable pairs with their errors.
    """

    def __init__(self, listing: SummaryListing = SummaryListing([], [])) -> None:  # noqa: B008 - never changed
        self.summaries: Sequence[PairSummary] = with_renewals(
            listing.summaries, [name for name, _ in listing.problems]
        )
        self.problems = tuple(UnreadablePair(name, error) for name, error in listing.problems)
        self._sorted: dict[tuple[SortOrder, tuple[int, int], Retired], list[PairSummary]] = {}
        self._statuses: tuple[tuple[int, int], StatusIndex] | None = None
        self._selections: deque[_Selection] = deque(maxlen=_MAX_SELECTIONS)

    def select(self, query: Query, order: SortOrder, now: datetime) -> list[PairSummary]:
        """Return the pairs that match a query, sorted.

        If the query narrows an earlier one, only the result of the earlier query is searched.
        """
        pairs = candidates = self._in_order(order, now, query.retired)
        for earlier in self._selections:
            is_shorter = len(earlier.pairs) < len(candidates)
            if earlier.source is pairs and is_shorter and query.narrows(earlier.query):
                candidates = earlier.pairs
        selected = query._replace(retired=Retired.SHOWN).select(candidates, now)
        if len(selected) <= len(pairs) // 2:  # larger ones would need much memory and save little time
            self._selections.append(_Selection(pairs, query, selected))
        return selected

    def filter(self, query: Query, order: SortOrder, now: datetime) -> FilteredPairs:
        """Return the pairs that match a query, sorted, with their counts."""
        selected = self.select(query, order, now)
        hidden = 0 if selected else len(self.select(query._replace(retired=Retired.SHOWN), order, now))
        return FilteredPairs(selected, self._index(now).count(selected), hidden)

    @cached_property
    def missing_successors(self) -> frozenset[str]:
        """The names of the pairs that replaced retired pairs but do not exist."""
        names = {summary.name for summary in self.summaries} | {problem.name for problem in self.problems}
        return frozenset({summary.renewed_by for summary in self.summaries if summary.renewed_by} - names)

    def names_needing(self, need: Need, now: datetime) -> list[str]:
        """Return the names of the pairs to which a need applies, most urgent first."""
        return [pair.name for pair in self._in_order(SortOrder.URGENCY, now) if need.applies_to(pair)]

    def count(self, now: datetime) -> PairCounts:
        """Return the counts of all pairs by their status at the time `now`."""
        return self._index(now).counts

    def _index(self, now: datetime) -> StatusIndex:
        passed = self._count_passed(now)
        if self._statuses is None or self._statuses[0] != passed:
            self._statuses = passed, StatusIndex(self.summaries, now)
        return self._statuses[1]

    @cached_property
    def _due_times(self) -> list[int]:
        return sorted([summary.due for summary in self.summaries if summary.due is not None])

    @cached_property
    def _expiry_times(self) -> list[int]:
        return sorted([summary.expires for summary in self.summaries if summary.expires is not None])

    def _count_passed(self, now: datetime) -> tuple[int, int]:
        """Return the numbers of due and of expired pairs. If neither number changes, the same pairs are due and expired."""
        moment = to_microseconds(now)
        return bisect_right(self._due_times, moment), bisect_left(self._expiry_times, moment)

    def _in_order(
        self, order: SortOrder, now: datetime, retired: Retired = Retired.SHOWN
    ) -> list[PairSummary]:
        key = order, self._count_passed(now), retired
        if key not in self._sorted and retired is Retired.SHOWN:
            self._sorted[key] = sorted(self.summaries, key=sort_key(order, now))
        elif key not in self._sorted:
            self._sorted[key] = Query(retired=retired).select(self._in_order(order, now), now)
        return self._sorted[key]


class Pairs(Sequence[Pair]):
    """The pairs with the given names. Each iteration reads them again and leaves out those that cannot be read."""

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
    """Yield each named pair, or the error if the pair cannot be read."""
    results: dict[str, RenewalState] = {}
    try:
        for listed in session.store.listing(names):
            try:
                pair = parse_listed_pair(listed)
                yield pair._replace(record=with_renewal_state(session.store, pair.record, results))
            except StoreError as error:
                yield UnreadablePair(listed.name, error)
    except StoreError as error:
        yield from (UnreadablePair(name, error) for name in names)


def pairs_with_key(session: Session, *spki_sha256: str) -> list[Pair]:
    """Return the pairs with one of these SPKI fingerprints. Several pairs can have the same key.

    Raises:
        StoreError: The store, or one of these pairs, cannot be used.
    """
    fingerprints = frozenset(spki_sha256)
    names = [
        summary.name
        for summary in read_pair_list(session).summaries
        if not fingerprints.isdisjoint(_FINGERPRINT.findall(summary.search_text))
    ]
    pairs = [parse_listed_pair(listed) for listed in session.store.listing(names)]
    return [pair for pair in pairs if pair.record.key.spki_sha256 in fingerprints]


def owners(
    session: Session, fingerprints: Iterable[str | None], preferred: str | None = None
) -> dict[str, Pair]:
    """Return the pair for each SPKI fingerprint that a pair has.

    Of several pairs with the same key, choose the preferred one, or else the newest pair in use that is not renewed.

    Raises:
        StoreError: The store, or one of these pairs, cannot be used.
    """

    def rank(pair: Pair) -> tuple[bool, bool, bool, datetime]:
        record = pair.record
        return pair.name == preferred, not record.retired, not record.renewed_by, record.created

    pairs = pairs_with_key(session, *filter(None, fingerprints))
    return {pair.record.key.spki_sha256: pair for pair in sorted(pairs, key=rank)}


class PairsByKey:
    """The pairs that have certain keys, including pairs that any session adds later. Each pair is read only once.

    Args:
        spki_sha256: The SPKI fingerprints of the keys.
    """

    def __init__(self, session: Session, *spki_sha256: str) -> None:
        self._session = session
        self._names = frozenset(session.store.names())  # before the pairs are read, so that none is missed
        self._pairs = pairs_with_key(session, *spki_sha256)

    def find(self, spki_sha256: str) -> list[Pair]:
        """Return the pairs with this key. Pairs that were added since the last call are read first."""
        names = frozenset(self._session.store.names())
        self._pairs += Pairs(self._session, sorted(names - self._names))
        self._names = names
        return [pair for pair in self._pairs if pair.record.key.spki_sha256 == spki_sha256]


class ExpiryCounts(NamedTuple):
    """Counts of the certificates that become due and expire in each month, and of the other pairs.

    Attributes:
        expiries: The counts of the certificates in use, by month.
        without_certificate: The number of pairs in use that have no certificate yet.
        not_in_use: The number of retired and replaced pairs.
        unreadable: The number of pairs that cannot be read.
    """

    expiries: "MonthlyCounts"
    without_certificate: int = 0
    not_in_use: int = 0
    unreadable: int = 0


def count_expiries(session: Session) -> ExpiryCounts:
    """Return the numbers of certificates in use that become due and that expire in each month.

    Raises:
        StoreError: The store cannot be used.
    """
    from csrtui.core.pairs.charts import count_by_month  # only one screen needs it

    pair_list = read_pair_list(session)
    counts: Counter[str] = Counter(unreadable=len(pair_list.problems))

    def with_certificate() -> Iterator[PairSummary]:
        for summary in pair_list.summaries:
            if not summary.is_in_use:
                counts["not_in_use"] += 1
            elif summary.expires is None:
                counts["without_certificate"] += 1
            else:
                yield summary

    expiries = count_by_month(with_certificate(), session.clock())
    return ExpiryCounts(expiries, **counts)
