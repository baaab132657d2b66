"""Asking for keys made elsewhere: the file or folder they lie in, and a passphrase where one is wanted."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import plural
from csrtui.store.key_search import is_folder
from csrtui.tasks.adopt.matching import match
from csrtui.tasks.adopt.search import look_at, look_in
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.base.errors import CsrtuiError
    from csrtui.core.base.secret import Secret
    from csrtui.tasks.adopt.matching import Matched
    from csrtui.tasks.adopt.search import Found
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_ABOUT = (
    "Keys made elsewhere become pairs of this keystore, each with its CSR and certificate. Their files stay "
    "as they are."
)
_OPENS_NOTHING = "the passphrase opens none of the keys that are under one"
_NOTES = 3
"""Lines of notes that there is always room for, so that the dialog does not jump."""
_SHORT = 18
"""A screen with fewer lines is short."""


@dataclass(frozen=True, slots=True)
class AdoptAnswer:
    """What came of the dialog.

    Attributes:
        typed: The path typed.
        matched: What was found there and put together; None when it was cancelled.
    """

    typed: str
    matched: Matched | None = field(default=None, repr=False)


class AdoptScreen(DoingDialog[AdoptAnswer]):
    """Asks where keys are, and puts together what is found there.

    Args:
        session: Whose store they are to come into.
        typed: What the field begins with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
    ]

    def __init__(self, session: Session, typed: str = "") -> None:
        super().__init__()
        self._session = session
        self._typed = typed
        self._found: Found | None = None
        self._doing = ""

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield from labelled(
                ("Key or folder", TextField(self._typed, "path, such as /etc/letsencrypt/live", id="path"))
            )
            with Vertical(classes="fields", id="closed"):
                yield from labelled(
                    ("Passphrase", SecretField("of the keys that are under one", id="passphrase"))
                )
            yield TextBlock(id="notes")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start in the path."""
        self._ask_passphrase(wanted=False)
        path = self.query_one("#path", TextField)
        path.focus()
        path.cursor_position = len(path.value)

    @property
    def path(self) -> str:
        """The path typed."""
        return self.query_one("#path", TextField).value.strip()

    # Events

    def on_input_changed(self) -> None:
        """What was found elsewhere is forgotten."""
        self._found = None
        self._ask_passphrase(wanted=False)
        self._fail(None)

    def on_secret_field_changed(self) -> None:
        """What was wrong is being changed."""
        self._fail(None)

    def on_text_field_pasted(self) -> None:
        """Say that nothing was put in."""
        self._fail(InputError("What you pasted has several lines: nothing was put in."))

    def on_text_field_left_out(self) -> None:
        """Say that something was left out."""
        self._fail(InputError("What you pasted has characters that cannot be typed: they were left out."))

    def on_input_submitted(self) -> None:
        """Look there."""
        if not self.path:
            self._fail(InputError("Name the file of a key, or a folder that is searched for keys."))
        elif self._found is None:
            self.begin(self._look(os.path.expanduser(self.path)))
            self.draw()
        else:
            self.query_one("#passphrase").focus()

    def on_secret_field_submitted(self) -> None:
        """Open what the passphrase opens; the others stay closed."""
        if self._found is not None:
            passphrase = self.query_one("#passphrase", SecretField).secret()
            self.begin(self._match(self._found, passphrase if passphrase.encoded else None))
            self.draw()

    def action_cancel(self) -> None:
        """Adopt nothing; what was typed is kept for the next time."""
        typed = self.path

        def leave() -> None:
            self.dismiss(AdoptAnswer(typed))

        self.when_done(leave)

    # How

    async def _look(self, path: str) -> None:
        self._doing = "Looking …"

        def look() -> Found:
            return look_in(self._session, path) if is_folder(path) else look_at(path)

        found = await asyncio.to_thread(look)
        if not (found.keys or found.wants_passphrase):
            faults = [fault.text for fault in found.faults]
            raise InputError("There is no private key there.", faults[0] if faults else None)
        self._found = found
        if found.wants_passphrase:
            self._doing = ""
            self._ask_passphrase(wanted=True)
            self.query_one("#passphrase").focus()
        else:
            await self._match(found, None)

    async def _match(self, found: Found, passphrase: Secret | None) -> None:
        self._doing = "Opening the keys …"
        matched = await asyncio.to_thread(match, self._session, found, passphrase)
        if not matched.candidates:
            raise RefusedError(matched.failures[0].text)
        if passphrase is not None and self._opens_nothing(found, matched):
            raise RefusedError(_OPENS_NOTHING, "type it again; left empty, such keys stay out")
        if self.is_current and not self.is_leaving:
            self.dismiss(AdoptAnswer(self.path, matched))

    def _opens_nothing(self, found: Found, matched: Matched) -> bool:
        """Whether all keys that want a passphrase stayed closed."""
        closed = {failure.file for failure in matched.failures}
        return all(path in closed for path in found.locked)

    def _ask_passphrase(self, *, wanted: bool) -> None:
        """Show the field for it only where a key is under one."""
        self.query_one("#closed").display = wanted

    def _fail(self, error: CsrtuiError | None) -> None:
        self.error = error
        self.draw()

    def draw(self) -> None:
        """Show everything anew; on a short screen without what only explains."""
        short = self.app.size.height < _SHORT
        about = [] if short else [(), *self.lines(_ABOUT, "label"), ()]
        self.show("#about", [*self.lines("Adopt keys", "strong"), *about])
        notes: list[Line] = []
        wanting = self._found.locked if self._found else []
        if self.error is not None:
            notes = self.error_lines(self.error)
        elif self.is_doing:
            notes = self.lines(self._doing or "Looking …", "strong")
        elif wanting:
            count = plural(len(wanting), "key")
            verb = "is" if len(wanting) == 1 else "are"
            notes = self.lines(f"{count} {verb} under a passphrase. Left empty, such keys stay out.")
        notes += [()] * (_NOTES - len(notes))
        self.show("#notes", notes if short else [(), *notes, ()])
        self.show("#keys", self.key_lines(("Enter", "Open" if wanting else "Look"), ("Esc", "Cancel")))
