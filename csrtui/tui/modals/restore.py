"""The dialog that restores a pair from its backup."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.backups.backup_file import Envelope, IdentityNeededError
from csrtui.core.backups.header import KeyProtection
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.store.secret_file import read_identity
from csrtui.tasks.backup_contents import PassphraseNeededError
from csrtui.tasks.draft import recall_folder
from csrtui.tasks.restore import Consent, read_backup, restore_contents, restore_notes, stays_encrypted
from csrtui.tui.modals.form_base import NEXT_FIELD, FormModal
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.secret_field import SecretField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.backup_contents import BackupContents
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line
    from csrtui.tui.widgets.text_field import TextField

_NO_FILE = "Enter the path of the backup file."
_TO_RECIPIENTS = (
    "This backup is encrypted to recipients. Enter the path of an age identity or SSH private key."
)
_UNSIGNED = (
    "It is not signed: anyone with write access to its medium could have changed the names and certificates."
)
_NO_ORIGIN = "age keeps the key secret, but does not prove who made the file."
_ENCRYPTION = (
    "According to the backup, the key has no passphrase, but the backup is not signed. "
    "The key keeps the passphrase of the backup unless you decrypt it."
)
_FOR_BACKUP, _FOR_KEY = "for the backup", "for the key, if it has one"
_MAX_NAMES = 3
"""Maximum number of names that are shown for a backup."""


class RestoreAnswer(NamedTuple):
    """The result of the dialog.

    Attributes:
        notes: The notes on the restore, each of one or two sentences.
    """

    pair: Pair
    notes: tuple[str, ...]


class RestoreModal(FormModal["RestoreAnswer | None"]):
    """A dialog that restores a pair from a backup. It returns None if it was cancelled."""

    KEPT_FIELDS = frozenset({"path"})
    FIRST_FOCUS = "#path"
    NOTES = 4
    MORE_KEYS = (("Tab", "Complete or next"),)
    heading = "Restore a pair"
    about = (
        "Restores a pair with its CSR and certificates, even from a backup made on another machine. "
        "An existing pair is never overwritten."
    )

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._path_error: CsrtuiError | None = None
        self._contents: BackupContents | None = None
        self._is_asking = False

    @property
    def verb(self) -> str:
        """The label of Enter in the focused field."""
        return NEXT_FIELD if self.query_one("#path").has_focus else "Restore"

    @property
    def path(self) -> str:
        """The path in the field."""
        return self.text_of("#path")

    @property
    def identity(self) -> str:
        """The path of the identity file, or an empty string if the backup is not encrypted to recipients."""
        return self.text_of("#identity") if self._is_to_recipients else ""

    @property
    def _is_to_recipients(self) -> bool:
        return bool(self.query_one("#recipients").display)

    def fields(self) -> Iterable[Widget]:
        """Return the fields. That for the identity is hidden until the backup needs an identity."""
        folder = recall_folder(self._session)
        path = self.kept_text("path", os.path.join(folder, "") if folder else "")
        yield LabelledFields(("Backup", PathField(path, "backup file", id="path")))
        identity = PathField("", "path of the age identity", id="identity")
        yield LabelledFields(("Identity", identity), id="recipients", is_hidden=True)
        yield LabelledFields(("Passphrase", SecretField(_FOR_BACKUP, id="passphrase")))

    # Events

    def on_input_changed(self, event: TextField.Changed) -> None:
        """Remove the error. If the path has changed, also reset the identity field."""
        self._path_error = None
        if event.input.id == "path":
            self._contents = None
            self._show_identity(visible=False)

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """After the path, check the file and go to the passphrase. After the identity, restore the backup."""
        if event.input.id == "identity":
            self._restore()
            return
        if not self.path:
            self.fail(InputError(_NO_FILE))
            return
        if self._path_error is None:
            self._show_identity(visible=self.path.endswith(Envelope.AGE.value))
            self.query_one("#identity" if self._is_to_recipients else "#passphrase").focus()
        self.error = None
        self.run_worker(self._check(self.path), group="check", exclusive=True)

    def on_secret_field_submitted(self) -> None:
        """Restore the backup with the typed passphrase."""
        self._restore()

    # Work

    async def _check(self, path: str) -> None:
        """Show the contents or the error of the file, but do not move the cursor while the user types."""
        outcome = await run_in_thread(lambda: read_backup(self._session, os.path.expanduser(path)))
        if path != self.path or self.is_busy:
            return
        if isinstance(outcome, IdentityNeededError):
            self._path_error = None
            self._show_identity(visible=True)
            self.draw()
            return
        had_error = self._path_error is not None
        self._path_error = outcome if isinstance(outcome, CsrtuiError) else None
        self._contents = None if isinstance(outcome, CsrtuiError) else outcome
        if had_error and self._path_error is None and self.query_one("#path").has_focus:
            self.query_one("#passphrase").focus()
        self.draw()

    def _show_identity(self, *, visible: bool) -> None:
        self.display_fields({"#recipients": visible})
        self.query_one("#passphrase", SecretField).placeholder = _FOR_KEY if visible else _FOR_BACKUP

    def _restore(self) -> None:
        """Restore the backup with the current input, or show which input is missing."""
        passphrase = self.secret_of("#passphrase")
        if self.is_busy:
            return
        if not self.path:
            self.fail(InputError(_NO_FILE))
        elif self._is_to_recipients and not self.identity:
            self.fail(InputError(_TO_RECIPIENTS))
        elif not self._is_to_recipients and not passphrase.encoded:
            self.fail(InputError("Type the passphrase of the backup."))
        else:
            self._path_error = None
            path = os.path.expanduser(self.path)
            self.begin(self._restore_backup(path, passphrase if passphrase.encoded else None))

    async def _restore_backup(self, path: str, passphrase: Secret | None) -> None:
        """Restore a backup and close the dialog. If its origin is not proved, ask for consent first."""
        identity = self.identity

        def read() -> BackupContents:
            identities = read_identity(os.path.expanduser(identity)) if identity else None
            return read_backup(self._session, path, identities)

        try:
            contents = await self.in_thread(read)
            consent = await self._ask_for_consent(contents)
            if consent is not None:
                pair = await self.in_thread(
                    lambda: restore_contents(self._session, contents, passphrase, consent)
                )
                notes = restore_notes(contents.content, consent)
                self.dismiss(RestoreAnswer(pair, notes))
        except CsrtuiError as error:
            self._focus_error(error)
            raise

    async def _ask_for_consent(self, contents: BackupContents) -> Consent | None:
        """Show the names and the key of a backup whose origin is not proved, and return the user's consent, or None."""
        content = contents.content
        is_age = content.envelope is Envelope.AGE
        if content.is_signed and not is_age:
            return Consent()
        self._is_asking = True
        self.draw()
        warnings = [] if content.is_signed else [_UNSIGNED]
        warnings += [_NO_ORIGIN] if is_age else []
        text = " ".join([*warnings, *_backup_lines(contents)])
        question = ConfirmModal("Restore this backup?", text, "Restore")
        agrees, decrypts = await self.app.push_screen_wait(question), False
        if agrees and stays_encrypted(content) and content.key_protection is KeyProtection.PLAIN:
            question = ConfirmModal("Store the key decrypted?", _ENCRYPTION, "Decrypt", "Keep encrypted")
            decrypts = await self.app.push_screen_wait(question)
        self._is_asking = False
        self.draw()
        return Consent(unsigned=True, decrypt_key=decrypts) if agrees else None

    def _focus_error(self, error: CsrtuiError) -> None:
        if isinstance(error, PassphraseNeededError):
            self.query_one("#passphrase").focus()
        elif isinstance(error, InputError):  # the error concerns the file or the identity
            if self._is_to_recipients:
                self.focus_error("#identity")
            else:
                self._path_error = error
                self.focus_error("#path")
        elif self._is_to_recipients and not self.query_one("#passphrase", SecretField).value:
            self.query_one("#identity").focus()
        else:
            field = self.query_one("#passphrase", SecretField)
            field.focus()
            field.select_text()

    def notes(self) -> list[Line]:
        """Return the state of the restore, the contents of the backup, or the input that it needs."""
        if self.is_busy and not self._is_asking:
            return self.lines("Opening the backup …", "strong")
        if self._contents is not None:
            return [line for text in _backup_lines(self._contents) for line in self.lines(text)]
        return self.lines(_TO_RECIPIENTS) if self._is_to_recipients else []

    def note_lines(self) -> list[Line]:
        """Return the error of the path too, and how to return to the path or the identity from the passphrase."""
        error = self.error or self._path_error
        if self.candidates or self.is_busy:
            return super().note_lines()
        field = "identity" if self._is_to_recipients and not self.identity else ""
        field = "path" if self._path_error is not None or not self.path else field
        way_back = self.way_back(field) if field else []
        return [*(self.error_lines(error) if error else self.notes()), *way_back]


def _backup_lines(contents: BackupContents) -> list[str]:
    """Return lines with the names and the key fingerprint of a backup, for the user to compare."""
    csr = contents.content.csr
    names = csr.names or (csr.subject_text,)
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    signed = "" if contents.content.is_signed else " (not signed)"
    return [f"Names: {', '.join(names[:_MAX_NAMES])}{more}{signed}.", f"SPKI SHA-256: {csr.spki_sha256}"]
