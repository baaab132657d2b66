"""The dialog for backups on many hosts: the pairs, the folder on each host, and the recipients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.fleet.tui.dialog import HostPairsModal
from csrtui.tasks.backup import default_recipient, parse_recipients, split_recipients
from csrtui.tasks.draft import LastUsed, recall, remember
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from csrtui.core.backups.recipients import Recipient
    from csrtui.fleet.model import HostPair
    from csrtui.tasks.session import Session
    from csrtui.tui.groups import Group
    from csrtui.tui.widgets.text_block import Line


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
