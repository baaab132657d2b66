"""Where the cursor goes in a dialog that asks for a place, which takes a look, and then for a passphrase.

Whoever types a passphrase seldom looks at the screen, and may type it in one go with the place. So while the
place is looked at, the cursor stands in the secret field already, and it never leaves one by itself for a field
that shows what is typed once somebody types, or may be about to.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from csrtui.tui.screens.dialog import Dialog, ResultT
from csrtui.tui.widgets.secret_field import SecretField

if TYPE_CHECKING:
    from collections.abc import Callable

    from csrtui.core.base.errors import CsrtuiError

TYPES_ON = 0.5
"""Seconds from an Enter in which whoever types on without a look at the screen begins the next field."""
LATEST = 1.5
"""Seconds from an Enter after which somebody may have waited long enough to begin it."""


class PlaceDialog(Dialog[ResultT]):
    """A dialog with a field whose text is looked at in a thread, and fields after it."""

    _ahead: tuple[str | None, float] | None = None
    """The field that the cursor went on to before the look was over, and when; None when it is settled there."""

    _then: Callable[[], None] | None = None
    """What to do once it is known that the place will do."""

    def on_descendant_focus(self) -> None:
        """How to get back to the place is said only where the cursor is elsewhere."""
        self.draw()

    def go_ahead(self, field: str) -> None:
        """Go on to a field although the one before is still being looked at: what is typed now is for that field.

        Should the place not do, `come_back` returns.

        Args:
            field: The selector of the field.
        """
        found = self.query_one(field)
        self._ahead = (found.id, time.monotonic())
        self.set_focus(found)

    def come_back(self, field: str) -> None:
        """The place in `field` will not do: return to it, unless somebody types on meanwhile or waited long."""
        ahead = self._ahead
        passed = time.monotonic() - ahead[1] if ahead else 0

        def settle() -> None:
            if self._ahead is ahead:
                self._ahead = None
                focused = self.focused
                is_typed = isinstance(focused, SecretField) and focused.value
                if ahead and focused and focused.id == ahead[0] and not is_typed and passed < LATEST:
                    self.set_focus(self.query_one(field))
                self.draw()

        if ahead is not None:
            self.set_timer(max(TYPES_ON - passed, 0.01), settle)

    def stay_ahead(self) -> None:
        """The place will do."""
        self._ahead = None

    def settle_look(self, field: str, error: CsrtuiError | None) -> None:
        """The look at the place in `field` is over: do what waited for it, or say why the place will not do."""
        then, self._then = self._then, None
        if error is not None:
            self.come_back(field)
            if then is not None:
                self.fail(error, field)
        else:
            self.stay_ahead()
            if then is not None:
                then()
        self.draw()

    def fail(self, error: CsrtuiError, field: str | None = None) -> None:
        """Say what is wrong, at its field if that is given."""
        raise NotImplementedError

    def point_to(self, field: str) -> None:
        """Put the cursor where something is wrong, unless it stands in a secret field, and that one is none."""
        wrong = self.query_one(field)
        if isinstance(wrong, SecretField) or not isinstance(self.focused, SecretField):
            wrong.focus()

    @property
    def is_in_secret(self) -> bool:
        """Whether the cursor stands in a secret field, and stays there."""
        return isinstance(self.focused, SecretField) and self._ahead is None
