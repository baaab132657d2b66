"""Base class of dialogs that ask for a path, check it in a thread, and then ask for a passphrase.

Users often type a passphrase directly after the path, without looking at the screen. So the cursor enters the secret
field while the path is still being checked. While the user types, or may be about to type, the cursor never moves from
a secret field to a field that shows its text.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from csrtui.tui.modals.base import ResultT
from csrtui.tui.modals.folder_creation import FolderCreation
from csrtui.tui.widgets.secret_field import SecretField

if TYPE_CHECKING:
    from collections.abc import Callable

    from csrtui.core.base.errors import CsrtuiError

TYPE_AHEAD = 0.5
"""A user who types ahead begins to fill in the next field within this number of seconds after Enter."""
RETURN_LIMIT = 1.5
"""A user who waits may begin to type this number of seconds after Enter. From then on, the cursor stays."""


class PathModal(FolderCreation[ResultT]):
    """A dialog with a path field that is checked in a thread, followed by other fields."""

    _advance: tuple[str | None, float] | None = None
    """The id of the field entered before the end of the check, and the time of entry. None if the cursor may stay."""

    _continuation: Callable[[], None] | None = None
    """The function to call if the check succeeds."""

    def on_descendant_focus(self) -> None:
        """Update the hint that tells how to return to the path field, because it depends on the focus."""
        self.draw()

    def advance_to(self, field: str) -> None:
        """Focus the next field while the path is still being checked, so that typed text enters that field.

        If the check fails, `return_to` moves the cursor back.

        Args:
            field: The selector of the field.
        """
        widget = self.query_one(field)
        self._advance = (widget.id, time.monotonic())
        self.set_focus(widget)

    def return_to(self, field: str) -> None:
        """Return to `field`, whose check failed, unless the user has typed or has waited for `RETURN_LIMIT` seconds."""
        advance = self._advance
        elapsed = time.monotonic() - advance[1] if advance else 0

        def settle() -> None:
            if self._advance is advance:
                self._advance = None
                focused = self.focused
                is_typed = isinstance(focused, SecretField) and focused.value
                if (
                    advance
                    and focused
                    and focused.id == advance[0]
                    and not is_typed
                    and elapsed < RETURN_LIMIT
                ):
                    self.set_focus(self.query_one(field))
                self.draw()

        if advance is not None:
            self.set_timer(max(TYPE_AHEAD - elapsed, 0.01), settle)

    def confirm_advance(self) -> None:
        """Leave the cursor in the field that it entered before the end of the check."""
        self._advance = None

    def finish_check(self, field: str, error: CsrtuiError | None) -> None:
        """Handle the end of the check of `field`: call the continuation, or show the error."""
        continuation, self._continuation = self._continuation, None
        self.folder_error = error
        if error is not None:
            self.return_to(field)
            if continuation is not None:
                self.fail(error, field)
        else:
            self.confirm_advance()
            if continuation is not None:
                continuation()
        self.draw()

    def focus_error(self, field: str) -> None:
        """Focus the field with the error, but never move from a field that hides what is typed to one that shows it."""
        widget = self.query_one(field)
        if isinstance(widget, SecretField) or not isinstance(self.focused, SecretField):
            widget.focus()

    @property
    def is_in_secret(self) -> bool:
        """Whether the cursor is in a secret field and will stay there."""
        return isinstance(self.focused, SecretField) and self._advance is None
