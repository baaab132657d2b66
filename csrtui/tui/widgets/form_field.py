"""A field of the request form: it knows whether its braces were typed, and undoing also takes back a fix of the form.

In the form for many hosts a text can have variables: ``{{ variable }}``. Only a text that the user typed can; one that
was pasted, or filled in from a file, a pair or a profile, was written by somebody else, and is literal. So a field is
literal from the moment on at which a ``{`` gets into it by anything but a key, until its last ``{`` is gone. Only a key
inserts a single character through `TextField.replace`; every other way in marks itself, is longer, or assigns the value.
Undo and redo bring the mark back with the text. The draft keeps it (`Draft.templates`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csrtui.core.base.finding import FieldName
    from csrtui.core.pairs.draft import Draft
    from csrtui.tui.widgets.edit_history import Snapshot


class Undoer(Protocol):
    """What may have changed several fields at once."""

    def undo_fix(self) -> bool:
        """Take the last fix back, if nothing was typed since; say whether that was so."""

    def redo_fix(self) -> bool:
        """Apply the fix again that was taken back last, if nothing was typed since; say whether that was so."""


_BRACE = "{"


class FormField(TextField, inherit_css=True):
    """One text field of the form.

    Args:
        name: Which field it is; also its id.
        undoer: Asked first when the user undoes or redoes.

    Attributes:
        is_literal: Whether a brace in the text was not typed.
    """

    is_literal = False
    _marks: bool | None = None
    """Whether the edit at hand brings braces that were not typed; None where its length tells."""

    def __init__(self, name: FieldName, undoer: Undoer) -> None:
        super().__init__(id=name.value)
        self.field_name = name
        self._undoer = undoer

    @property
    def is_template(self) -> bool:
        """Whether there are braces in the text, and the user typed them all."""
        return _BRACE in self.value and not self.is_literal

    def load_text(self, text: str, is_template: bool = False) -> None:  # noqa: FBT001, FBT002 - the mark of the text
        """Show `text` as the field's own from the start; without `is_template` its braces were not typed."""
        super().load_text(text)
        self.is_literal = _BRACE in text and not is_template

    def replace_text(self, text: str, is_template: bool = False) -> None:  # noqa: FBT001, FBT002 - the mark of the text
        """Replace the whole text, as a step that undo takes back; without `is_template` its braces were not typed."""
        if not self._holds(text, is_template):
            with self._marking(not is_template):
                self.replace(text, 0, len(self.value))

    def action_paste(self) -> None:
        """Paste what was copied or cut within csrtui."""
        with self._marking(self.is_literal or _BRACE in self.app.clipboard):
            super().action_paste()

    def _insert_line(self, line: str) -> None:
        with self._marking(self.is_literal or _BRACE in line):
            super()._insert_line(line)

    @contextmanager
    def _marking(self, is_literal: bool) -> Iterator[None]:  # noqa: FBT001 - the mark itself
        self._marks = is_literal
        try:
            yield
        finally:
            self._marks = None

    def _note_origin(self, text: str) -> None:
        marks = self._marks
        if marks is None:
            marks = self.is_literal or (_BRACE in text and len(text) > 1)
        self.is_literal = _BRACE in self.value and marks

    def _snapshot(self) -> Snapshot:
        return replace(super()._snapshot(), is_literal=self.is_literal)

    def _show(self, snapshot: Snapshot | None) -> None:
        super()._show(snapshot)
        if snapshot is not None:
            self.is_literal = snapshot.is_literal

    def _watch_value(self, value: str) -> None:
        if not self._editing:
            self.is_literal = _BRACE in value
        super()._watch_value(value)

    def action_undo(self) -> None:
        """Take back the fix that was just applied, or the last change of this field."""
        if not self._undoer.undo_fix():
            super().action_undo()

    def action_redo(self) -> None:
        """Apply the fix again that was just taken back, or do the last change of this field again."""
        if not self._undoer.redo_fix():
            super().action_redo()

    def undo_to(self, draft: Draft) -> None:
        """Take back changes of this field until it is as in `draft` again, or nothing is left to take back."""
        self._step_to(draft, super().action_undo)

    def redo_to(self, draft: Draft) -> None:
        """Do changes of this field again until it is as in `draft`; what cannot be done again is done as a new step."""
        self._step_to(draft, super().action_redo)
        self.replace_text(*self._in_draft(draft))

    def _step_to(self, draft: Draft, step: Callable[[], None]) -> None:
        before = None
        while not self._holds(*self._in_draft(draft)) and before != self._snapshot():
            before = self._snapshot()
            step()

    def _in_draft(self, draft: Draft) -> tuple[str, bool]:
        return draft.texts[self.field_name.value], self.field_name.value in draft.templates

    def _holds(self, text: str, is_template: bool) -> bool:  # noqa: FBT001 - as `replace_text` has it
        return self.value == text and self.is_literal is (_BRACE in text and not is_template)
