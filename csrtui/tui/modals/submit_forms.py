"""The dialogs that the submit dialog opens: one for the path of a CSR file, one for the recipient of the CSR."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from csrtui.core.base.errors import InputError
from csrtui.tasks.submit import mark_submitted, write_csr
from csrtui.tui.modals.form_base import FormModal
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tasks.submit import CsrForm


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """The result of `FileModal`.

    Attributes:
        pair: The pair after the file was written, or None if no file was written.
        path: The absolute path of the file, or an empty string if no file was written.
    """

    path_text: str
    pair: Pair | None = None
    path: str = ""


class FileModal(FormModal[FileAnswer]):
    """A dialog that asks for a path and writes the CSR to it. It never overwrites a file."""

    KEPT_FIELDS = frozenset({"path"})
    heading = ""
    verb, cancel = "Write", "Back"
    MORE_KEYS = (("Tab", "Complete"),)

    def __init__(self, session: Session, pair: Pair, form: CsrForm, path_text: str) -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._form = form
        self._initial_path = path_text
        self.heading = f"Write the CSR of {pair.name} as {form.value}"

    def fields(self) -> Iterable[Widget]:
        """Return the field."""
        yield LabelledFields(("File", PathField(self._initial_path, id="path")))

    def on_input_submitted(self) -> None:
        """Write the file."""
        self.begin(self._write(self._path, os.path.expanduser(self._path)))

    def check_created_folder(self) -> None:
        """Write the file."""
        self.on_input_submitted()

    def action_cancel(self) -> None:
        """Close without writing. The dialog offers the path again the next time it opens."""
        self.close_when_idle(lambda: self.dismiss(FileAnswer(self._path)))

    @property
    def _path(self) -> str:
        return self.text_of("#path")

    async def _write(self, path_text: str, path: str) -> None:
        try:
            written = await self.in_thread(
                lambda: write_csr(self._session, self._pair.name, path, self._form)
            )
        except InputError as error:
            self.folder_error = error
            raise
        if written.unconfirmed is not None:
            raise written.unconfirmed
        self.dismiss(FileAnswer(path_text, written.pair, written.path))


@dataclass(frozen=True, slots=True)
class MarkAnswer:
    """The result of `MarkModal`.

    Attributes:
        pair: The pair, marked as submitted, or None if it was not marked.
    """

    to: str
    note: str
    pair: Pair | None = None


class MarkModal(FormModal[MarkAnswer]):
    """A dialog that asks for an optional recipient and note, and marks the CSR as submitted at the current time."""

    KEPT_FIELDS = frozenset({"to", "note"})
    heading = ""
    cancel = "Back"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,down", "other", "Other field", show=False),
    ]

    def __init__(self, session: Session, pair: Pair, answer: MarkAnswer) -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self._initial_answer = answer
        self.heading = f"Mark {pair.name} as submitted"

    def on_mount(self) -> None:
        """Select the text of the last time, so that typing replaces it."""
        self.query_one("#to", TextField).select_all()

    @property
    def verb(self) -> str:
        """The label of Enter in the focused field."""
        return "Mark" if self.query_one("#note").has_focus else "Next field"

    def fields(self) -> Iterable[Widget]:
        """Return the fields."""
        yield LabelledFields(
            ("To", TextField(self._initial_answer.to, "CA or contact (optional)", id="to")),
            ("Note", TextField(self._initial_answer.note, "e.g. the order number (optional)", id="note")),
        )

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """In the recipient field, go to the note field. In the note field, mark the CSR as submitted."""
        if event.input.id == "to":
            self.query_one("#note").focus()
        else:
            self.begin(self._mark(self._answer))

    def action_other(self) -> None:
        """Focus the other field."""
        self.query_one("#note" if self.query_one("#to").has_focus else "#to").focus()

    def action_cancel(self) -> None:
        """Close without marking. The dialog offers the text again the next time it opens."""
        self.close_when_idle(lambda: self.dismiss(self._answer))

    @property
    def _answer(self) -> MarkAnswer:
        return MarkAnswer(self.query_one("#to", TextField).value, self.query_one("#note", TextField).value)

    async def _mark(self, answer: MarkAnswer) -> None:
        pair = await self.in_thread(
            lambda: mark_submitted(self._session, self._pair, to=answer.to, note=answer.note)
        )
        self.dismiss(MarkAnswer(answer.to, answer.note, pair))
