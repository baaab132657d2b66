"""A field of the request form: typing is its own, undoing also takes back a fix of the whole form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from csrtui.core.finding import FieldName


class Undoer(Protocol):
    """What may have changed several fields at once."""

    def undo_fix(self) -> bool:
        """Take the last fix back, if nothing was typed since; say whether that was so."""

    def redo_fix(self) -> bool:
        """Apply the fix again that was taken back last, if nothing was typed since; say whether that was so."""


class FormField(TextField, inherit_css=True):
    """One text field of the form.

    Args:
        name: Which field it is; also its id.
        undoer: Asked first when the user undoes or redoes.
    """

    def __init__(self, name: FieldName, undoer: Undoer) -> None:
        super().__init__(id=name.value)
        self.field_name = name
        self._undoer = undoer

    def action_undo(self) -> None:
        """Take back the fix that was just applied, or the last change of this field."""
        if not self._undoer.undo_fix():
            super().action_undo()

    def action_redo(self) -> None:
        """Apply the fix again that was just taken back, or do the last change of this field again."""
        if not self._undoer.redo_fix():
            super().action_redo()

    def undo_to(self, text: str) -> None:
        """Take back changes of this field until it holds `text` again, or nothing is left to take back."""
        now = None
        while self.value not in {text, now}:
            now = self.value
            super().action_undo()

    def redo_to(self, text: str) -> None:
        """Do changes of this field again until it holds `text`; what cannot be done again is done as a new step."""
        now = None
        while self.value not in {text, now}:
            now = self.value
            super().action_redo()
        self.replace_text(text)
