"""The dialog that fills the form from an existing pair, CSR or certificate."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.tasks.prefill import PrefilledForm, start_from_bytes, start_from_file, start_from_pair
from csrtui.tui.modals.base import Modal
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.draft import NumberedDraft, SessionDraft
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_HELP = (
    "Enter the name of a pair or the path of a CSR or certificate, or paste its text. "
    "Names and subject are copied. The new pair gets a new key."
)
_MAX_DRAFTS = 5
_UNCLAIMED = "Saved forms of earlier sessions. To continue with one, enter its name:"


class StartFromModal(Modal[PrefilledForm | None]):
    """A dialog that asks for a pair, a CSR or a certificate, and returns the form filled in from it.

    Args:
        session: The session with the store.
        session_draft: Gives access to the saved forms of earlier sessions. None if they are not offered.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
    ]

    def __init__(self, session: Session, session_draft: SessionDraft | None = None) -> None:
        super().__init__()
        self._session = session
        self._session_draft = session_draft
        self._error: CsrtuiError | None = None

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield TextField(id="source")
            yield TextBlock(id="answer")

    def on_mount(self) -> None:
        """Set the focus."""
        self.query_one("#source").focus()

    def on_input_changed(self) -> None:
        """Remove the error when the input changes."""
        if self._error is not None:
            self._error = None
            self.draw()

    def on_input_submitted(self) -> None:
        """Fill the form from the pair or the file."""
        text = self.query_one("#source", TextField).value.strip()
        if text:
            self._start_from(text)

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Fill the form from the pasted text."""
        event.stop()
        try:
            self.dismiss(start_from_bytes("\n".join(event.lines).encode("utf-8", "replace")))
        except CsrtuiError as error:
            self._show_error(error)

    def action_cancel(self) -> None:
        """Close without changes to the form."""
        self.dismiss(None)

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
            self._show_error(error)

    @property
    def _unclaimed_drafts(self) -> tuple[NumberedDraft, ...]:
        return self._session_draft.unclaimed if self._session_draft is not None else ()

    def _show_error(self, error: CsrtuiError) -> None:
        self._error = error
        self.draw()

    def draw(self) -> None:
        """Redraw the dialog."""
        about: list[Line] = [*self.lines("Copy from an existing pair, CSR or certificate", "strong"), ()]
        drafts: list[Line] = []
        for saved in self._unclaimed_drafts[:_MAX_DRAFTS]:
            drafts += self.lines(f"  {saved.draft.title}")
        if drafts:
            drafts = [(), *self.lines(_UNCLAIMED, "label"), *drafts]
        self.show("#about", [*about, *self.lines(_HELP, "label"), *drafts])
        error = [*self.error_lines(self._error), ()] if self._error is not None else []
        self.show("#answer", [(), *error, *self.key_lines(("Enter", "Copy"), ("Esc", "Cancel"))])
