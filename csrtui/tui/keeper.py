"""Keeping what is typed: in the background while somebody types, at once when the app ends; the newest stays."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Keeper(Generic[T]):
    """Writes values, one at a time. However many threads are at it, none writes an older one over a newer.

    Args:
        write: Writes a value.
        kept: What is kept at the start, or None.
    """

    def __init__(self, write: Callable[[T], object], kept: T | None = None) -> None:
        self._write = write
        self._kept = self._newest = kept
        self._turn = RLock()  # what ends the app may come while it is leaving, in the same thread

    def note(self, value: T) -> None:
        """Say what is to be kept from now on."""
        self._newest = value

    def keep(self) -> None:
        """Write what was noted last, if it is not kept already.

        Raises:
            Exception: Whatever writing raises; then it is not kept.
        """
        with self._turn:
            newest = self._newest
            if newest is not None and newest != self._kept:
                self._write(newest)
                self._kept = newest
