"""The dialogs that the submit dialog opens: one for the path of a CSR file, one for the recipient of the CSR."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.tasks.submit import WrittenCsr, mark_submitted, write_csr
from csrtui.tui.modals.base import ResultT
from csrtui.tui.modals.form_base import NEXT_FIELD, FormModal
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tasks.submit import CsrForm


class CsrModal(FormModal[ResultT | None]):
    """A dialog about the CSR of a pair. It offers its texts again the next time it opens for this pair."""

    heading = ""
    cancel = "Back"

    def __init__(self, session: Session, pair: Pair, heading: str) -> None:
        super().__init__()
        self._session = session
        self._pair = pair
        self.heading = heading

    @property
    def kept_as(self) -> str:
        """The name under which the texts are kept: that of the dialog and that of the pair."""
        return f"{super().kept_as} {self._pair.name}"


class FileModal(CsrModal[WrittenCsr]):
    """A dialog that asks for a path and writes the CSR to it. It never overwrites a file."""

    KEPT_FIELDS = frozenset({"path"})
    verb = "Write"
    MORE_KEYS = (("Tab", "Complete"),)

    def __init__(self, session: Session, pair: Pair, form: CsrForm) -> None:
        super().__init__(session, pair, f"Write the CSR of {pair.name} as {form.value}")
        self._form = form

    def fields(self) -> Iterable[Widget]:
        """Return the field."""
        path = self.kept_text("path", f"~/{self._pair.name}.csr")
        yield LabelledFields(("File", PathField(path, id="path")))

    def on_input_submitted(self) -> None:
        """Write the file."""
        self.begin(self._write(os.path.expanduser(self.text_of("#path"))))

    def check_created_folder(self) -> None:
        """Write the file."""
        self.on_input_submitted()

    async def _write(self, path: str) -> None:
        try:
            written = await self.in_thread(
                lambda: write_csr(self._session, self._pair.name, path, self._form)
            )
        except InputError as error:
            self.folder_error = error
            raise
        if written.unconfirmed is not None:
            raise written.unconfirmed
        self.dismiss(written)


class MarkModal(CsrModal["Pair"]):
    """A dialog that asks for an optional recipient and note, and marks the CSR as submitted at the current time."""

    KEPT_FIELDS = frozenset({"to", "note"})

    def __init__(self, session: Session, pair: Pair) -> None:
        super().__init__(session, pair, f"Mark {pair.name} as submitted")

    def on_mount(self) -> None:
        """Select the text of the last time, so that typing replaces it."""
        self.query_one("#to", TextField).select_all()

    @property
    def verb(self) -> str:
        """The label of the Enter key in the focused field."""
        return "Mark" if self.query_one("#note").has_focus else NEXT_FIELD

    def fields(self) -> Iterable[Widget]:
        """Return the fields."""
        yield LabelledFields(
            ("To", TextField(self.kept_text("to"), "CA or contact (optional)", id="to")),
            ("Note", TextField(self.kept_text("note"), "e.g. the order number (optional)", id="note")),
        )

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """In the recipient field, go to the note field. In the note field, mark the CSR as submitted."""
        if event.input.id == "to":
            self.query_one("#note").focus()
        else:
            self.begin(self._mark(self.text_of("#to"), self.text_of("#note")))

    async def _mark(self, to: str, note: str) -> None:
        self.dismiss(
            await self.in_thread(lambda: mark_submitted(self._session, self._pair, to=to, note=note))
        )
