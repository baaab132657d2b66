"""A text field of the request form. It records whether its braces were typed.

In the form for many hosts, text can contain variables: ``{{ variable }}``. Only text that the user typed can contain
them. Text that was pasted, or filled in from a file, a pair or a profile, comes from somebody else and is literal.
So a field becomes literal (`FormField.is_literal`) when a ``{`` is inserted in any way other than by a key. It stays
literal until its last ``{`` is deleted. Only a key inserts a single character through `TextField.replace`. Every other
source sets the flag itself, inserts more than one character, or assigns the value. Undo and redo restore the flag with
the text. The draft saves the flag (`Draft.templates`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csrtui.core.base.finding import FieldName
    from csrtui.tui.widgets.request_form import RequestForm
    from csrtui.tui.widgets.text_field import Snapshot


_BRACE = "{"


class FormField(TextField, inherit_css=True):
    """One text field of the form.

    Args:
        form: The form that keeps the undo history of the field, or None if the field keeps its own.

    Attributes:
        is_literal: Whether the text contains a brace that was not typed.
    """

    is_literal = False
    _next_is_literal: bool | None = None
    """Whether the text is literal after the current edit. None if that depends on the length of the inserted text."""

    def __init__(self, name: FieldName, form: RequestForm | None = None) -> None:
        super().__init__(id=name.value)
        self.field_name = name
        self._form = form

    @property
    def is_template(self) -> bool:
        """Whether the text contains braces, all of which the user typed."""
        return _BRACE in self.value and not self.is_literal

    def load_text(self, text: str, is_template: bool = False) -> None:  # noqa: FBT001, FBT002 - part of the text
        """Show `text` and discard the history. Without `is_template`, the braces in `text` are literal."""
        super().load_text(text)
        self.is_literal = _BRACE in text and not is_template

    def replace_text(self, text: str, is_template: bool = False) -> None:  # noqa: FBT001, FBT002 - part of the text
        """Replace the whole text as one undo step. Without `is_template`, the braces in `text` are literal."""
        if not self._is_equal(text, is_template):
            with self._origin(is_literal=not is_template):
                self.replace(text, 0, len(self.value))

    def action_paste(self) -> None:
        """Paste the text that was copied or cut in csrtui."""
        with self._origin(is_literal=self.is_literal or _BRACE in self.app.clipboard):
            super().action_paste()

    def _insert_line(self, line: str) -> None:
        with self._origin(is_literal=self.is_literal or _BRACE in line):
            super()._insert_line(line)

    @contextmanager
    def _origin(self, *, is_literal: bool) -> Iterator[None]:
        """Set whether the text is literal after the edits in this context."""
        self._next_is_literal = is_literal
        try:
            yield
        finally:
            self._next_is_literal = None

    def _note_origin(self, text: str) -> None:
        is_literal = self._next_is_literal
        if is_literal is None:
            is_literal = self.is_literal or (_BRACE in text and len(text) > 1)
        self.is_literal = _BRACE in self.value and is_literal

    def _snapshot(self) -> Snapshot:
        return replace(super()._snapshot(), is_literal=self.is_literal)

    def _show(self, snapshot: Snapshot | None) -> None:
        super()._show(snapshot)
        if snapshot is not None:
            self.is_literal = snapshot.is_literal

    def watch_value(self, value: str) -> None:
        """Count every brace of an assigned text as literal."""
        if not self._editing:
            self.is_literal = _BRACE in value
        super().watch_value(value)

    def _is_equal(self, text: str, is_template: bool) -> bool:  # noqa: FBT001 - part of the text
        return self.value == text and self.is_literal is (_BRACE in text and not is_template)

    def restore(self, text: str, is_template: bool) -> bool:  # noqa: FBT001 - part of the text
        """Show an earlier or later text, with the cursor after the part that differs. Return whether there is one."""
        if self._is_equal(text, is_template):
            return False
        pairs = zip(reversed(text), reversed(self.value), strict=False)
        same_end = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        self.load_text(text, is_template)
        self.cursor_position = len(text) - same_end
        return True

    def _record(self, before: Snapshot, *, continues: bool) -> None:
        if self._form is None:
            super()._record(before, continues=continues)
        else:
            self._form.record(self.field_name, continues=continues)

    def action_undo(self) -> None:
        """Undo the last change of the form, or of the field if it has no form."""
        if self._form is None:
            super().action_undo()
        else:
            self._form.undo()

    def action_redo(self) -> None:
        """Redo the last undone change of the form, or of the field if it has no form."""
        if self._form is None:
            super().action_redo()
        else:
            self._form.redo()


def split_field(text: str, *, is_template: bool) -> list[str]:
    """Return the names in the text of a field."""
    from csrtui.core.names.inventory_template import Template, split_names_in

    return [str(name) for name in split_names_in(Template(text) if is_template else text)]
