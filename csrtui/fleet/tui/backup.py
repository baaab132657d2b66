"""What is asked before pairs are backed up on many hosts: which, where to there, and who can open the backups."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.fleet.tui.dialog import HostPairsDialog
from csrtui.tasks.age_backup import recipients_of, split_recipients, usual_recipient
from csrtui.tasks.last_used import Kept, recall, remember
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from csrtui.core.backups.recipients import Recipient
    from csrtui.fleet.model import HostPair
    from csrtui.fleet.tui.rows import HostGroup
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line


@dataclass(frozen=True, slots=True)
class HostBackupAsked:
    """Which pairs are backed up on their hosts.

    Attributes:
        pairs: Which.
        folder: Where to, on each host.
        recipients: Who can open the backups.
    """

    pairs: tuple[HostPair, ...]
    folder: str
    recipients: tuple[Recipient, ...]


class HostBackupScreen(HostPairsDialog[HostBackupAsked]):
    """Asks which pairs are backed up on their hosts, where to there, and who can open the backups."""

    key = "Back up"

    class Looked(Message):
        """It is known who the recipients are.

        Args:
            typed: What was typed.
            found: Who they are, or why they are none.
        """

        def __init__(self, typed: str, found: tuple[Recipient, ...] | CsrtuiError) -> None:
            super().__init__()
            self.typed = typed
            self.found = found

    def __init__(self, session: Session, groups: Sequence[HostGroup]) -> None:
        super().__init__(session, groups)
        self._read: tuple[Recipient, ...] | CsrtuiError = ()

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """The folder, and the recipients."""
        folder = recall(self._session, Kept.HOST_BACKUP_FOLDER)
        recipients = recall(self._session, Kept.RECIPIENTS) or usual_recipient()
        return [
            ("Folder", TextField(folder, "on each host, such as /var/backups", id="folder")),
            ("Recipients", TextField(recipients, "age1…, ssh-ed25519 …, or a file of them", id="recipients")),
        ]

    def on_mount(self) -> None:
        """Say at once who the recipients are."""
        super().on_mount()
        self._look()

    def on_input_changed(self) -> None:
        """Say who the recipients are now."""
        super().on_input_changed()
        self._look()

    def notes(self) -> list[Line]:
        """Who can open the backups."""
        about = "No passphrase and no key travels: each host encrypts its own. Several: commas between them."
        if isinstance(self._read, CsrtuiError):
            return [*self.lines(self._read.what, "error"), *self.lines(about, "label")]
        who = [line for one in self._read for line in self.lines(f"Can be opened by {one.label}")]
        return [*who, *self.lines(about, "label")]

    async def take(self) -> HostBackupAsked:
        """The recipients have to be some; the folder is on the hosts, and they say whether it will do."""
        folder, typed = self.typed("folder"), self.typed("recipients")
        if not folder:
            raise InputError("Name the folder that the backups go to on each host, such as /var/backups.")
        named = split_recipients(typed)
        if not named:
            raise InputError("Name who can open the backups: your SSH public key, ~/.ssh/id_ed25519.pub.")
        recipients = await asyncio.to_thread(recipients_of, named)
        remember(self._session, Kept.HOST_BACKUP_FOLDER, folder)
        remember(self._session, Kept.RECIPIENTS, typed)
        return HostBackupAsked(self.group.pairs, folder, recipients)

    def _look(self) -> None:
        typed = self.typed("recipients")
        self.run_worker(lambda: self._look_in_thread(typed), thread=True, group="look")

    def _look_in_thread(self, typed: str) -> None:
        found: tuple[Recipient, ...] | CsrtuiError
        try:
            found = recipients_of(split_recipients(typed))
        except CsrtuiError as error:
            found = error
        self.post_message(self.Looked(typed, found))

    def on_host_backup_screen_looked(self, event: Looked) -> None:
        """Say who they are, unless others are typed by now."""
        event.stop()
        if event.typed == self.typed("recipients"):
            self._read = event.found
            self.draw()
