"""Pairs looked up in a store of any size: few are read one by one, many are known from the cache."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Protocol

from csrtui.core.errors import StoreError
from csrtui.core.pair import Pair
from csrtui.core.pair_line import PairLine, by_urgency, line_of
from csrtui.core.pair_query import Order, Query
from csrtui.store.listed import pair_of
from csrtui.tasks.review import Problem, list_pairs
from csrtui.tasks.session import Session
from csrtui.tasks.tally import Tally, tally_of, tally_of_lines

MANY: Final = 250
"""From how many pairs on the cache is used: under it, reading the pairs takes less time than opening it."""


class Found(Protocol):
    """Pairs that were looked up, what wants attention first."""

    @property
    def tally(self) -> Tally:
        """How many there are."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The pairs of the store that cannot be read, with the reason."""

    def lines(self) -> list[PairLine]:
        """Return the line of each."""

    def pairs(self) -> Iterator[Pair]:
        """Give each with all that is on record; one that is gone by now is among the problems afterwards."""


def look_up(session: Session, query: Query, now: datetime) -> Found:
    """Return the pairs of the store that meet a query, each as it is in its folder now.

    Raises:
        StoreError: The store itself cannot be used.
    """
    found = _FoundInMany if session.store.has_many(MANY) else _FoundInFew
    return found(session, query, now)


def pairs_with_key(session: Session, spki_sha256: str) -> list[Pair]:
    """Return the pairs whose key has this fingerprint; there is more than one where a key is used again.

    Raises:
        StoreError: The store itself cannot be used.
    """
    if not session.store.has_many(MANY):
        return [pair for pair in list_pairs(session).pairs if pair.record.key.spki_sha256 == spki_sha256]
    from csrtui.store.catalogue import Catalogue

    catalogue = Catalogue(session.store)
    catalogue.check()
    names = catalogue.ask(lambda index: index.with_key(spki_sha256))
    return [pair_of(listed) for listed in session.store.listing(names)]


class _FoundInFew:
    def __init__(self, session: Session, query: Query, now: datetime) -> None:
        keyring = list_pairs(session)
        self._pairs = [pair for pair in keyring.pairs if query.is_met(pair, now)]
        self.problems = keyring.problems
        self.tally = tally_of(self._pairs, now)

    def lines(self) -> list[PairLine]:
        return list(map(line_of, self._pairs))

    def pairs(self) -> Iterator[Pair]:
        return iter(self._pairs)


class _FoundInMany:
    def __init__(self, session: Session, query: Query, now: datetime) -> None:
        from csrtui.store.catalogue import Catalogue

        self._store = session.store
        catalogue = Catalogue(session.store)
        if query.words:
            catalogue.check()
            self._lines = catalogue.ask(lambda index: list(index.lines(query, Order.URGENCY, now)))
        else:
            lines = catalogue.check_lines()
            if query != Query():
                lines = [line for line in lines if line.meets(query, now)]
            self._lines = by_urgency(lines, now)
        self.problems = tuple(Problem(name, error) for name, error in catalogue.problems)
        self.tally = tally_of_lines(self._lines, now)

    def lines(self) -> list[PairLine]:
        return self._lines

    def pairs(self) -> Iterator[Pair]:
        for listed in self._store.listing([line.name for line in self._lines]):
            try:
                yield pair_of(listed)
            except StoreError as error:
                self.problems += (Problem(listed.name, error),)
