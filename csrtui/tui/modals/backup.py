"""The dialog that asks for the folder and the passphrase of a backup."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.keys.passphrase_quality import strength
from csrtui.store.output_folder import Destination, examine_backup_folder
from csrtui.store.path_completion import PathKind
from csrtui.tasks.backup import BackupSpec
from csrtui.tasks.draft import recall_folder, remember_folder
from csrtui.tasks.list import Pairs
from csrtui.tasks.pair_text import PassphraseFacts, destination_lines, passphrase_facts
from csrtui.tasks.private_keys import generate_passphrase, open_key
from csrtui.tui.groups import names_of
from csrtui.tui.modals.folder_base import FolderModal
from csrtui.tui.modals.form_base import NEXT_FIELD
from csrtui.tui.modals.questions import ask
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.choice_field import GroupField
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tui.groups import Group
    from csrtui.tui.widgets.text_block import Line

_SECRETS = ("#passphrase", "#again")


@dataclass(frozen=True, slots=True)
class BackupAnswer:
    """The result of the dialog."""

    names: tuple[str, ...]
    spec: BackupSpec = field(repr=False)


class BackupModal(FolderModal["BackupAnswer | None", Destination]):
    """A dialog that asks for a folder and a passphrase."""

    NOTES = 3
    NO_FOLDER = "Enter the folder for the backups."

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+g", "generate", "Generate passphrase", show=False, priority=True),
    ]

    PASTE_REFUSED = "The paste has several lines or invalid characters and was ignored."

    def __init__(self, session: Session, groups: Sequence[Group[Pair]]) -> None:
        super().__init__()
        self._session = session
        self._groups = groups
        self._facts: dict[str, PassphraseFacts] = {}
        self._generated: Secret | None = None

    def fields(self) -> Iterable[Widget]:
        """Return the choice of the pairs, the folder, and the passphrases."""
        yield GroupField(self._groups)
        yield LabelledFields(
            (
                "Folder",
                PathField(recall_folder(self._session), "destination folder", PathKind.FOLDER, id="folder"),
            ),
            ("Passphrase", SecretField("for the backups", id="passphrase")),
        )
        yield LabelledFields(("Again", SecretField("repeat it", id="again")), id="repetition")

    def on_mount(self) -> None:
        """Start checking the folder, and focus the first empty field."""
        self._count_locked()
        self.start_check()
        self.set_focus(self.query_one("#passphrase" if self.folder else "#folder"))

    # Input

    @property
    def group(self) -> Group[Pair]:
        """The selected pairs."""
        return self.query_one(GroupField).group

    def check(self, checked_input: Any) -> Destination:
        """Return the properties of the folder."""
        return examine_backup_folder(checked_input, self._session.store.path)

    @property
    def _spec(self) -> BackupSpec:
        passphrase = self.secret_of("#passphrase")
        repeated = passphrase if self._is_passphrase_of_key else self.secret_of("#again")
        return BackupSpec(self.folder, passphrase, repeated)

    @property
    def _is_passphrase_of_key(self) -> bool:
        """Whether all keys have a passphrase, so that no new one is needed."""
        return bool(self._locked_count) and self._locked_count == len(self.group.pairs)

    @property
    def _locked_count(self) -> int | None:
        """The number of keys with a passphrase, or None while they are being counted."""
        facts = self._facts.get(self.group.label)
        return None if facts is None else facts.locked

    def _count_locked(self) -> None:
        """Count the keys with a passphrase, once for each group: in a large store, this can read every pair."""
        group = self.group
        if group.label in self._facts:
            return
        if isinstance(group.pairs, Pairs):
            self.run_worker(self._count_locked_in_thread(group), group="locked")
        else:
            self._facts[group.label] = passphrase_facts(group.pairs)

    async def _count_locked_in_thread(self, group: Group[Pair]) -> None:
        facts = await run_in_thread(lambda: passphrase_facts(group.pairs))
        if isinstance(facts, CsrtuiError):
            self.fail(facts)
            return
        self._facts[group.label] = facts
        self._drop_generated()
        self.draw()

    def _drop_generated(self) -> None:
        """Remove the generated passphrase if a key has its own passphrase. The backup must use that passphrase."""
        if self._generated is not None and self._locked_count:
            for name in _SECRETS:
                self.query_one(name, SecretField).load_text("")

    # Events

    def on_choice_field_changed(self) -> None:
        """Count the locked keys of the selected pairs."""
        self._count_locked()
        self._drop_generated()

    def on_secret_field_changed(self) -> None:
        """Treat a passphrase that was edited as typed, not as generated."""
        spec = self._spec
        if self._generated is not None and not self._generated == spec.passphrase == spec.repeated:
            self._generated = None

    def on_text_field_characters_removed(self, event: TextField.CharactersRemoved) -> None:
        """Show that the paste was ignored (passphrase) or that characters were removed (folder)."""
        event.prevent_default()
        text = "Characters that are not valid in a path were removed."
        self.fail(InputError(self.PASTE_REFUSED if self.is_in_secret else text))

    def action_cancel(self) -> None:
        """Close without a backup. Save a usable folder for the next backup, but not the passphrase."""
        if isinstance(self.check_result, Destination):
            remember_folder(self._session, self.folder)
        self.dismiss(None)

    def action_generate(self) -> None:
        """Generate a passphrase, show it, and fill it in twice."""
        if self._locked_count:
            self.fail(InputError("A key has a passphrase. Type that passphrase for its backup."))
            return
        if self._locked_count is None:
            self.fail(InputError("The pairs are still being read. Try again in a moment."))
            return
        try:
            passphrase = generate_passphrase(self._session)
        except CsrtuiError as error:
            self.fail(error)
            return
        self._generated = passphrase
        with self.prevent(SecretField.Changed):
            for name in _SECRETS:
                self.query_one(name, SecretField).load_text(passphrase.revealed)
        self.fail(None)

    # Next field

    @on(TextField.Submitted)
    @on(SecretField.Submitted)
    def action_next(self) -> None:
        """Go to the next field. In the last field, or if both passphrases are typed, start the backup."""
        following = self._following
        if following is None:
            self._submit()
        elif following == "#passphrase":
            self.leave_folder(following)
        else:
            self.query_one(following).focus()

    @property
    def _following(self) -> str | None:
        """The field to which Enter goes from the current one, or None if Enter starts the backup."""
        current = self.focused.id if self.focused else None
        following = {"group": "#folder", "folder": "#passphrase", "passphrase": "#again"}.get(current or "")
        spec = self._spec
        is_complete = bool(spec.passphrase.encoded and spec.repeated.encoded)
        is_last = current == "passphrase" and self._is_passphrase_of_key
        return None if is_last or (is_complete and current != "group") else following

    def check_created_folder(self) -> None:
        """Check the folder again, and go to the passphrase if the cursor is still in the folder."""
        self.leave_folder("#passphrase")

    def _submit(self) -> None:
        if self.folder and not isinstance(self.check_result, Destination):
            self.check_again(self._submit)
            return
        group, spec = self.group, self._spec
        close = partial(self._close_with_answer, group, spec)
        missing = "A backup needs a passphrase. Type one, or generate one with ctrl+g."
        if self._locked_count:
            missing = "Type the passphrase of the key."
        if not self.folder:
            self.fail(InputError(self.NO_FOLDER), "#folder")
        elif not self.check_passphrase(missing, is_repeated=not self._is_passphrase_of_key):
            return
        elif self._generated is not None:
            text = "It is not shown again. Without it, these backups cannot be restored."
            title = "Have you written the passphrase down?"
            ask(self.app, title, text, "Back up", close, no="Not yet")
        elif self._locked_count:  # the passphrase of the key is not a new one
            self.begin(self._check_passphrase_of_key(group, spec))
        else:
            self.ask_if_weak(spec.passphrase, close)

    async def _check_passphrase_of_key(self, group: Group[Pair], spec: BackupSpec) -> None:
        """Close the dialog if the passphrase opens the first key that has one. Another session may have removed it."""

        def check() -> None:
            pair = next((pair for pair in group.pairs if pair.record.key.encrypted), None)
            if pair is not None:
                open_key(self._session, pair, spec.passphrase)

        try:
            await self.in_thread(check)
        except CsrtuiError:
            self.focus_error("#passphrase")
            raise
        self._close_with_answer(group, spec)

    def _close_with_answer(self, group: Group[Pair], spec: BackupSpec) -> None:
        remember_folder(self._session, spec.folder)
        self.dismiss(BackupAnswer(tuple(names_of(group.pairs)), spec))

    # Drawing

    @property
    def heading(self) -> str:
        """The title."""
        count = len(self.group.pairs)
        return f"Back up {names_of(self.group.pairs)[0] if count == 1 else f'{count} pairs'}"

    def draw(self) -> None:
        """Redraw the dialog. The passphrase of a key is not repeated."""
        self.display_fields({"#repetition": not self._is_passphrase_of_key})
        placeholder = "of the key" if self._is_passphrase_of_key else "for the backups"
        self.query_one("#passphrase", SecretField).placeholder = placeholder
        super().draw()

    def note_lines(self) -> list[Line]:
        """Return the error, if any, followed by the completions of a path, or by the notes if there are none."""
        error = [] if self.error is None else self.error_lines(self.error)
        return error + (self.candidate_lines() or self.notes())

    def notes(self) -> list[Line]:
        """Return the notes on the passphrase, on encrypted keys, and on the folder."""
        if self.is_busy:
            return self.lines("Opening the key …", "strong")
        return self._passphrase_lines() + self._fact_lines() + self._folder_lines()

    @property
    def verb(self) -> str:
        """The label of Enter in the focused field."""
        return "Back up" if self._following is None else NEXT_FIELD

    def keys(self) -> Sequence[tuple[str, str]]:
        """Return the keys, including the one that generates a passphrase."""
        generate = () if self._locked_count else (("ctrl+g", "Generate passphrase"),)
        return *super().keys(), *generate

    def _folder_lines(self) -> list[Line]:
        way_back = self.way_back("folder")
        if not self.folder:
            return [
                *self.lines("A folder on another disk or USB stick, e.g. /mnt/usb (Tab: complete).", "label"),
                *way_back,
            ]
        state = self.check_result
        if state is None:
            return self.lines("Checking the folder …", "label")
        if isinstance(state, CsrtuiError):
            lines = self.error_lines(state) if self.error is None else []
            return [*lines, *way_back]
        lines = []
        for text in destination_lines(state):
            lines += self.lines(text, "warning" if text.startswith("warning") else "label")
        return lines

    def _passphrase_lines(self) -> list[Line]:
        spec = self._spec
        if self._is_passphrase_of_key:
            return []
        if self._generated is not None:
            words = self.lines(self._generated.revealed, "strong")
            return [*self.lines("Write it down now; it will not be shown again:", "warning"), *words]
        text = strength(spec.passphrase)
        if spec.repeated.encoded and spec.passphrase == spec.repeated:
            text += " Both passphrases match."
        return self.lines(text, "label") if text else []

    def _fact_lines(self) -> list[Line]:
        facts = self._facts.get(self.group.label)
        manner = "warning" if self._locked_count else "label"
        return [line for text in (facts.lines if facts else ()) for line in self.lines(text, manner)]
