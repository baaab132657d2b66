"""What the submit dialog asks for: the file a CSR goes to, and whom it was submitted to."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import InputError
from csrtui.tasks.submit import mark_submitted, write_csr
from csrtui.tui.screens.dialog import labelled
from csrtui.tui.screens.doing import DoingDialog
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tasks.submit import CsrForm

_ONE_LINE = "What you pasted has several lines, where one is asked for: nothing was put in."
_ESCAPE = Binding("escape", "cancel", "Cancel", show=False, priority=True)


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What became of a file.

    Attributes:
        typed: What was typed as its path.
        pair: The pair after it was written; None when it was not.
        path: The file, absolute; empty when it was not written.
    """

    typed: str
    pair: Pair | None = None
    path: str = ""


class FileScreen(DoingDialog[FileAnswer]):
    """Asks for a path, and writes the CSR there; never over another file.

    Args:
        session: Whose store.
        pair: Whose CSR.
        form: As PEM or DER.
        typed: What the field begins with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [_ESCAPE]

    def __init__(self, session: Session, pair: Pair, form: CsrForm, typed: str) -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._form = form
        self._typed = typed

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield from labelled(("File", TextField(self._typed, id="path")))
            yield TextBlock(id="answer")

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one("#path").focus()

    def on_input_changed(self) -> None:
        """What was wrong is being changed."""
        if self.error is not None:
            self.error = None
            self.draw()

    def on_input_submitted(self) -> None:
        """Write."""
        self.begin(self._write(self._path, os.path.expanduser(self._path)))

    def on_text_field_pasted(self) -> None:
        """Say that nothing was put in."""
        self.error = InputError(_ONE_LINE)
        self.draw()

    def action_cancel(self) -> None:
        """Write nothing; what was typed is there the next time."""
        self.when_done(self._give_back)

    def _give_back(self) -> None:
        self.dismiss(FileAnswer(self._path))

    @property
    def _path(self) -> str:
        return self.query_one("#path", TextField).value.strip()

    async def _write(self, typed: str, path: str) -> None:
        written = await asyncio.to_thread(write_csr, self._session, self._pair.name, path, self._form)
        if written.unconfirmed is not None:
            raise written.unconfirmed
        self.dismiss(FileAnswer(typed, written.pair, written.path))

    def draw(self) -> None:
        """Show everything anew."""
        title = f"Write the CSR of {self._pair.name} as {self._form.value}"
        self.show("#about", [*self.lines(title, "strong"), ()])
        wrong = [] if self.error is None else [*self.error_lines(self.error), ()]
        self.show("#answer", [(), *wrong, *self.key_lines(("Enter", "Write"), ("Esc", "Back"))])


@dataclass(frozen=True, slots=True)
class MarkAnswer:
    """What became of the question whom a CSR was submitted to.

    Attributes:
        to: What was typed as to whom.
        note: What was typed as a note.
        pair: The pair, marked; None when it was not.
    """

    to: str
    note: str
    pair: Pair | None = None


class MarkScreen(DoingDialog[MarkAnswer]):
    """Asks whom the CSR went to and for a note, neither of which is needed, and marks it as submitted now.

    Args:
        session: Whose store.
        pair: Whose CSR.
        typed: What the fields begin with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _ESCAPE,
        Binding("up,down", "other", "Other field", show=False),
    ]

    def __init__(self, session: Session, pair: Pair, typed: MarkAnswer) -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._typed = typed

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield from labelled(
                ("To", TextField(self._typed.to, "the CA, or who orders it; may stay empty", id="to")),
                (
                    "Note",
                    TextField(self._typed.note, "such as the order's number; may stay empty", id="note"),
                ),
            )
            yield TextBlock(id="answer")

    def on_mount(self) -> None:
        """Take the keys."""
        self.query_one("#to").focus()

    def on_input_changed(self) -> None:
        """What was wrong is being changed."""
        if self.error is not None:
            self.error = None
            self.draw()

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Go on to the note, and from there mark it."""
        if event.input.id == "to":
            self.query_one("#note").focus()
        else:
            self.begin(self._mark(self._answer))

    def on_text_field_pasted(self) -> None:
        """Say that nothing was put in."""
        self.error = InputError(_ONE_LINE)
        self.draw()

    def action_other(self) -> None:
        """Go to the other field."""
        self.query_one("#note" if self.query_one("#to").has_focus else "#to").focus()

    def action_cancel(self) -> None:
        """Mark nothing; what was typed is there the next time."""
        self.when_done(self._give_back)

    def _give_back(self) -> None:
        self.dismiss(self._answer)

    @property
    def _answer(self) -> MarkAnswer:
        return MarkAnswer(self.query_one("#to", TextField).value, self.query_one("#note", TextField).value)

    async def _mark(self, answer: MarkAnswer) -> None:
        pair = await asyncio.to_thread(
            mark_submitted, self._session, self._pair, to=answer.to, note=answer.note
        )
        self.dismiss(MarkAnswer(answer.to, answer.note, pair))

    def draw(self) -> None:
        """Show everything anew."""
        title = f"Mark {self._pair.name} as submitted"
        self.show("#about", [*self.lines(title, "strong"), ()])
        wrong = [] if self.error is None else [*self.error_lines(self.error), ()]
        self.show("#answer", [(), *wrong, *self.key_lines(("Enter", "Next, then mark it"), ("Esc", "Back"))])
