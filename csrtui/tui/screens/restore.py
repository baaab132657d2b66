"""Bringing a pair back from its backup."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from csrtui.core.errors import CsrtuiError, InputError
from csrtui.core.pair import Pair
from csrtui.tasks.remembering import recall_folder
from csrtui.tasks.restore import read_backup, restore
from csrtui.tui.screens.ahead import PlaceDialog
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.secret import Secret
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_ABOUT = (
    "A backup of this or another machine becomes a pair again, with its CSR and certificates; "
    "never over one that is there."
)
_NO_FILE = "Name the file of the backup."
_WAY_BACK = "The cursor stands in the passphrase: Up goes to the path."


class RestoreScreen(PlaceDialog["Pair | None"]):
    """Asks for a backup and its passphrase, restores the pair, and gives it; None when it was cancelled.

    Args:
        session: Whose store the pair comes into.
        path: The path at first; None for the folder that backups went to last.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
    ]

    class Ended(Message):
        """It was tried.

        Args:
            outcome: The pair, or why there is none.
        """

        def __init__(self, outcome: Pair | CsrtuiError) -> None:
            super().__init__()
            self.outcome = outcome

    class Looked(Message):
        """The file was looked at before its passphrase is typed.

        Args:
            path: Which.
            error: Why nothing can be restored from it, or None.
        """

        def __init__(self, path: str, error: CsrtuiError | None) -> None:
            super().__init__()
            self.path = path
            self.error = error

    def __init__(self, session: Session, path: str | None = None) -> None:
        super().__init__()
        self._session = session
        self._begin_with = path
        self._told: CsrtuiError | None = None
        self._unfit: CsrtuiError | None = None
        self._working = False

    @property
    def path(self) -> str:
        """The path typed."""
        return self.query_one("#path", TextField).value.strip()

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        path = self._begin_with
        if path is None:
            folder = recall_folder(self._session)
            path = os.path.join(folder, "") if folder else ""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield from labelled(
                ("Backup", TextField(path, "path of its file", id="path")),
                ("Passphrase", SecretField("of the backup", id="passphrase")),
            )
            yield TextBlock(id="notes")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start in the path."""
        field = self.query_one("#path", TextField)
        field.focus()
        field.cursor_position = len(field.value)

    # Events

    def on_input_changed(self) -> None:
        """What was wrong is being changed."""
        self._unfit = None
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
        """Go on to the passphrase if the file is one that has a passphrase; what was wrong with it is looked at again."""
        if not self.path:
            self._fail(InputError(_NO_FILE))
            return
        if self._unfit is None:
            self.go_ahead("#passphrase")
        self._told = None
        self._look(os.path.expanduser(self.path))

    def on_secret_field_submitted(self) -> None:
        """Restore."""
        if self._working:
            return
        passphrase = self.query_one("#passphrase", SecretField).secret()
        if not self.path:
            self._fail(InputError(_NO_FILE))
        elif not passphrase.encoded:
            self._fail(InputError("Type the passphrase that the backup was made under."))
        else:
            self._begin(os.path.expanduser(self.path), passphrase)

    def on_restore_screen_looked(self, event: Looked) -> None:
        """Say what is wrong with the file, if it is the one that stands there; the cursor stays where somebody types."""
        event.stop()
        if event.path != os.path.expanduser(self.path) or self._working:
            return
        was_unfit, self._unfit = self._unfit is not None, event.error
        if event.error is not None:
            self.come_back("#path")
        else:
            self.stay_ahead()
            if was_unfit and self.query_one("#path").has_focus:
                self.query_one("#passphrase").focus()
        self.draw()

    def action_cancel(self) -> None:
        """Restore nothing, unless it is under way."""
        if not self._working:
            self.dismiss(None)

    def on_restore_screen_ended(self, event: Ended) -> None:
        """Give the pair, or say why there is none."""
        event.stop()
        self._working = False
        if isinstance(event.outcome, Pair):
            self.dismiss(event.outcome)
            return
        if isinstance(event.outcome, InputError):  # about the file
            self._unfit = event.outcome
            self.point_to("#path")
        else:
            self.query_one("#passphrase").focus()
        self._fail(event.outcome)

    # How

    def _look(self, path: str) -> None:
        def work() -> None:
            error: CsrtuiError | None = None
            try:
                read_backup(self._session, path)
            except CsrtuiError as found:
                error = found
            self.post_message(self.Looked(path, error))

        self.run_worker(work, thread=True, group="look", exclusive=True)

    def _begin(self, path: str, passphrase: Secret) -> None:
        self._working, self._unfit = True, None
        self._fail(None)

        def work() -> None:
            try:
                outcome: Pair | CsrtuiError = restore(self._session, path, passphrase)
            except CsrtuiError as error:
                outcome = error
            self.post_message(self.Ended(outcome))

        self.run_worker(work, thread=True, group="work")

    def _fail(self, error: CsrtuiError | None) -> None:
        self._told = error
        self.draw()

    def draw(self) -> None:
        """Show everything anew."""
        self.show("#about", [*self.lines("Restore a pair", "strong"), (), *self.lines(_ABOUT, "label"), ()])
        notes: list[Line] = []
        wrong = self._told or self._unfit
        if wrong is not None:
            notes = self.error_lines(wrong)
            if self.is_in_secret and (self._unfit is not None or not self.path):
                notes += self.lines(_WAY_BACK, "label")
        elif self._working:
            notes = self.lines("Opening the backup …", "strong")
        notes += [()] * (3 - len(notes))
        self.show("#notes", [(), *notes, ()])
        self.show("#keys", self.key_lines(("Enter", "Restore"), ("Esc", "Cancel")))
