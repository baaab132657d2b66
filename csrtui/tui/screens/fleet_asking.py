"""What is asked before something is done on many hosts: for which pairs, where to, and who can open backups."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from csrtui.core.errors import CsrtuiError, InputError
from csrtui.tasks.fleet_pairs import demand_folder
from csrtui.tasks.recipients import recipients_of, split_recipients, usual_recipient
from csrtui.tasks.remembering import Kept, recall, remember
from csrtui.tasks.submit import lacks_backup
from csrtui.tui.groups import choices
from csrtui.tui.screens.dialog import key_line, labelled
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.fleet import HostPair
    from csrtui.core.recipients import Recipient
    from csrtui.tasks.session import Session
    from csrtui.tui.fleet_groups import HostGroup
    from csrtui.tui.widgets.text_block import Line

_AROUND_NOTES = 9
"""Lines of a dialog that are no notes."""
_NOTES = 4
"""Lines of notes that there is always room for, so that the dialog does not jump while one types."""
_ONE_LINE = "What you pasted has several lines, where one is asked for: nothing was put in."

AskedT = TypeVar("AskedT")


@dataclass(frozen=True, slots=True)
class FetchAsked:
    """Which CSRs are fetched.

    Attributes:
        pairs: Whose.
        folder: Where to, on this machine.
    """

    pairs: tuple[HostPair, ...]
    folder: str


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


class HostPairsDialog(DoingDialog["AskedT | None"], Generic[AskedT]):
    """Asks for which pairs, and more.

    Args:
        session: What was typed last is remembered there.
        groups: The pairs that can be worked on together; at least one group.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
        Binding("enter", "next", "Next", show=False),
    ]
    key = ""
    """What Enter does in the end."""

    def __init__(self, session: Session, groups: Sequence[HostGroup]) -> None:
        super().__init__()
        self._session = session
        self._groups = groups

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            if len(self._groups) > 1:
                yield ChoiceField("Pairs", choices(self._groups), "0", id="group")
            yield from labelled(*self.fields())
            yield TextBlock(id="notes")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start in the first field that is empty, or in the last."""
        fields = list(self.query(TextField))
        next((field for field in fields if not field.value), fields[-1]).focus()

    @property
    def verb(self) -> str:
        """What is done with the pairs, as the title begins."""
        return self.key

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """Return the fields with their labels."""
        raise NotImplementedError

    def notes(self) -> list[Line]:
        """Return what is to be said of what is typed."""
        raise NotImplementedError

    async def take(self) -> AskedT:
        """Return what is asked for; called while the dialog says that it looks.

        Raises:
            CsrtuiError: Something typed will not do.
        """
        raise NotImplementedError

    @property
    def group(self) -> HostGroup:
        """The pairs that are chosen."""
        chosen = next((field.value for field in self.query("#group").results(ChoiceField)), "0")
        return self._groups[int(chosen)]

    def typed(self, field: str) -> str:
        """Return what stands in a field."""
        return self.query_one(f"#{field}", TextField).value.strip()

    # Events

    def on_choice_field_changed(self) -> None:
        """Say what holds for these pairs."""
        self.draw()

    def on_input_changed(self) -> None:
        """What was wrong is being changed."""
        self.error = None
        self.draw()

    def on_input_submitted(self) -> None:
        """Go on to the next field, or do it."""
        self.action_next()

    def on_text_field_pasted(self) -> None:
        """Say that nothing was put in."""
        self.error = InputError(_ONE_LINE)
        self.draw()

    def action_next(self) -> None:
        """Go on to the next field, or from the last one do it."""
        fields: list[Widget] = [*self.query("#group").results(ChoiceField), *self.query(TextField)]
        at = fields.index(self.focused) if self.focused in fields else len(fields) - 1
        if at < len(fields) - 1:
            fields[at + 1].focus()
        else:
            self.begin(self._give())
            self.draw()

    def action_cancel(self) -> None:
        """Do nothing."""
        self.when_done(self._leave)

    def _leave(self) -> None:
        self.dismiss(None)

    async def _give(self) -> None:
        self.dismiss(await self.take())

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        self.show("#about", [*self.lines(f"{self.verb} {self.group.counted}", "strong"), ()])
        notes = self.error_lines(self.error) if self.error is not None else self.notes()
        notes += [()] * (_NOTES - len(notes))
        room = self.app.size.height - _AROUND_NOTES
        self.show("#notes", [(), *notes[: max(room, 2)], ()])
        self.show("#keys", [key_line(("Enter", self.key), ("Esc", "Cancel"))])


class FetchScreen(HostPairsDialog[FetchAsked]):
    """Asks which CSRs are fetched, and into which folder here."""

    key = "Fetch"

    @property
    def verb(self) -> str:
        """One CSR, or many."""
        return f"Fetch the CSR{'s' if len(self.group.pairs) > 1 else ''} of"

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """The folder."""
        typed = recall(self._session, Kept.CSR_FOLDER)
        return [("Folder", TextField(typed, "on this machine, such as ~/csrs", id="folder"))]

    def notes(self) -> list[Line]:
        """What the files are called, and which keys could still be lost."""
        bare = sum(lacks_backup(one.pair.record) for one in self.group.pairs)
        about = "Each into a file HOST.PAIR.csr.pem. No file is overwritten; one with the same CSR stays."
        lines = self.lines(about, "label")
        if bare:
            whose = "it has" if len(self.group.pairs) == 1 else f"{bare} of them have"
            warning = f"{whose} no verified backup: a certificate whose key is lost is useless."
            lines += self.lines(f"warning: {warning}", "warning")
        return lines

    async def take(self) -> FetchAsked:
        """The folder has to be there."""
        typed = self.typed("folder")
        if not typed:
            raise InputError("Name the folder that the CSRs go to.")
        folder = await asyncio.to_thread(demand_folder, typed)
        remember(self._session, Kept.CSR_FOLDER, folder)
        return FetchAsked(self.group.pairs, folder)


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
