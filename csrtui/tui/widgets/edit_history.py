"""Undo and redo for a line of text, a word of typing at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

_STEPS_KEPT: Final = 200


class Edit(Enum):
    """What an edit does, as far as undo groups edits."""

    TYPE = auto()
    """One character is inserted."""
    DELETE = auto()
    """Text is taken away."""
    REPLACE = auto()
    """Anything else: a paste, a fix. Always a step of its own."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A line of text and where the cursor stands in it, in characters from its start.

    Attributes:
        is_literal: Whether a brace in it was not typed; see `csrtui.tui.widgets.form_field`.
    """

    text: str
    cursor: int
    is_literal: bool = False


@dataclass(slots=True)
class EditHistory:
    """The steps that can be undone and redone.

    Typing that goes on where it left off is one step until the next word begins (a letter or digit after
    anything else), so that a host name is undone a label at a time; deleting character by character is one
    step. At most 200 steps are kept.
    """

    _undo: list[Snapshot] = field(default_factory=list)
    _redo: list[Snapshot] = field(default_factory=list)
    _last: tuple[Edit, Snapshot] | None = None

    def record(self, before: Snapshot, after: Snapshot) -> None:
        """Note an edit that turned `before` into `after`; what was undone can no longer be redone."""
        edit = _kind(before, after)
        if not self._continues(edit, before):
            self._undo.append(before)
            del self._undo[:-_STEPS_KEPT]
        self._redo.clear()
        self._last = (edit, after)

    def undo(self, now: Snapshot) -> Snapshot | None:
        """The state before the last step, or None where there is none; `now` can then be redone."""
        return self._step(self._undo, self._redo, now)

    def redo(self, now: Snapshot) -> Snapshot | None:
        """The state before the last undo, or None where there is none."""
        return self._step(self._redo, self._undo, now)

    def clear(self) -> None:
        """Forget every step."""
        self._undo.clear()
        self._redo.clear()
        self._last = None

    def _step(self, source: list[Snapshot], target: list[Snapshot], now: Snapshot) -> Snapshot | None:
        self._last = None
        if not source:
            return None
        target.append(now)
        return source.pop()

    def _continues(self, edit: Edit, before: Snapshot) -> bool:
        if self._last != (edit, before) or edit is Edit.REPLACE:
            return False
        return edit is Edit.DELETE or not self._starts_word(before)

    def _starts_word(self, before: Snapshot) -> bool:
        # `before` is the state ahead of the character now typed: a word starts where the one ahead of the
        # cursor ended, so a step takes the separator that follows its word with it.
        return before.cursor > 0 and not before.text[before.cursor - 1].isalnum()


def _kind(before: Snapshot, after: Snapshot) -> Edit:
    grown = len(after.text) - len(before.text)
    if grown == 1 and after.cursor == before.cursor + 1:
        return Edit.TYPE
    if grown < 0 and len(before.text) - len(after.text) == 1:
        return Edit.DELETE
    return Edit.REPLACE
