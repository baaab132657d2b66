"""Undo and redo: for a line of text, in which a typed word is one step, and for the values of a whole form."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MAX_STEPS: Final = 200


class Edit(Enum):
    """The kind of an edit. Kinds determine how edits are grouped into undo steps."""

    TYPE = auto()
    """One character is inserted."""
    DELETE = auto()
    """One character is deleted."""
    REPLACE = auto()
    """Any other edit, such as a paste or a fix. Each one is an undo step of its own."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A line of text with its cursor.

    Attributes:
        cursor: The cursor position, in characters from the start.
        is_literal: Whether the text contains a brace that was not typed. See `csrtui.tui.widgets.form_field`.
    """

    text: str
    cursor: int
    is_literal: bool = False


@dataclass(slots=True)
class EditHistory:
    """The edits that can be undone and redone. At most 200 steps are kept.

    Characters typed one after the other are one step until the next word begins (a letter or digit after any
    other character). So a host name is undone label by label. Deleting character by character is one step.
    """

    _undo: list[Snapshot] = field(default_factory=list)
    _redo: list[Snapshot] = field(default_factory=list)
    _last: tuple[Edit, Snapshot] | None = None

    def record(self, before: Snapshot, after: Snapshot) -> None:
        """Record an edit that turned `before` into `after`. Steps that were undone can no longer be redone."""
        edit = _kind(before, after)
        if not self._continues(edit, before):
            self._undo.append(before)
            del self._undo[:-_MAX_STEPS]
        self._redo.clear()
        self._last = (edit, after)

    def undo(self, current: Snapshot) -> Snapshot | None:
        """Return the state before the last step, or None if there is no step. Redo can then return to `current`."""
        return self._step(self._undo, self._redo, current)

    def redo(self, current: Snapshot) -> Snapshot | None:
        """Return the state before the last undo, or None if nothing can be redone."""
        return self._step(self._redo, self._undo, current)

    def end_step(self) -> None:
        """Let the next edit begin a new step."""
        self._last = None

    def clear(self) -> None:
        """Discard all steps."""
        self._undo.clear()
        self._redo.clear()
        self._last = None

    def _step(self, source: list[Snapshot], target: list[Snapshot], current: Snapshot) -> Snapshot | None:
        self._last = None
        if not source:
            return None
        target.append(current)
        return source.pop()

    def _continues(self, edit: Edit, before: Snapshot) -> bool:
        if self._last != (edit, before) or edit is Edit.REPLACE:
            return False
        return edit is Edit.DELETE or not self._starts_word(before)

    def _starts_word(self, before: Snapshot) -> bool:
        # `before` is the state before the typed character. A new word starts if the character before the cursor is a
        # separator, so a step includes the separator that follows its word.
        return not before.text[before.cursor - 1].isalnum()


class StepHistory(Generic[T]):
    """The steps that can be undone and redone, each with the value before and after it."""

    def __init__(self) -> None:
        self._undo: list[tuple[T, T]] = []
        self._redo: list[tuple[T, T]] = []

    def record(self, before: T, after: T) -> None:
        """Record a step. Steps that were undone can no longer be redone."""
        if before != after:
            self._undo.append((before, after))
            self._redo.clear()

    def merge(self, before: T, after: T) -> None:
        """Combine all steps from `before` to `after` into one."""
        if before != after:
            while self._undo and self._undo.pop()[0] != before:
                pass
            self.record(before, after)

    def undo(self, current: T) -> T | None:
        """Return the value before the last step, or None if the value has changed in another way since the step."""
        if not self._undo or self._undo[-1][1] != current:
            return None
        self._redo.append(self._undo.pop())
        return self._redo[-1][0]

    def redo(self, current: T) -> T | None:
        """Return the value after the step undone last, or None if the value has changed in another way since then."""
        if not self._redo or self._redo[-1][0] != current:
            return None
        self._undo.append(self._redo.pop())
        return self._undo[-1][1]


def _kind(before: Snapshot, after: Snapshot) -> Edit:
    growth = len(after.text) - len(before.text)
    if growth == 1 and after.cursor == before.cursor + 1:
        return Edit.TYPE
    if growth == -1:
        return Edit.DELETE
    return Edit.REPLACE
