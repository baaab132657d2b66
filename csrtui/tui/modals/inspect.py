"""The dialog that inspects files or pasted text, and the page that shows the result. Nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.escaping import plural, visible
from csrtui.tasks.batch import Result
from csrtui.tasks.inspect.inspection import InspectSource, inspect
from csrtui.tasks.inspect.text import sections
from csrtui.tui.modals.import_ import FilesModal
from csrtui.tui.screens.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csrtui.tasks.import_ import ImportSource
    from csrtui.tasks.inspect.inspection import Inspection
    from csrtui.tasks.session import Session

_PASTED = "pasted text"


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

    def _inspect(self, sources: Sequence[ImportSource]) -> Sequence[Result]:
        """Inspect the sources, and return one good result, or the problem of each source. Runs in a thread."""
        files = [InspectSource(source.file or _PASTED, source.data) for source in sources]
        inspection = inspect(self._session, files)
        if not inspection.items:
            return [
                Result(ok=False, file=visible(problem.file), text=problem.text)
                for problem in inspection.problems
            ]
        self._inspection = inspection
        return [Result(ok=True, text="")]

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
        yield from section.lines(width)
