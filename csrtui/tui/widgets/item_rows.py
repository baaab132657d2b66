"""The base of the rows of a `LineList` that shows one item in each row."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

ItemT = TypeVar("ItemT")


class ItemRows(Generic[ItemT]):
    """Rows with their items and keys. A subclass adds `header` and `row`, and `key` if the items are not hashable.

    Args:
        items: The items, in order.
    """

    def __init__(self, items: Sequence[ItemT]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def item(self, index: int) -> ItemT:
        """Return the item of row `index`."""
        return self._items[index]

    def key(self, index: int) -> Hashable:
        """Return the key of a row, which is unique."""
        return self._items[index]

    def find(self, key: Hashable) -> int | None:
        """Return the index of the row with this key, or None if no row has it."""
        return self._indexes.get(key)

    @cached_property
    def _indexes(self) -> dict[Hashable, int]:
        return {self.key(index): index for index in range(len(self))}
