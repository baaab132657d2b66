"""The dialogs in which the user chooses pairs of many hosts, and what to do with them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual import on

from csrtui.core.backups.age import load_pyrage
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural
from csrtui.fleet.tasks.pairs import back_up, check_folder, fetch_csrs, submit_csrs
from csrtui.fleet.tasks.verify import verify_backups
from csrtui.fleet.tui.rows import count_hosts, describe_pairs
from csrtui.fleet.tui.work import Job
from csrtui.store.secret_file import read_identity
from csrtui.tasks.backup import default_recipient, parse_recipients, split_recipients
from csrtui.tasks.draft import LastUsed, recall, remember
from csrtui.tasks.submit import lacks_backup
from csrtui.tui.modals.form_base import FormModal
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.choice_field import ChoiceField, GroupField
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from csrtui.core.backups.recipients import Recipient
    from csrtui.fleet.host_states import HostPair
    from csrtui.tasks.session import Session
    from csrtui.tui.groups import Group
    from csrtui.tui.widgets.text_block import Line


class HostPairsModal(FormModal["Job | None"]):
    """A dialog that asks for a group of pairs and for other input. It returns the `Job` to do with the pairs."""

    PASTE_REFUSED = "The pasted text has several lines; this field accepts one. Nothing was inserted."
    NOTES = 4
    PART: ClassVar[str] = ""
    """The part of each pair that the dialog is about, such as ``CSR``, or "" for the pair itself."""

    def __init__(self, session: Session, groups: Sequence[Group[HostPair]]) -> None:
        super().__init__()
        self._session = session
        self._groups = groups

    def fields(self) -> Iterable[Widget]:
        """Return the choice of the pairs. A subclass adds its fields."""
        yield GroupField(self._groups)

    def on_mount(self) -> None:
        """Focus the first empty field, or the last field."""
        fields = list(self.query(TextField))
        next((field for field in fields if not field.value), fields[-1]).focus()

    async def read_job(self) -> Job:
        """Return the work on the pairs. This is called while the dialog shows that it is busy.

        Raises:
            CsrtuiError: The input is not valid.
        """
        raise NotImplementedError

    @property
    def pairs(self) -> Sequence[HostPair]:
        """The chosen pairs."""
        pairs: Sequence[HostPair] = self.query_one(GroupField).group.pairs
        return pairs

    @property
    def heading(self) -> str:
        """The title, with the pairs."""
        parts = f" the {self.PART}{'s' if len(self.pairs) > 1 else ''} of" if self.PART else ""
        return f"{self.verb}{parts} {describe_pairs(self.pairs)}"

    # Events

    def on_input_submitted(self) -> None:
        """Go to the next field, or confirm in the last one."""
        fields: list[Widget] = [*self.query(ChoiceField), *self.query(TextField)]
        index = fields.index(self.focused) if self.focused in fields else len(fields) - 1
        if index < len(fields) - 1:
            fields[index + 1].focus()
        else:
            self.begin(self._confirm())
            self.draw()

    async def _confirm(self) -> None:
        job = await self.read_job()
        if not self.is_closing:
            self.dismiss(job)


class HostBackupModal(HostPairsModal):
    """The dialog for the pairs, the destination folder and the recipients of backups on hosts."""

    verb = "Back up"
    _recipients: tuple[Recipient, ...] | CsrtuiError = ()

    def fields(self) -> Iterable[Widget]:
        """Return the pairs, the folder and the recipients."""
        yield from super().fields()
        folder = recall(self._session, LastUsed.HOST_BACKUP_FOLDER)
        recipients = recall(self._session, LastUsed.RECIPIENTS) or default_recipient()
        yield LabelledFields(
            ("Folder", TextField(folder, "on each host, e.g. /var/backups", id="folder")),
            (
                "Recipients",
                TextField(recipients, "age1…, ssh-ed25519 …, or a recipients file", id="recipients"),
            ),
        )

    def on_mount(self) -> None:
        """Parse and show the last used recipients."""
        self._parse()

    def notes(self) -> list[Line]:
        """Return the recipients that can open the backups, or the error in the recipients field."""
        about = (
            "No passphrase or key is sent: each host encrypts its own keys. Separate recipients by commas."
        )
        if isinstance(self._recipients, CsrtuiError):
            return [*self.lines(self._recipients.message, "error"), *self.lines(about, "label")]
        labels = [recipient.label for recipient in self._recipients]
        lines = [line for label in labels for line in self.lines(f"Can be opened by {label}")]
        return [*lines, *self.lines(about, "label")]

    async def read_job(self) -> Job:
        """Check that a folder and a recipient are given, and return the work. The hosts check the folder."""
        folder, text = self.text_of("#folder"), self.text_of("#recipients")
        if not folder:
            raise InputError("Enter the folder for the backups on each host, e.g. /var/backups.")
        parts = split_recipients(text)
        if not parts:
            raise InputError("Enter a recipient, e.g. your SSH public key ~/.ssh/id_ed25519.pub.")
        recipients = await self.in_thread(lambda: parse_recipients(parts))
        remember(self._session, LastUsed.HOST_BACKUP_FOLDER, folder)
        remember(self._session, LastUsed.RECIPIENTS, text)
        pairs = self.pairs
        return Job(
            f"Backing up {describe_pairs(pairs)} into {folder}",
            lambda reach: back_up(reach, pairs, folder, recipients),
            count_hosts(pairs),
            f"Next: verify the backups with {self.key_of('verify')}, where the identity is.",
        )

    @on(TextField.Changed)
    def _parse(self) -> None:
        self.run_worker(self._parse_in_thread(self.text_of("#recipients")), group="parse")

    async def _parse_in_thread(self, text: str) -> None:
        """Show the recipients, or the error in their field, unless the text has changed since."""
        recipients = await run_in_thread(lambda: parse_recipients(split_recipients(text)))
        if text == self.text_of("#recipients"):
            self._recipients = recipients
            self.draw()


class HostVerifyModal(HostPairsModal):
    """The dialog for the pairs whose backups are verified, and for the identity that opens them."""

    verb, PART = "Verify", "backup"

    def fields(self) -> Iterable[Widget]:
        """Return the pairs and the identity."""
        yield from super().fields()
        path = default_recipient().removesuffix(".pub")  # the private half of the usual recipient
        yield LabelledFields(
            ("Identity", PathField(path, "an age identity or SSH private key", id="identity"))
        )

    def notes(self) -> list[Line]:
        """Return the text that explains what happens to the backups and the identity."""
        about = (
            "Each encrypted backup is fetched and restored in the memory of this machine. Its host then marks it as "
            "verified. Neither keys nor identities are sent to a host."
        )
        return self.lines(about, "label")

    async def read_job(self) -> Job:
        """Read the identity, and return the work."""
        path = self.text_of("#identity")
        if not path:
            raise InputError("Enter the file of the identity, e.g. ~/.ssh/id_ed25519.")

        def read() -> bytes:
            load_pyrage()
            return read_identity(os.path.expanduser(path))

        identities = await self.in_thread(read)
        pairs = self.pairs
        return Job(
            f"Verifying the backups of {describe_pairs(pairs)}",
            lambda reach: verify_backups(self._session, reach, pairs, identities),
            count_hosts(pairs),
        )


class FetchModal(HostPairsModal):
    """The dialog for the pairs whose CSRs are fetched, and for the folder on this machine."""

    verb, PART = "Fetch", "CSR"

    def fields(self) -> Iterable[Widget]:
        """Return the pairs, the choice whether to mark the CSRs as submitted, and the folder."""
        yield from super().fields()
        values = (("fetch", "only fetch"), ("submit", "mark as submitted"))
        yield ChoiceField("Then", values, "fetch", id="then")
        folder = recall(self._session, LastUsed.CSR_FOLDER)
        yield LabelledFields(("Folder", TextField(folder, "on this machine, e.g. ~/csrs", id="folder")))

    def notes(self) -> list[Line]:
        """Return the names of the files, and a warning about pairs without a backup."""
        count = sum(lacks_backup(host_pair.pair.record) for host_pair in self.pairs)
        about = "One file HOST.PAIR.csr.pem per pair. Existing files are never overwritten."
        lines = self.lines(about, "label")
        if count:
            subject = "it has" if len(self.pairs) == 1 else f"{count} of them have"
            warning = f"{subject} no verified backup. If the key is lost, the certificate is useless."
            lines += self.lines(f"warning: {warning}", "warning")
        return lines

    async def read_job(self) -> Job:
        """Check that the folder exists, and return the work."""
        text = self.text_of("#folder")
        if not text:
            raise InputError("Enter the folder for the CSRs.")
        folder = await self.in_thread(lambda: check_folder(text))
        remember(self._session, LastUsed.CSR_FOLDER, folder)
        pairs = self.pairs
        fetch = submit_csrs if self.query_one("#then", ChoiceField).value == "submit" else fetch_csrs
        return Job(
            f"Fetching {plural(len(pairs), 'CSR')} into {folder}",
            lambda reach: fetch(reach, pairs, folder),
            count_hosts(pairs),
            f"Next: submit them to the CA, then import the certificates with {self.key_of('import')}.",
        )
