"""What a store of many pairs holds, for a list that is looked at for long, without holding it all in memory.

Only the numbers of the pairs in the order of the list are held. The rows that are looked at are read from their
folders, so that what stands on a screen is never older than that.
"""

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import compress
from typing import Final, overload

from csrtui.core.errors import StoreError
from csrtui.core.pair import Pair
from csrtui.core.pair_line import thirds
from csrtui.core.pair_query import Need, Order, Query, Retired
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
_REMEMBERED: Final = 300_000
"""How many numbers of pairs found by earlier filters are held, four bytes each."""


class Many(Holdings):
    """Pairs of which there are too many to hold.

    Args:
        session: Whose store it is.
    """

    is_quick = False

    def __init__(self, session: Session) -> None:
        self._session = session
        self._catalogue = Catalogue(session.store)
        self._known: _Known | None = None

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
            self._known = None

    def follow(self) -> bool:
        """Take in which pairs came and went since the last check, in a moment; whether any did.

        Raises:
            StoreError: The store cannot be used.
        """
        try:
            return self._catalogue.follow()
        finally:
            self._known = None

    def select(self, query: Query, order: Order, now: datetime) -> tuple[Items, Tally]:
        """Return the pairs that meet a query, in order, and a count of all there are.

        Sorting takes longer than searching: so it is done once, and what is found is put into that order. What was
        found last is remembered, for whoever takes back what was typed.

        Raises:
            StoreError: The store cannot be used.
        """
        known = self._known_at(now)
        if not known.tally.retired:
            query = query._replace(retired=Retired.SHOWN)  # which is the same, and often all
        ids = in_order = self._sorted(known, order, now)
        if query != Query():
            same, found = known.found.get(query, (None, None))
            if found is None:
                found = self._catalogue.ask(lambda index: index.ids(query, None, now))
            ids = found if same is order else _in_the_order_of(in_order, found)
            known.remember(query, order, ids)
        return ManyItems(self._session, self._catalogue, ids), known.tally

    def _known_at(self, now: datetime) -> "_Known":
        known = self._known
        if known is None or not known.holds(now):
            tally = Tally(*self._catalogue.ask(lambda index: index.counts(Query(), now)))
            until = self._catalogue.ask(lambda index: index.next_due(now))
            self._known = known = _Known(now, until, tally)
        return known

    def _sorted(self, known: "_Known", order: Order, now: datetime) -> "array[int]":
        if order not in known.orders:
            known.orders[order] = self._catalogue.ask(lambda index: index.ids(Query(), order, now))
        return known.orders[order]

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
    """What stands until a pair changes, or a renewal becomes due: orders, a count, and what was found last.

    Args:
        since: Since when.
        until: When the next renewal becomes due, as `thirds` tells times; None when none will.
        tally: How many pairs there are.

    Attributes:
        orders: The numbers of all pairs as they were sorted.
        found: What was found by earlier filters, and in which order that is.
    """

    def __init__(self, since: datetime, until: int | None, tally: Tally) -> None:
        self.tally = tally
        self.orders: dict[Order, array[int]] = {}
        self.found: OrderedDict[Query, tuple[Order, array[int]]] = OrderedDict()
        self._since = since
        self._until = until

    def holds(self, now: datetime) -> bool:
        """Whether time has changed nothing."""
        return self._since <= now and (self._until is None or thirds(now) < self._until)

    def remember(self, query: Query, order: Order, ids: "array[int]") -> None:
        """Remember what was found; what was found longest ago is forgotten when that is too much."""
        self.found[query] = order, ids
        while len(self.found) > 1 and sum(len(found) for _, found in self.found.values()) > _REMEMBERED:
            self.found.popitem(last=False)


def _in_the_order_of(in_order: "array[int]", found: "array[int]") -> "array[int]":
    if len(found) == len(in_order):
        return in_order
    is_found = bytearray(max(max(in_order, default=0), max(found, default=0)) + 1)
    for number in found:
        is_found[number] = 1
    return array("I", compress(in_order, map(is_found.__getitem__, in_order)))


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

    def read_anew(self) -> None:
        """Read rows again when they are looked at next, as if they never had been."""
        self._blocks.clear()

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
