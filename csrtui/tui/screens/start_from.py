"""Filling the form with what an existing pair, CSR or certificate says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.errors import CsrtuiError
from csrtui.core.pairname import is_pair_name
from csrtui.tasks.starting import Start, start_from_bytes, start_from_file, start_from_pair
from csrtui.tui.screens.dialog import Dialog
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_HELP = (
    "Type the name of a pair or the path of a CSR or certificate, or paste the text of one. "
    "Names and fields are taken; a new key is made for them."
)


class StartFromScreen(Dialog[Start | None]):
    """Asks what to start from.

    Args:
        session: Whose pairs can be started from.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
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
        try:
            if is_pair_name(text) and text in self._session.store.names():
                self.dismiss(start_from_pair(self._session, text))
            else:
                self.dismiss(start_from_file(os.path.expanduser(text)))
        except CsrtuiError as error:
            self._show_error(error)

    def _show_error(self, error: CsrtuiError) -> None:
        self._error = error
        self.draw()

    def draw(self) -> None:
        """Show what is asked, and what was wrong."""
        about: list[Line] = [*self.lines("Start from something that exists", "strong"), ()]
        self.show("#about", [*about, *self.lines(_HELP, "label")])
        error = [*self.error_lines(self._error), ()] if self._error is not None else []
        self.show("#answer", [(), *error, *self.key_lines(("Enter", "Start"), ("Esc", "Cancel"))])
