"""The dialog that inspects files or pasted text, and the page that shows the result. Nothing is stored."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.store.secret_file import read_identity
from csrtui.tasks.batch import Result
from csrtui.tasks.inspect.inspection import InspectSource, inspect
from csrtui.tasks.inspect.text import sections
from csrtui.tasks.pair_text import with_screen_dates
from csrtui.tui.modals.base import labelled
from csrtui.tui.modals.import_ import FilesModal
from csrtui.tui.screens.page import Page
from csrtui.tui.widgets.path_field import PathField

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from textual.widget import Widget

    from csrtui.tasks.import_ import ImportSource
    from csrtui.tasks.inspect.inspection import Inspection
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line
    from csrtui.tui.widgets.text_field import TextField

_PASTED = "pasted text"
_TO_RECIPIENTS = (
    "At least one backup is encrypted to recipients. Enter the path of an age identity or SSH private key, or press "
    "Enter to inspect without decrypting."
)


class InspectModal(FilesModal):
    """A dialog that inspects files or pasted text. It stays open until something can be read.

    Args:
        session: The session of the keystore to compare with.
        text: The initial text of the field.
    """

    ABOUT = (
        "Paste a CSR, certificate or public key, or enter the paths of files: CSRs, certificates, chains, keys, "
        "PKCS #7, PKCS #12 or backups, in any format. Nothing is stored."
    )
    VERB = "Inspect"

    def __init__(self, session: Session, text: str = "") -> None:
        super().__init__(self._inspect, "Inspect files", text)
        self._session = session
        self._inspection: Inspection | None = None
        self._sources: Sequence[ImportSource] = ()
        self._identities: bytes | None = None

    def more_fields(self) -> Iterable[Widget]:
        """Return the identity field, which is hidden until a backup needs an identity."""
        with Vertical(id="to-recipients") as row:
            yield from labelled(("Identity", PathField("", "path of the age identity", id="identity")))
        row.display = False

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Read the identity. If Enter was pressed in its field, inspect the same sources again."""
        path = self.text_of("#identity")
        try:
            self._identities = read_identity(os.path.expanduser(path)) if path else None
        except CsrtuiError as error:
            event.prevent_default()  # the files are not inspected
            self.fail(error, "#identity")
            return
        if event.input.id == "identity":
            event.prevent_default()
            self.begin(self._import(self._sources))
            self.draw()

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Refuse several pasted lines in the identity field, because it takes a path."""
        if self.focused is self.query_one("#identity"):
            event.stop()
            event.prevent_default()
            self.fail(InputError(self.PASTE_REFUSED))

    def use_results(self, sources: Sequence[ImportSource], results: Sequence[Result]) -> None:
        """Ask for an identity if a backup needs one and none was asked for yet. Otherwise, use the results as usual."""
        row = self.query_one("#to-recipients")
        if self._inspection is None or not self._inspection.needs_identity or row.display:
            super().use_results(sources, results)
            return
        self._sources, row.display = sources, True
        self.set_focus(self.query_one("#identity"))
        self.draw()

    def idle_notes(self) -> list[Line]:
        """Return the text about the identity if its field is shown, and otherwise the notes for other files."""
        if self.query_one("#to-recipients").display:
            return self.lines(_TO_RECIPIENTS)
        return super().idle_notes()

    def _inspect(self, sources: Sequence[ImportSource]) -> Sequence[Result]:
        """Inspect the sources, and return one good result, or the problem of each source. Runs in a thread."""
        files = [InspectSource(source.file or _PASTED, source.data) for source in sources]
        inspection = inspect(self._session, files, identities=self._identities)
        if not inspection.items:
            return [
                Result(ok=False, file=visible(problem.file), text=problem.text)
                for problem in inspection.problems
            ]
        self._inspection = inspection
        return [Result(ok=True, text="")]

    def action_cancel(self) -> None:
        """Close and show no page, even if the files were read and only an identity is missing."""
        self._inspection = None
        super().action_cancel()

    @property
    def page(self) -> Page | None:
        """The page that shows the result, or None if the dialog was cancelled."""
        inspection = self._inspection
        if inspection is None:
            return None
        title = f"Inspect · {plural(len(inspection.items), 'item')}"
        return Page(title, lambda width: list(_lines(inspection, width)))


def _lines(inspection: Inspection, width: int) -> Iterator[str]:
    if inspection.store_problem:
        yield f"Not compared with the keystore: {inspection.store_problem}"
    for number, section in enumerate(sections(inspection)):
        if number:
            yield ""
        title = f"─ {section.title} "
        yield title.ljust(width, "─") if len(title) < width else title
        yield from map(with_screen_dates, section.lines(width))
