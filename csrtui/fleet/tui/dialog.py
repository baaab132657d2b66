"""What the dialogs share that ask for which pairs of many hosts something is done, and for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import InputError
from csrtui.tui.groups import choices
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.fleet.tui.rows import HostGroup
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_FIXED = 5
"""Lines of a dialog besides its title, fields and notes: the frame, the keys, and a blank one on either side of notes."""
_NOTES = 4
"""Lines of notes that there is always room for, so that the dialog does not jump while one types."""
_ONE_LINE = "What you pasted has several lines, where one is asked for: nothing was put in."

AskedT = TypeVar("AskedT")


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
        """Return the notes on the text typed so far."""
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
        asked = await self.take()
        if not self.is_leaving:
            self.dismiss(asked)

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        about = [*self.lines(f"{self.verb} {self.group.counted}", "strong"), ()]
        self.show("#about", about)
        notes = self.error_lines(self.error) if self.error is not None else self.notes()
        notes += [()] * (_NOTES - len(notes))
        fields = len(self.query("#group")) + len(self.query(TextField))
        room = self.app.size.height - _FIXED - len(about) - fields
        self.show("#notes", [(), *notes[: max(room, 2)], ()])
        self.show("#keys", self.key_lines(("Enter", self.key), ("Esc", "Cancel")))
