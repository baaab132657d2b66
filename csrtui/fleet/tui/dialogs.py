"""The dialogs in which the user chooses pairs of many hosts, and what to do with them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding

from csrtui.core.backups.age import load_pyrage
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.fleet.tasks.pairs import check_folder
from csrtui.fleet.tui.rows import describe_pairs
from csrtui.store.secret_file import read_identity
from csrtui.tasks.backup import default_recipient, parse_recipients, split_recipients
from csrtui.tasks.draft import LastUsed, recall, remember
from csrtui.tasks.submit import lacks_backup
from csrtui.tui.groups import choices
from csrtui.tui.modals.base import labelled
from csrtui.tui.modals.form import FormModal
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.backups.recipients import Recipient
    from csrtui.fleet.model import HostPair
    from csrtui.tasks.session import Session
    from csrtui.tui.groups import Group
    from csrtui.tui.widgets.text_block import Line

_FIXED_LINES = 5
"""Lines besides the title, fields and notes: the frame, the keys, and a blank line before and after the notes."""
_MIN_NOTES = 4
"""Lines reserved for notes, so that the dialog does not change its height while the user types."""

ChoiceT = TypeVar("ChoiceT")


class HostPairsModal(FormModal["ChoiceT | None"], Generic[ChoiceT]):
    """A dialog that asks for a group of pairs and for the values of fields.

    Args:
        session: The session, which stores the last used values.
        groups: One or more groups of pairs to choose from.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", "Next", show=False),
    ]
    PASTE_REFUSED = "The pasted text has several lines; this field accepts one. Nothing was inserted."
    verb = ""
    """The action, as the label of the Enter key."""

    def __init__(self, session: Session, groups: Sequence[Group[HostPair]]) -> None:
        super().__init__()
        self._session = session
        self._groups = groups

    def content(self) -> Iterable[Widget]:
        """Return the choices, the fields, and the notes."""
        if len(self._groups) > 1:
            yield ChoiceField("Pairs", choices(self._groups), "0", id="group")
        yield from self.choice_fields()
        yield from labelled(*self.fields())
        yield TextBlock(id="notes")

    def on_mount(self) -> None:
        """Focus the first empty field, or the last field."""
        fields = list(self.query(TextField))
        next((field for field in fields if not field.value), fields[-1]).focus()

    @property
    def title_start(self) -> str:
        """The beginning of the title, before the pairs."""
        return self.verb

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """Return the labels and fields."""
        raise NotImplementedError

    def choice_fields(self) -> Sequence[ChoiceField]:
        """Return the choices besides that of the pairs."""
        return ()

    def notes(self) -> list[Line]:
        """Return the notes on the current input."""
        raise NotImplementedError

    async def read_choice(self) -> ChoiceT:
        """Return the user's choice. This is called while the dialog shows that it is busy.

        Raises:
            CsrtuiError: The input is not valid.
        """
        raise NotImplementedError

    @property
    def group(self) -> Group[HostPair]:
        """The chosen group of pairs."""
        index = next((field.value for field in self.query("#group").results(ChoiceField)), "0")
        return self._groups[int(index)]

    def field_text(self, field: str) -> str:
        """Return the stripped text of a field."""
        return self.text_of(f"#{field}")

    # Events

    def on_choice_field_changed(self) -> None:
        """Show the title and notes for the chosen pairs."""
        self.draw()

    def on_input_changed(self) -> None:
        """Update the notes for the new input."""
        self.draw()

    def on_input_submitted(self) -> None:
        """Go to the next field, or confirm in the last one."""
        self.action_next()

    def action_next(self) -> None:
        """Go to the next field, or confirm in the last one."""
        fields: list[Widget] = [*self.query(ChoiceField), *self.query(TextField)]
        index = fields.index(self.focused) if self.focused in fields else len(fields) - 1
        if index < len(fields) - 1:
            fields[index + 1].focus()
        else:
            self.begin(self._confirm())
            self.draw()

    async def _confirm(self) -> None:
        choice = await self.read_choice()
        if not self.is_closing:
            self.dismiss(choice)

    # Drawing

    def draw(self) -> None:
        """Draw the whole dialog."""
        about = [*self.lines(f"{self.title_start} {describe_pairs(self.group.pairs)}", "strong"), ()]
        self.show("#about", about)
        notes = self.error_lines(self.error) if self.error is not None else self.notes()
        notes += [()] * (_MIN_NOTES - len(notes))
        fields = len(self.query(ChoiceField)) + len(self.query(TextField))
        room = self.app.size.height - _FIXED_LINES - len(about) - fields
        self.show("#notes", [(), *notes[: max(room, 2)], ()])
        self.show("#keys", self.key_lines(("Enter", self.verb), ("Esc", "Cancel")))


