"""The base of the dialogs in which the user chooses pairs of many hosts and fills in fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding

from csrtui.fleet.tui.rows import describe_pairs
from csrtui.tui.groups import choices
from csrtui.tui.modals.base import labelled
from csrtui.tui.modals.form import FormModal
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

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
