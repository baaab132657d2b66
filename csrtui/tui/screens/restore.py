"""Bringing a pair back from its backup."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from csrtui.core.backups.backup_file import Envelope, KeptKey, ToRecipientsError
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.store.secret_file import read_identity
from csrtui.tasks.backup_contents import PassphraseNeededError
from csrtui.tasks.last_used import recall_folder
from csrtui.tasks.restore import Consent, losses, read_backup, restore_read, stays_encrypted
from csrtui.tui.screens.ahead import PlaceDialog
from csrtui.tui.screens.confirm import ConfirmScreen
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.backup_contents import BackupRead
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_ABOUT = (
    "A backup of this or another machine becomes a pair again, with its CSR and certificates; "
    "never over one that is there."
)
_NO_FILE = "Name the file of the backup."
_WAY_BACK = "The cursor stands in the passphrase: Up goes to the path."
_TO_RECIPIENTS = "A backup to recipients: name the age identity or ssh private key that opens it."
_UNSIGNED = (
    "It is not signed: anyone who can write to its medium can have changed the names and certificates."
)
_NO_ORIGIN = "age keeps the key secret, but does not show who made the file."
_OF_BACKUP, _OF_KEY = "of the backup", "of the key, if it has one"
_NAMED = 3


class Restored(NamedTuple):
    """What came of restoring.

    Attributes:
        pair: The pair.
        losses: What did not come back, a sentence or two each.
    """

    pair: Pair
    losses: tuple[str, ...]


class RestoreScreen(PlaceDialog["Restored | None"]):
    """Asks for a backup and what opens it, restores the pair, and gives it; None when it was cancelled.

    Args:
        session: Whose store the pair comes into.
        path: The path at first; None for the folder that backups went to last.
    """

    DEFAULT_CSS = "RestoreScreen #recipients { height: auto; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
    ]

    class Ended(Message):
        """It was tried.

        Args:
            outcome: The pair, or the backup about which there is a question, or why there is no pair.
        """

        def __init__(self, outcome: Restored | BackupRead | CsrtuiError) -> None:
            super().__init__()
            self.outcome = outcome

    class Looked(Message):
        """The file was looked at before its passphrase is typed.

        Args:
            path: Which.
            outcome: What is in it, or why nothing can be restored from it.
        """

        def __init__(self, path: str, outcome: BackupRead | CsrtuiError) -> None:
            super().__init__()
            self.path = path
            self.outcome = outcome

    def __init__(self, session: Session, path: str | None = None) -> None:
        super().__init__()
        self._session = session
        self._begin_with = path
        self._told: CsrtuiError | None = None
        self._unfit: CsrtuiError | None = None
        self._read: BackupRead | None = None
        self._working = False

    @property
    def path(self) -> str:
        """The path typed."""
        return self.query_one("#path", TextField).value.strip()

    @property
    def identity(self) -> str:
        """The path of the identity, if the backup is one to recipients; else nothing."""
        return self.query_one("#identity", TextField).value.strip() if self._is_to_recipients else ""

    @property
    def _is_to_recipients(self) -> bool:
        return bool(self.query_one("#recipients").display)

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        path = self._begin_with
        if path is None:
            folder = recall_folder(self._session)
            path = os.path.join(folder, "") if folder else ""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield from labelled(("Backup", TextField(path, "path of its file", id="path")))
            with Vertical(id="recipients") as row:
                yield from labelled(("Identity", TextField("", "path of the age identity", id="identity")))
            row.display = False
            yield from labelled(("Passphrase", SecretField(_OF_BACKUP, id="passphrase")))
            yield TextBlock(id="notes")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start in the path."""
        field = self.query_one("#path", TextField)
        field.focus()
        field.cursor_position = len(field.value)

    # Events

    def on_input_changed(self, event: TextField.Changed) -> None:
        """What was wrong is being changed; another file may not be one to recipients."""
        self._unfit = None
        if event.input.id == "path":
            self._read = None
            self._ask_for_identity(wanted=False)
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

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Go on to the passphrase if the file has one, or restore with the identity."""
        if event.input.id == "identity":
            self._restore()
            return
        if not self.path:
            self._fail(InputError(_NO_FILE))
            return
        if self._unfit is None:
            self.go_ahead("#passphrase")
        self._told = None
        self._look(os.path.expanduser(self.path))

    def on_secret_field_submitted(self) -> None:
        """Restore."""
        self._restore()

    def on_restore_screen_looked(self, event: Looked) -> None:
        """Say what is wrong with the file, if it is the one that stands there; the cursor stays where somebody types."""
        event.stop()
        if event.path != os.path.expanduser(self.path) or self._working:
            return
        if isinstance(event.outcome, ToRecipientsError):
            self._unfit = None
            self._ask_for_identity(wanted=True)
            self.come_back("#identity")
            self.draw()
            return
        was_unfit = self._unfit is not None
        self._unfit = event.outcome if isinstance(event.outcome, CsrtuiError) else None
        self._read = None if isinstance(event.outcome, CsrtuiError) else event.outcome
        if self._unfit is not None:
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
        """Give the pair, ask about the backup, or say why there is no pair."""
        event.stop()
        self._working = False
        if isinstance(event.outcome, Restored):
            self.dismiss(event.outcome)
        elif isinstance(event.outcome, CsrtuiError):
            self._point_to_wrong(event.outcome)
            self._fail(event.outcome)
        else:
            self._ask(event.outcome)

    # How

    def _look(self, path: str) -> None:
        def work() -> None:
            try:
                outcome: BackupRead | CsrtuiError = read_backup(self._session, path)
            except CsrtuiError as error:
                outcome = error
            self.post_message(self.Looked(path, outcome))

        self.run_worker(work, thread=True, group="look", exclusive=True)

    def _ask_for_identity(self, *, wanted: bool) -> None:
        self.query_one("#recipients").display = wanted
        self.query_one("#passphrase", SecretField).placeholder = _OF_KEY if wanted else _OF_BACKUP

    def _restore(self) -> None:
        """Restore with what is typed, or say what is missing."""
        passphrase = self.query_one("#passphrase", SecretField).secret()
        if self._working:
            return
        if not self.path:
            self._fail(InputError(_NO_FILE))
        elif self._is_to_recipients and not self.identity:
            self._fail(InputError(_TO_RECIPIENTS))
        elif not self._is_to_recipients and not passphrase.encoded:
            self._fail(InputError("Type the passphrase that the backup was made under."))
        else:
            self._begin(os.path.expanduser(self.path), passphrase if passphrase.encoded else None)

    def _begin(self, path: str, passphrase: Secret | None) -> None:
        identity = os.path.expanduser(self.identity)

        def restored() -> Restored | BackupRead:
            identities = read_identity(identity) if identity else None
            read = read_backup(self._session, path, identities)
            if read.content.envelope is Envelope.AGE or not read.content.signed:
                return read
            return self._restored(read, passphrase, Consent())

        self._work(restored)

    def _restored(self, read: BackupRead, passphrase: Secret | None, consent: Consent) -> Restored:
        pair = restore_read(self._session, read, passphrase, consent)
        return Restored(pair, losses(read.content, consent))

    def _work(self, restored: Callable[[], Restored | BackupRead]) -> None:
        self._working, self._unfit = True, None
        self._fail(None)

        def work() -> None:
            try:
                outcome: Restored | BackupRead | CsrtuiError = restored()
            except CsrtuiError as error:
                outcome = error
            self.post_message(self.Ended(outcome))

        self.run_worker(work, thread=True, group="work")

    def _ask(self, read: BackupRead) -> None:
        """Show the names and the key of a backup that does not prove where it comes from, and ask."""
        content = read.content
        why = [] if content.signed else [_UNSIGNED]
        why += [_NO_ORIGIN] if content.envelope is Envelope.AGE else []
        text = " ".join([*why, *_contents(read)])
        question = ConfirmScreen("Restore this backup?", text, "Restore")

        def answered(agreed: bool | None) -> None:  # noqa: FBT001 - the result of the question
            if not agreed:
                self.draw()
            elif stays_encrypted(content) and content.kept is KeptKey.PLAIN:
                self._ask_how_to_store(read)
            else:
                self._go_on(read, Consent(unsigned=True))

        self.app.push_screen(question, answered)

    def _ask_how_to_store(self, read: BackupRead) -> None:
        text = (
            "The text of the backup says that the key had no passphrase, or says nothing. "
            "As it is not signed, the key stays under the passphrase of the backup unless you decrypt it."
        )
        question = ConfirmScreen("How is the key to be stored?", text, "Decrypt", "Keep encrypted")
        self.app.push_screen(
            question,
            lambda decrypt: self._go_on(read, Consent(unsigned=True, decrypt_key=bool(decrypt))),
        )

    def _go_on(self, read: BackupRead, consent: Consent) -> None:
        passphrase = self.query_one("#passphrase", SecretField).secret()
        self._work(lambda: self._restored(read, passphrase if passphrase.encoded else None, consent))

    def _point_to_wrong(self, error: CsrtuiError) -> None:
        if isinstance(error, PassphraseNeededError):
            self.query_one("#passphrase").focus()
        elif isinstance(error, InputError):  # about the file, or the identity
            if self._is_to_recipients:
                self.point_to("#identity")
            else:
                self._unfit = error
                self.point_to("#path")
        elif self._is_to_recipients and not self.query_one("#passphrase", SecretField).value:
            self.query_one("#identity").focus()
        else:
            field = self.query_one("#passphrase", SecretField)
            field.focus()
            field.select_text()

    def _fail(self, error: CsrtuiError | None) -> None:
        self._told = error
        self.draw()

    def draw(self) -> None:
        """Show everything anew."""
        about = [line for part in _contents(self._read) for line in self.lines(part, "label")]
        about = about or self.lines(_TO_RECIPIENTS if self._is_to_recipients else _ABOUT, "label")
        self.show("#about", [*self.lines("Restore a pair", "strong"), (), *about, ()])
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


def _contents(read: BackupRead | None) -> list[str]:
    """Return the names and the key of a backup, to be compared with what one knows."""
    if read is None:
        return []
    csr = read.content.asked
    names = csr.names or (csr.subject_text,)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    signed = "" if read.content.signed else " (not signed)"
    return [f"Names: {', '.join(names[:_NAMED])}{more}{signed}.", f"SPKI SHA-256: {csr.spki_sha256}"]