@dataclass(frozen=True, slots=True)
class HostBackupChoice:
    """The answer of the dialog.

    Attributes:
        pairs: The pairs to back up.
        folder: The destination folder on each host.
        recipients: The recipients that can open the backups.
    """

    pairs: tuple[HostPair, ...]
    folder: str
    recipients: tuple[Recipient, ...]


class HostBackupModal(HostPairsModal[HostBackupChoice]):
    """The dialog for the pairs, the destination folder and the recipients of backups on hosts."""

    verb = "Back up"

    def __init__(self, session: Session, groups: Sequence[Group[HostPair]]) -> None:
        super().__init__(session, groups)
        self._recipients: tuple[Recipient, ...] | CsrtuiError = ()

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """Return the folder and the recipients."""
        folder = recall(self._session, LastUsed.HOST_BACKUP_FOLDER)
        recipients = recall(self._session, LastUsed.RECIPIENTS) or default_recipient()
        return [
            ("Folder", TextField(folder, "on each host, e.g. /var/backups", id="folder")),
            (
                "Recipients",
                TextField(recipients, "age1…, ssh-ed25519 …, or a file with them", id="recipients"),
            ),
        ]

    def on_mount(self) -> None:
        """Parse and show the last used recipients."""
        super().on_mount()
        self._parse()

    def on_input_changed(self) -> None:
        """Parse and show the new recipients."""
        self._parse()

    def notes(self) -> list[Line]:
        """Return the recipients that can open the backups, or the error in their field."""
        about = "No passphrase or key is sent: each host encrypts its own. Separate recipients by commas."
        if isinstance(self._recipients, CsrtuiError):
            return [*self.lines(self._recipients.message, "error"), *self.lines(about, "label")]
        labels = [recipient.label for recipient in self._recipients]
        lines = [line for label in labels for line in self.lines(f"Can be opened by {label}")]
        return [*lines, *self.lines(about, "label")]

    async def read_choice(self) -> HostBackupChoice:
        """Check that a folder and a recipient are given, and return the choice. The hosts check the folder."""
        folder, text = self.field_text("folder"), self.field_text("recipients")
        if not folder:
            raise InputError("Enter the folder for the backups on each host, e.g. /var/backups.")
        parts = split_recipients(text)
        if not parts:
            raise InputError("Enter a recipient, e.g. your SSH public key ~/.ssh/id_ed25519.pub.")
        recipients = await self.in_thread(lambda: parse_recipients(parts))
        remember(self._session, LastUsed.HOST_BACKUP_FOLDER, folder)
        remember(self._session, LastUsed.RECIPIENTS, text)
        return HostBackupChoice(tuple(self.group.pairs), folder, recipients)

    def _parse(self) -> None:
        self.run_worker(self._parse_in_thread(self.field_text("recipients")), group="parse")

    async def _parse_in_thread(self, text: str) -> None:
        """Show the recipients, or the error in their field, unless the text has changed since."""
        recipients = await run_in_thread(lambda: parse_recipients(split_recipients(text)))
        if text == self.field_text("recipients"):
            self._recipients = recipients
            self.draw()


