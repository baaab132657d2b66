"""What a store holds, for a list that is looked at for long: sorted, filtered and counted again and again.

Few pairs are held in memory, as here; of many, see `csrtui.tasks.large_store`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from csrtui.core.pair import Pair
from csrtui.core.pair_query import Need, Order, Query, sort_key
from csrtui.tasks.review import Keyring, Problem
from csrtui.tasks.tally import Tally, tally_of


class Items(Protocol):
    """Pairs in the order of a list."""

    def __len__(self) -> int:
        """How many there are."""

    def item(self, index: int) -> Pair | Problem:
        """Return the pair in place `index`, or why it cannot be read."""

    def place(self, name: str) -> int | None:
        """Return where the pair of that name is, or None."""

    def read_anew(self) -> None:
        """Read what is not held again when it is looked at next."""


class Holdings(Protocol):
    """All pairs of a store."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those that cannot be read, with the reason."""

    @property
    def is_quick(self) -> bool:
        """Whether `select` takes no time, so that it needs no thread."""

    @property
    def is_current(self) -> bool:
        """Whether all is known as it was when it was read; otherwise the store is to be read again."""

    def follow(self) -> bool:
        """Take in who came and went since the store was read, where that is quicker than to read it; whether any did.

        Raises:
            StoreError: The store cannot be used.
        """

    def select(self, query: Query, order: Order, now: datetime) -> tuple[Items, Tally]:
        """Return the pairs that meet a query, in order, and a count of all there are.

        Raises:
            StoreError: The store cannot be used.
        """

    def needing(self, need: Need, now: datetime) -> Sequence[Pair]:
        """Return the pairs with a need, what wants attention first.

        Raises:
            StoreError: The store cannot be used.
        """

    def named(self, names: Iterable[str]) -> tuple[Pair, ...]:
        """Return the pairs of these names that there are."""


class Few(Holdings):
    """Pairs that are all in memory.

    Args:
        keyring: What was read of the store.
    """

    is_quick = True
    is_current = True

    def __init__(self, keyring: Keyring) -> None:
        self.pairs = keyring.pairs
        self._problems = keyring.problems

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those that cannot be read, with the reason."""
        return self._problems

    def follow(self) -> bool:
        """Do nothing: to read the store takes no time."""
        return False

    def select(self, query: Query, order: Order, now: datetime) -> tuple[Items, Tally]:
        """Return the pairs that meet a query, in order, and a count of all there are."""
        pairs = [pair for pair in self.pairs if query.is_met(pair, now)]
        return FewItems(sorted(pairs, key=sort_key(order, now))), tally_of(self.pairs, now)

    def needing(self, need: Need, now: datetime) -> Sequence[Pair]:  # noqa: ARG002 - they are sorted already
        """Return the pairs with a need, what wants attention first."""
        return tuple(pair for pair in self.pairs if need.is_of(pair))

    def named(self, names: Iterable[str]) -> tuple[Pair, ...]:
        """Return the pairs of these names that there are."""
        wanted = set(names)
        return tuple(pair for pair in self.pairs if pair.name in wanted)


class FewItems(Items):
    """Pairs in their order.

    Args:
        pairs: The pairs.
    """

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        self._places = {pair.name: place for place, pair in enumerate(pairs)}

    def __len__(self) -> int:
        return len(self._pairs)

    def item(self, index: int) -> Pair | Problem:
        """Return the pair in place `index`."""
        return self._pairs[index]

    def place(self, name: str) -> int | None:
        """Return where the pair of that name is, or None."""
        return self._places.get(name)

    def read_anew(self) -> None:
        """Do nothing: all is held until the store is read again."""
