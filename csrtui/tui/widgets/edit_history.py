"""Undo and redo, for a line of text or for a whole form."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MAX_STEPS: Final = 200


class EditHistory(Generic[T]):
    """The states that can be undone and redone. At most 200 steps are kept."""

    def __init__(self) -> None:
        self._undo: list[T] = []
        self._redo: list[T] = []

    def record(self, before: T, *, continues: bool = False) -> None:
        """Record the state before an edit, unless the edit continues the last step.

        Steps that were undone can no longer be redone.
        """
        if not (continues and self._undo):
            self._undo.append(before)
            del self._undo[:-_MAX_STEPS]
        self._redo.clear()

    def undo(self, current: T) -> T | None:
        """Return the state before the last step, or None if there is no step. Redo can then return to `current`."""
        return _move(self._undo, self._redo, current)

    def redo(self, current: T) -> T | None:
        """Return the state before the last undo, or None if nothing can be redone."""
        return _move(self._redo, self._undo, current)

    def clear(self) -> None:
        """Discard all steps."""
        self._undo.clear()
        self._redo.clear()


def _move(source: list[T], target: list[T], current: T) -> T | None:
    if not source:
        return None
    target.append(current)
    return source.pop()
