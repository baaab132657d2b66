"""Backing up: where to, under which passphrase; then the work, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.keys.passphrase_quality import refusal, strength
from csrtui.store.backups import Destination
from csrtui.tasks.backup import BackupSpec
from csrtui.tasks.last_used import recall_folder, remember_folder
from csrtui.tasks.pair_text import destination_lines
from csrtui.tasks.passphrase import generate_passphrase
from csrtui.tui.groups import Named, choices
from csrtui.tui.screens.ahead import PlaceDialog
from csrtui.tui.screens.confirm import ConfirmScreen
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.destination_field import DestinationField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.base.secret import Secret
    from csrtui.tasks.session import Session
    from csrtui.tui.groups import Group
    from csrtui.tui.widgets.text_block import Line

_FIELDS = ("#folder", "#passphrase", "#again")
_AROUND_NOTES = 7
"""Lines of the dialog that are no notes: frame, title, three fields, keys."""
_SHORT = 18
"""Lines of a screen below which the dialog has no empty ones."""
_NOTES = 5
"""Lines of notes that there is always room for, so that the dialog does not jump while one types."""
_NO_FOLDER = "Name the folder that the backups go to."
_WAY_BACK = "The cursor stands in the passphrase: Up goes to the folder."
_MORE_THAN_ONE_LINE = (
    "What you pasted has several lines or characters that cannot be typed: nothing was put in."
)


@dataclass(frozen=True, slots=True)
class BackupAsked:
    """What the dialog asks for.

    Attributes:
        names: The pairs.
        order: What to back them up with.
    """

    names: tuple[str, ...]
    order: BackupSpec = field(repr=False)


class BackupScreen(PlaceDialog["BackupAsked | None"]):
    """Asks for a folder and a passphrase.

    Args:
        session: Whose pairs.
        groups: The pairs that can be backed up together; at least one group.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
        Binding("enter", "next", "Next", show=False),
        Binding("ctrl+g", "generate", "Generate", show=False, priority=True),
    ]

    class LockedCounted(Message):
        """The keys under a passphrase are counted.

        Args:
            group: Of which pairs.
            count: How many.
        """

        def __init__(self, group: Group, count: int) -> None:
            super().__init__()
            self.group = group
            self.count = count

    def __init__(self, session: Session, groups: Sequence[Group]) -> None:
        super().__init__()
        self._session = session
        self._groups = groups
        self._locked_counts: dict[str, int] = {}
        self._error: CsrtuiError | None = None
        self._generated: Secret | None = None

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            if len(self._groups) > 1:
                yield ChoiceField("Pairs", choices(self._groups), "0", id="group")
            yield from labelled(
                (
                    "Folder",
                    DestinationField(recall_folder(self._session), self._session.store.path, id="folder"),
                ),
                ("Passphrase", SecretField("of the backups", id="passphrase")),
                ("Again", SecretField("the same", id="again")),
            )
            yield TextBlock(id="notes")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start in the first field that is empty; in the folder too when it will not do any more."""
        self._count_locked()
        if self._folder:
            self.go_ahead("#passphrase")
        else:
            self.set_focus(self._destination)

    # What is asked for

    @property
    def group(self) -> Group:
        """The pairs to back up."""
        chosen = next((field.value for field in self.query("#group").results(ChoiceField)), "0")
        return self._groups[int(chosen)]

    @property
    def _folder(self) -> str:
        return self._destination.folder

    @property
    def _destination(self) -> DestinationField:
        return self.query_one("#folder", DestinationField)

    @property
    def _order(self) -> BackupSpec:
        passphrase, again = (self.query_one(field, SecretField).secret() for field in _FIELDS[1:])
        return BackupSpec(self._folder, passphrase, again)

    @property
    def _locked(self) -> int | None:
        """How many of the keys are under a passphrase in the store; None until they are counted."""
        return self._locked_counts.get(self.group.label)

    def _count_locked(self) -> None:
        """Count the keys under a passphrase once for each group: the pairs of a large store are read for that."""
        group = self.group
        if group.label in self._locked_counts:
            return
        if isinstance(group.pairs, Named):
            self.run_worker(
                lambda: self.post_message(self.LockedCounted(group, _locked_of(group))),
                thread=True,
                group="locked",
            )
        else:
            self._locked_counts[group.label] = _locked_of(group)

    def on_backup_screen_locked_counted(self, event: LockedCounted) -> None:
        """Say how many keys are under a passphrase."""
        event.stop()
        self._locked_counts[event.group.label] = event.count
        self._drop_generated()
        self.draw()

    def _drop_generated(self) -> None:
        """Take a generated passphrase away: it is not that of a key that is under another one."""
        if self._generated is not None and self._locked:
            for name in _FIELDS[1:]:
                self.query_one(name, SecretField).load_text("")

    # Events

    def on_choice_field_changed(self) -> None:
        """Say what holds for these pairs; a generated passphrase is not that of a key under another."""
        self._count_locked()
        self._drop_generated()
        self._changed()

    def on_input_changed(self) -> None:
        """The folder is being changed."""
        self._changed()

    def on_destination_field_looked(self) -> None:
        """Say what is known of the folder now, and go on if that was waited for."""
        found = self._destination.found
        if found is None:
            return  # another stands there by now, and is looked at
        self.settle_look("#folder", found if isinstance(found, CsrtuiError) else None)

    def on_secret_field_changed(self) -> None:
        """Say how strong it is; a passphrase that is changed is not the generated one any more."""
        order = self._order
        if self._generated is not None and not self._generated == order.passphrase == order.again:
            self._generated = None
        self._changed()

    def on_text_field_pasted(self) -> None:
        """Say that nothing was put in."""
        self.fail(InputError(_MORE_THAN_ONE_LINE))

    def on_text_field_left_out(self) -> None:
        """Say that something was left out, or all of it."""
        self.fail(
            InputError(
                _MORE_THAN_ONE_LINE
                if self.is_in_secret
                else "Characters that cannot be in a path were left out."
            )
        )

    def on_input_submitted(self) -> None:
        """Go on to the passphrase."""
        self.action_next()

    def on_secret_field_submitted(self) -> None:
        """Go on, or back up."""
        self.action_next()

    def action_cancel(self) -> None:
        """Back up nothing; a folder that will do is there again next time, the passphrase is not."""
        if isinstance(self._destination.found, Destination):
            remember_folder(self._session, self._folder)
        self.dismiss(None)

    def action_generate(self) -> None:
        """Make up a passphrase, show it, and fill it in twice."""
        if self._locked:
            self.fail(InputError("A backup of a key under a passphrase is made under that same passphrase."))
            return
        if self._locked is None:
            self.fail(InputError("The pairs are still being read. Try again in a moment."))
            return
        try:
            made = generate_passphrase(self._session)
        except CsrtuiError as error:
            self.fail(error)
            return
        self._generated = made
        with self.prevent(SecretField.Changed):
            for name in _FIELDS[1:]:
                made_field = self.query_one(name, SecretField)
                made_field.load_text(made.revealed)
        self.query_one("#again").focus()
        self._changed()

    # Going on

    def action_next(self) -> None:
        """Go on to the next field, or back up from the last one and wherever the passphrase is there twice."""
        at = self.focused.id if self.focused else None
        following = {"group": "#folder", "folder": "#passphrase", "passphrase": "#again"}.get(at or "")
        order = self._order
        complete = bool(order.passphrase.encoded and order.again.encoded)
        if following is None or (complete and at != "group"):
            self._go_on()
        elif at == "folder":
            self._leave_folder()
        else:
            self.query_one(following).focus()

    def _leave_folder(self) -> None:
        """Go on to the passphrase, unless the folder will not do: then it is looked at again before."""
        found = self._destination.found
        if not self._folder:
            self.fail(InputError(_NO_FOLDER))
        elif isinstance(found, CsrtuiError):
            self._look_again(self._go_to_passphrase)
        elif found is None:
            self.go_ahead("#passphrase")
        else:
            self._go_to_passphrase()

    def _go_to_passphrase(self) -> None:
        if self._destination.has_focus:
            self.query_one("#passphrase").focus()

    def _look_again(self, then: Callable[[], None]) -> None:
        self._error, self._then = None, then
        self._destination.look_again()
        self.draw()

    def _go_on(self) -> None:
        if self._folder and not isinstance(self._destination.found, Destination):
            self._look_again(self._go_on)
            return
        wrong = self._what_is_wrong()
        if wrong is not None:
            place, error = wrong
            self.fail(error, place)
        elif self._generated is not None:
            question = ConfirmScreen(
                "Have you written the passphrase down?",
                "It is not shown again. Without it nobody can restore what is backed up now.",
                "Back up",
            )
            self.app.push_screen(question, lambda yes: self._give() if yes else None)
        else:
            self._give()

    def _what_is_wrong(self) -> tuple[str, CsrtuiError] | None:
        """The field to go to, and what is wrong with it."""
        order = self._order
        if not self._folder:
            return "#folder", InputError(_NO_FOLDER)
        if order.passphrase == order.again:
            if not order.passphrase.encoded:
                return "#passphrase", InputError("A backup needs a passphrase: type one, or ctrl+g.")
            refused = refusal(order.passphrase)
            return ("#passphrase", refused) if refused else None
        if not order.again.encoded:
            return "#again", InputError("Type the passphrase a second time.")
        return "#again", InputError("The two are not the same: type the passphrase again.")

    def _give(self) -> None:
        remember_folder(self._session, self._folder)
        self.dismiss(BackupAsked(tuple(self.group.names), self._order))

    def fail(self, error: CsrtuiError, field: str | None = None) -> None:
        """Say what is wrong; what waited for a look is off."""
        self._error, self._then = error, None
        if field is not None:
            self.point_to(field)
        self.draw()

    def _changed(self) -> None:
        self._error, self._then = None, None
        self.draw()

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        count = len(self.group.pairs)
        title = f"Back up {self.group.names[0] if count == 1 else f'{count} pairs'}"
        gap: list[Line] = [] if self.app.size.height < _SHORT else [()]
        self.show("#about", [*self.lines(title, "strong"), *gap])
        keys = self.key_lines(("Enter", "Back up"), ("Esc", "Cancel"), ("ctrl+g", "Make up a passphrase"))
        around = _AROUND_NOTES + (len(keys) - 1) + (len(self._groups) > 1) + 3 * len(gap)
        room = self.app.size.height - around
        notes = self._passphrase_lines() + self._locked_lines() + self._folder_lines()
        if self._error is not None:
            notes = self.error_lines(self._error) + notes
        notes += [()] * (_NOTES - len(notes))
        self.show("#notes", [*gap, *notes[: max(room, 2)], *gap])
        self.show("#keys", keys)

    def _folder_lines(self) -> list[Line]:
        back = self.lines(_WAY_BACK, "label") if self.is_in_secret else []
        if not self._folder:
            return [*self.lines("A folder on another disk or a stick, such as /mnt/usb.", "label"), *back]
        found = self._destination.found
        if found is None:
            return self.lines("looking at the folder …", "label")
        if isinstance(found, CsrtuiError):
            said = self.error_lines(found) if self._error is None else []
            return [*said, *back]
        return [
            line
            for text in destination_lines(found)
            for line in self.lines(text, "warning" if text.startswith("warning") else "label")
        ]

    def _passphrase_lines(self) -> list[Line]:
        order = self._order
        if self._generated is not None:
            words = self.lines(self._generated.revealed, "strong")
            return [*self.lines("Write it down now; it is shown this once:", "warning"), *words]
        said = strength(order.passphrase)
        if order.again.encoded and order.passphrase == order.again:
            said += " Both are the same."
        return self.lines(said, "label") if said else []

    def _locked_lines(self) -> list[Line]:
        if not self._locked:
            return []
        if self._locked == len(self.group.pairs) == 1:
            text = "This key is under a passphrase: its backup is made under the same one."
        else:
            text = f"{self._locked} of the keys are under a passphrase: their backups are made under the same one."
        return self.lines(text, "warning")


def _locked_of(group: Group) -> int:
    return sum(pair.record.key.encrypted for pair in group.pairs)