@dataclass(frozen=True, slots=True)
class HostVerifyChoice:
    """The answer of the dialog.

    Attributes:
        pairs: The pairs whose backups are verified.
        identities: The contents of the identity file.
    """

    pairs: tuple[HostPair, ...]
    identities: bytes = field(repr=False)


class HostVerifyModal(HostPairsModal[HostVerifyChoice]):
    """The dialog for the pairs whose backups are verified, and for the identity that opens them."""

    verb = "Verify"

    @property
    def title_start(self) -> str:
        """The beginning of the title, for one backup or several."""
        return f"Verify the backup{'s' if len(self.group.pairs) > 1 else ''} of"

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """Return the identity."""
        path = default_recipient().removesuffix(".pub")  # the private half of the usual recipient
        return [("Identity", PathField(path, "an age identity or SSH private key", id="identity"))]

    def notes(self) -> list[Line]:
        """Return what happens with the backups and the identity."""
        about = (
            "Each encrypted backup is fetched and restored in the memory of this machine. Its host then marks it as "
            "verified. No key and no identity is sent to a host."
        )
        return self.lines(about, "label")

    async def read_choice(self) -> HostVerifyChoice:
        """Read the identity, and return the choice."""
        path = self.field_text("identity")
        if not path:
            raise InputError("Enter the file of the identity, e.g. ~/.ssh/id_ed25519.")

        def read() -> bytes:
            load_pyrage()
            return read_identity(os.path.expanduser(path))

        return HostVerifyChoice(tuple(self.group.pairs), await self.in_thread(read))


_FETCH, _SUBMIT = "fetch", "submit"


@dataclass(frozen=True, slots=True)
class FetchChoice:
    """The answer of the dialog.

    Attributes:
        pairs: The pairs whose CSRs are fetched.
        folder: The folder on this machine.
        mark_submitted: Whether to mark the fetched CSRs as submitted.
    """

    pairs: tuple[HostPair, ...]
    folder: str
    mark_submitted: bool = False


class FetchModal(HostPairsModal[FetchChoice]):
    """The dialog for the pairs whose CSRs are fetched, and for the folder."""

    verb = "Fetch"

    @property
    def title_start(self) -> str:
        """The beginning of the title, for one CSR or several."""
        return f"Fetch the CSR{'s' if len(self.group.pairs) > 1 else ''} of"

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """Return the folder."""
        folder = recall(self._session, LastUsed.CSR_FOLDER)
        return [("Folder", TextField(folder, "on this machine, e.g. ~/csrs", id="folder"))]

    def choice_fields(self) -> Sequence[ChoiceField]:
        """Return the choice whether to mark the CSRs as submitted."""
        values = ((_FETCH, "only fetch"), (_SUBMIT, "mark as submitted"))
        return [ChoiceField("Then", values, _FETCH, id="then")]

    def notes(self) -> list[Line]:
        """Return the names of the files, and a warning about pairs without a backup."""
        count = sum(lacks_backup(host_pair.pair.record) for host_pair in self.group.pairs)
        about = "One file HOST.PAIR.csr.pem per pair. Existing files are never overwritten."
        lines = self.lines(about, "label")
        if count:
            subject = "it has" if len(self.group.pairs) == 1 else f"{count} of them have"
            warning = f"{subject} no verified backup. If the key is lost, the certificate is useless."
            lines += self.lines(f"warning: {warning}", "warning")
        return lines

    async def read_choice(self) -> FetchChoice:
        """Check that the folder exists, and return the choice."""
        text = self.field_text("folder")
        if not text:
            raise InputError("Enter the folder for the CSRs.")
        folder = await self.in_thread(lambda: check_folder(text))
        remember(self._session, LastUsed.CSR_FOLDER, folder)
        return FetchChoice(
            tuple(self.group.pairs), folder, self.query_one("#then", ChoiceField).value == _SUBMIT
        )
