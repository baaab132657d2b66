"""Filling the form with what an existing pair, CSR or certificate says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.tasks.prefill import Start, start_from_bytes, start_from_file, start_from_pair
from csrtui.tui.screens.dialog import Dialog
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.draft import KeptForm, OwnDraft
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_HELP = (
    "Type the name of a pair or the path of a CSR or certificate, or paste the text of one. "
    "Names and fields are taken; a new key is made for them."
)
_SHOWN = 5
_LEFT_OVER = "Forms of sessions that ended. Type the name of one to continue with it:"


class StartFromScreen(Dialog[Start | None]):
    """Asks what to start from.

    Args:
        session: Whose pairs can be started from.
        own: Where forms of sessions that ended come from, or None where they are not offered.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
    ]

    def __init__(self, session: Session, own: OwnDraft | None = None) -> None:
        super().__init__()
        self._session = session
        self._own = own
        self._error: CsrtuiError | None = None

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield TextField(id="source")
            yield TextBlock(id="answer")

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one("#source").focus()

    def on_input_changed(self) -> None:
        """What was wrong is being changed."""
        if self._error is not None:
            self._error = None
            self.draw()

    def on_input_submitted(self) -> None:
        """Start from the pair or the file."""
        text = self.query_one("#source", TextField).value.strip()
        if text:
            self._start_from(text)

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Start from what was pasted."""
        event.stop()
        try:
            self.dismiss(start_from_bytes("\n".join(event.lines).encode("utf-8", "replace")))
        except CsrtuiError as error:
            self._show_error(error)

    def action_cancel(self) -> None:
        """Go back to the form as it was."""
        self.dismiss(None)

    def _start_from(self, text: str) -> None:
        form = next((form for form in self._left_over if visible(form.draft.title) == text), None)
        try:
            if form is not None and self._own is not None:
                self.dismiss(Start(self._own.take(form), ()))
            elif is_pair_name(text) and text in self._session.store.names():
                self.dismiss(start_from_pair(self._session, text))
            else:
                self.dismiss(start_from_file(os.path.expanduser(text)))
        except CsrtuiError as error:
            self._show_error(error)

    @property
    def _left_over(self) -> tuple[KeptForm, ...]:
        return self._own.left_over if self._own is not None else ()

    def _show_error(self, error: CsrtuiError) -> None:
        self._error = error
        self.draw()

    def draw(self) -> None:
        """Show what is asked, and what was wrong."""
        about: list[Line] = [*self.lines("Start from something that exists", "strong"), ()]
        left_over = [
            line for form in self._left_over[:_SHOWN] for line in self.lines(f"  {form.draft.title}")
        ]
        if left_over:
            left_over = [(), *self.lines(_LEFT_OVER, "label"), *left_over]
        self.show("#about", [*about, *self.lines(_HELP, "label"), *left_over])
        error = [*self.error_lines(self._error), ()] if self._error is not None else []
        self.show("#answer", [(), *error, *self.key_lines(("Enter", "Start"), ("Esc", "Cancel"))])
