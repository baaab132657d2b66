"""A writer that saves drafts in the background while the user types, and immediately when the app ends."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class DraftWriter(Generic[T]):
    """A writer that several threads can use. It never overwrites a newer value with an older one.

    Args:
        save: A function that writes a value.
        saved: The value that is already stored, or None.
    """

    def __init__(self, save: Callable[[T], object], saved: T | None = None) -> None:
        self._save = save
        self._saved = self._latest = saved
        self._lock = RLock()  # reentrant: a signal may call `write` in a thread that is already writing

    def update(self, value: T) -> None:
        """Set the value for the next `write`."""
        self._latest = value

    def write(self) -> None:
        """Save the latest value, unless it is already saved.

        Raises:
            Exception: Any error of the `save` function. The value then counts as not saved.
        """
        with self._lock:
            latest = self._latest
            if latest is not None and latest != self._saved:
                self._save(latest)
                self._saved = latest
