"""What a store of many pairs holds, for a list that is looked at for long, without holding it all in memory.

Only the numbers of the pairs in the order of the list are held. The rows that are looked at are read from their
folders, so that what stands on a screen is never older than that.
"""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import compress
from typing import Final, overload

from csrtui.core.errors import StoreError
from csrtui.core.pair import Pair
from csrtui.core.pair_query import Need, Order, Query
from csrtui.store.catalogue import Catalogue
from csrtui.store.listed import pair_of
from csrtui.tasks.holdings import Holdings, Items
from csrtui.tasks.review import Problem
from csrtui.tasks.session import Session
from csrtui.tasks.tally import Tally

_BLOCK: Final = 32
"""How many rows are read at once: what a screen shows, or the half of it."""
_BLOCKS: Final = 8
"""How many blocks are held."""
_SORTED_FOR: Final = timedelta(minutes=1)
"""For how long an order stands in which time plays a part."""
_REMEMBERED: Final = 300_000
"""How many numbers of pairs found by earlier filters are held, eight bytes each."""


class Many(Holdings):
    """Pairs of which there are too many to hold.

    Args:
        session: Whose store it is.
    """

    is_quick = False

    def __init__(self, session: Session) -> None:
        self._session = session
        self._catalogue = Catalogue(session.store)
        self._known = _Known()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those that cannot be read, with the reason."""
        return tuple(Problem(name, error) for name, error in self._catalogue.problems)

    @property
    def is_checked(self) -> bool:
        """Whether all was held against the folders."""
        return self._catalogue.checked

    @property
    def is_current(self) -> bool:
        """Whether nobody has changed the cache since the check."""
        return self._catalogue.is_as_checked

    def recall(self) -> int:
        """Begin with what an earlier run left; return how many pairs it knew.

        Raises:
            StoreError: The store cannot be used.
        """
        return self._catalogue.recall()

    def check(self, report: Callable[[int, int], None]) -> None:
        """Hold what is known against the folders, and read again what has changed.

        Args:
            report: Called now and then with how many pairs are done, and how many there are.

        Raises:
            StoreError: The store cannot be used.
        """
        try:
            self._catalogue.check(report)
        finally:
            self._known = _Known()

    def select(self, query: Query, order: Order, now: datetime) -> tuple[Items, Tally]:
        """Return the pairs that meet a query, in order, and a count of all there are.

        Sorting takes longer than searching: so it is done once, and what is found is put into that order. What was
        found last is remembered, for whoever takes back what was typed.

        Raises:
            StoreError: The store cannot be used.
        """
        if not self._known.holds(order, now):
            in_order = self._catalogue.ask(lambda index: index.ids(Query(), order, now))
            tally = Tally(*self._catalogue.ask(lambda index: index.counts(Query(), now)))
            self._known = _Known(order, now, in_order, tally)
        known = self._known
        ids = known.in_order if query == Query() else known.found.get(query)
        if ids is None:
            ids = _in_the_order_of(
                known.in_order, self._catalogue.ask(lambda index: index.ids(query, None, now))
            )
            known.remember(query, ids)
        return ManyItems(self._session, self._catalogue, ids), known.tally

    def needing(self, need: Need, now: datetime) -> Sequence[Pair]:
        """Return the pairs with a need, what wants attention first; several are read when they are looked at.

        Raises:
            StoreError: The store cannot be used.
        """
        query = Query()._replace(need=need)
        names = self._catalogue.ask(lambda index: index.every_name(query, Order.URGENCY, now))
        pairs = PairsByName(self._session, names)
        return pairs if len(names) > 1 else tuple(pairs)

    def named(self, names: Iterable[str]) -> tuple[Pair, ...]:
        """Return the pairs of these names that there are."""
        return tuple(PairsByName(self._session, sorted(names)))


class _Known:
    """What holds for some time in which nothing changes: the order, the count, and what was found last.

    Args:
        order: By what the pairs are sorted; None while nothing is known.
        since: Since when.
        in_order: The numbers of all pairs.
        tally: How many there are.
    """

    def __init__(
        self,
        order: Order | None = None,
        since: datetime | None = None,
        in_order: "array[int] | None" = None,
        tally: Tally | None = None,
    ) -> None:
        self.in_order = in_order or array("q")
        self.tally = tally or Tally()
        self.found: OrderedDict[Query, array[int]] = OrderedDict()
        self._order = order
        self._since = since

    def holds(self, order: Order, now: datetime) -> bool:
        """Whether it is for this order, and so fresh that time has changed nothing to speak of."""
        since = self._since
        return order is self._order and since is not None and since <= now < since + _SORTED_FOR

    def remember(self, query: Query, ids: "array[int]") -> None:
        """Remember what was found; what was found longest ago is forgotten when that is too much."""
        self.found[query] = ids
        while len(self.found) > 1 and sum(map(len, self.found.values())) > _REMEMBERED:
            self.found.popitem(last=False)


def _in_the_order_of(in_order: "array[int]", found: "array[int]") -> "array[int]":
    is_found = bytearray(max(max(in_order, default=0), max(found, default=0)) + 1)
    for number in found:
        is_found[number] = 1
    return array("q", compress(in_order, map(is_found.__getitem__, in_order)))


class ManyItems(Items):
    """Pairs in their order, by their numbers.

    Args:
        session: Whose store they are in.
        catalogue: What knows the names for the numbers.
        ids: The numbers.
    """

    def __init__(self, session: Session, catalogue: Catalogue, ids: "array[int]") -> None:
        self._session = session
        self._catalogue = catalogue
        self._ids = ids
        self._blocks: dict[int, list[Pair | Problem]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def item(self, index: int) -> Pair | Problem:
        """Return the pair in place `index` as it is in its folder, or why it cannot be read."""
        block, within = divmod(index, _BLOCK)
        if block not in self._blocks:
            if len(self._blocks) >= _BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[block] = self._read(block * _BLOCK)
        return self._blocks[block][within]

    def place(self, name: str) -> int | None:
        """Return where the pair of that name is, or None."""
        number = self._catalogue.glance(lambda index: index.number(name))
        try:
            return None if number is None else self._ids.index(number)
        except ValueError:
            return None

    def _read(self, first: int) -> list[Pair | Problem]:
        ids = self._ids[first : first + _BLOCK]
        names = self._catalogue.glance(lambda index: index.names(ids)) or [None] * len(ids)
        read = {item.name: item for item in _read(self._session, list(filter(None, names)))}
        return [read.get(name or "", _GONE) for name in names]


class PairsByName(Sequence[Pair]):
    """Pairs that are read each time they are gone through; those that cannot be read are left out.

    Args:
        session: Whose store they are in.
        names: Their names.
    """

    def __init__(self, session: Session, names: Sequence[str]) -> None:
        self._session = session
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Pair]:
        return (item for item in _read(self._session, self.names) if isinstance(item, Pair))

    @overload
    def __getitem__(self, index: int) -> Pair: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Pair]: ...

    def __getitem__(self, index: int | slice) -> Pair | Sequence[Pair]:
        if isinstance(index, slice):
            return PairsByName(self._session, self.names[index])
        return next(iter(PairsByName(self._session, [self.names[index]])))


def _read(session: Session, names: Sequence[str]) -> Iterator[Pair | Problem]:
    """Read pairs; when the store itself cannot be used any more, that is what is wrong with each of them."""
    try:
        for listed in session.store.listing(names):
            try:
                yield pair_of(listed)
            except StoreError as error:
                yield Problem(listed.name, error)
    except StoreError as error:
        yield from (Problem(name, error) for name in names)


_GONE: Final = Problem("", StoreError("this pair is not in the store any more"))
