"""The dialog that fills the form from an existing pair, CSR or certificate."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.tasks.prefill import PrefilledForm, start_from_bytes, start_from_file, start_from_pair
from csrtui.tui.modals.form import FormModal
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from csrtui.tasks.draft import NumberedDraft, SessionDraft
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_HELP = (
    "Enter the name of a pair or the path of a CSR or certificate, or paste its text. "
    "Names and subject are copied. The new pair gets a new key."
)
_MAX_DRAFTS = 5
_UNCLAIMED = "Saved forms from earlier sessions. To continue with one, enter its name:"


class StartFromModal(FormModal[PrefilledForm | None]):
    """A dialog that asks for a pair, a CSR or a certificate, and returns the form filled in from it.

    Args:
        session: The session with the store.
        session_draft: Gives access to the saved forms from earlier sessions. None if they are not offered.
    """

    def __init__(self, session: Session, session_draft: SessionDraft | None = None) -> None:
        super().__init__()
        self._session = session
        self._session_draft = session_draft

    def content(self) -> Iterable[Widget]:
        """Return the field."""
        return (TextField(id="source"),)

    def on_input_submitted(self) -> None:
        """Fill the form from the pair or the file."""
        text = self.text_of("#source")
        if text:
            self._start_from(text)

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Fill the form from the pasted text."""
        event.stop()
        event.prevent_default()  # the base class refuses a text of several lines
        try:
            self.dismiss(start_from_bytes("\n".join(event.lines).encode("utf-8", "replace")))
        except CsrtuiError as error:
            self.fail(error)

    def _start_from(self, text: str) -> None:
        saved = next((saved for saved in self._unclaimed_drafts if visible(saved.draft.title) == text), None)
        try:
            if saved is not None and self._session_draft is not None:
                self.dismiss(PrefilledForm(self._session_draft.claim(saved), ()))
            elif is_pair_name(text) and text in self._session.store.names():
                self.dismiss(start_from_pair(self._session, text))
            else:
                self.dismiss(start_from_file(os.path.expanduser(text)))
        except CsrtuiError as error:
            self.fail(error)

    @property
    def _unclaimed_drafts(self) -> tuple[NumberedDraft, ...]:
        return self._session_draft.unclaimed if self._session_draft is not None else ()

    def draw(self) -> None:
        """Redraw the dialog."""
        about: list[Line] = [*self.lines("Copy from an existing pair, CSR or certificate", "strong"), ()]
        drafts: list[Line] = []
        for saved in self._unclaimed_drafts[:_MAX_DRAFTS]:
            drafts += self.lines(f"  {saved.draft.title}")
        if drafts:
            drafts = [(), *self.lines(_UNCLAIMED, "label"), *drafts]
        self.show("#about", [*about, *self.lines(_HELP, "label"), *drafts])
        error = [*self.error_lines(self.error), ()] if self.error is not None else []
        self.show("#keys", [(), *error, *self.key_lines(("Enter", "Copy"), ("Esc", "Cancel"))])
