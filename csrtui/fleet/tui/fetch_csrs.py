"""The dialog for fetching CSRs from many hosts. The user chooses the pairs and a folder on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.fleet.tasks.pairs import check_folder
from csrtui.fleet.tui.dialog import HostPairsModal
from csrtui.tasks.draft import LastUsed, recall, remember
from csrtui.tasks.submit import lacks_backup
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from csrtui.fleet.model import HostPair
    from csrtui.tui.widgets.text_block import Line

_FETCH, _SUBMIT = "fetch", "submit"


@dataclass(frozen=True, slots=True)
class FetchChoice:
    """The answer of the dialog.

    Attributes:
        pairs: The pairs whose CSRs are fetched.
        folder: The folder on this machine.
        mark_submitted: Whether to mark the fetched CSRs as submitted.
    """

    pairs: tuple[HostPair, ...]
    folder: str
    mark_submitted: bool = False


class FetchModal(HostPairsModal[FetchChoice]):
    """The dialog for the pairs whose CSRs are fetched, and for the folder."""

    verb = "Fetch"

    @property
    def title_start(self) -> str:
        """The beginning of the title, for one CSR or several."""
        return f"Fetch the CSR{'s' if len(self.group.pairs) > 1 else ''} of"

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """Return the folder."""
        folder = recall(self._session, LastUsed.CSR_FOLDER)
        return [("Folder", TextField(folder, "on this machine, e.g. ~/csrs", id="folder"))]

    def choice_fields(self) -> Sequence[ChoiceField]:
        """Return the choice whether to mark the CSRs as submitted."""
        values = ((_FETCH, "only fetch"), (_SUBMIT, "mark as submitted"))
        return [ChoiceField("Then", values, _FETCH, id="then")]

    def notes(self) -> list[Line]:
        """Return the names of the files, and a warning about pairs without a backup."""
        count = sum(lacks_backup(host_pair.pair.record) for host_pair in self.group.pairs)
        about = "One file HOST.PAIR.csr.pem per pair. Existing files are never overwritten."
        lines = self.lines(about, "label")
        if count:
            subject = "it has" if len(self.group.pairs) == 1 else f"{count} of them have"
            warning = f"{subject} no verified backup. If the key is lost, the certificate is useless."
            lines += self.lines(f"warning: {warning}", "warning")
        return lines

    async def read_choice(self) -> FetchChoice:
        """Check that the folder exists, and return the choice."""
        text = self.field_text("folder")
        if not text:
            raise InputError("Enter the folder for the CSRs.")
        folder = await self.in_thread(lambda: check_folder(text))
        remember(self._session, LastUsed.CSR_FOLDER, folder)
        return FetchChoice(
            tuple(self.group.pairs), folder, self.query_one("#then", ChoiceField).value == _SUBMIT
        )
