"""Pairs looked up in a store of any size: few are read one by one, many are known from the cache."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar

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


_Made = TypeVar("_Made")
_Made_co = TypeVar("_Made_co", covariant=True)


class Found(Protocol[_Made_co]):
    """Pairs that were looked up, what wants attention first."""

    @property
    def tally(self) -> Tally:
        """How many there are."""

    @property
    def made(self) -> _Made_co:
        """What was made of their lines."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The pairs of the store that cannot be read, with the reason."""

    def pairs(self) -> Iterator[Pair]:
        """Give each with all that is on record; one that is gone by now is among the problems afterwards."""


def look_up(
    session: Session, query: Query, now: datetime, make: Callable[[list[PairLine]], _Made]
) -> Found[_Made]:
    """Return the pairs of the store that meet a query, each as it is in its folder now.

    Args:
        session: Whose store it is.
        query: What they have to be.
        now: When it is.
        make: Makes something of their lines, in order, and does nothing else: it may be called while that they are so
            is still looked at, and then once more.

    Raises:
        StoreError: The store itself cannot be used.
    """
    found = _FoundInMany if session.store.has_many(MANY) else _FoundInFew
    return found(session, query, now, make)


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


class _FoundInFew(Generic[_Made]):
    def __init__(
        self, session: Session, query: Query, now: datetime, make: Callable[[list[PairLine]], _Made]
    ) -> None:
        keyring = list_pairs(session)
        self._pairs = [pair for pair in keyring.pairs if query.is_met(pair, now)]
        self.problems = keyring.problems
        self.tally = tally_of(self._pairs, now)
        self.made = make(list(map(line_of, self._pairs)))

    def pairs(self) -> Iterator[Pair]:
        return iter(self._pairs)


class _FoundInMany(Generic[_Made]):
    def __init__(
        self, session: Session, query: Query, now: datetime, make: Callable[[list[PairLine]], _Made]
    ) -> None:
        from csrtui.store.catalogue import Catalogue

        def made_of(lines: list[PairLine]) -> tuple[list[PairLine], Tally, _Made]:
            return lines, tally_of_lines(lines, now), make(lines)

        def among(lines: list[PairLine]) -> tuple[list[PairLine], Tally, _Made]:
            if query != Query():
                lines = [line for line in lines if line.meets(query, now)]
            return made_of(by_urgency(lines, now))

        self._store = session.store
        catalogue = Catalogue(session.store)
        if query.words:
            catalogue.check()
            found = made_of(catalogue.ask(lambda index: list(index.lines(query, Order.URGENCY, now))))
        else:
            found = catalogue.made_of_lines(among)
        self._lines, self.tally, self.made = found
        self.problems = tuple(Problem(name, error) for name, error in catalogue.problems)

    def pairs(self) -> Iterator[Pair]:
        for listed in self._store.listing([line.name for line in self._lines]):
            try:
                yield pair_of(listed)
            except StoreError as error:
                self.problems += (Problem(listed.name, error),)
