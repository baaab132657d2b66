"""What is asked before CSRs of many hosts are fetched: which, and into which folder."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.fleet.tasks.pairs import demand_folder
from csrtui.fleet.tui.dialog import HostPairsDialog
from csrtui.tasks.last_used import Kept, recall, remember
from csrtui.tasks.submit import lacks_backup
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from csrtui.fleet.model import HostPair
    from csrtui.tui.widgets.text_block import Line


@dataclass(frozen=True, slots=True)
class FetchAsked:
    """Which CSRs are fetched.

    Attributes:
        pairs: Whose.
        folder: Where to, on this machine.
    """

    pairs: tuple[HostPair, ...]
    folder: str


class FetchScreen(HostPairsDialog[FetchAsked]):
    """Asks which CSRs are fetched, and into which folder here."""

    key = "Fetch"

    @property
    def verb(self) -> str:
        """One CSR, or many."""
        return f"Fetch the CSR{'s' if len(self.group.pairs) > 1 else ''} of"

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """The folder."""
        typed = recall(self._session, Kept.CSR_FOLDER)
        return [("Folder", TextField(typed, "on this machine, such as ~/csrs", id="folder"))]

    def notes(self) -> list[Line]:
        """What the files are called, and which keys could still be lost."""
        bare = sum(lacks_backup(one.pair.record) for one in self.group.pairs)
        about = "Each into a file HOST.PAIR.csr.pem. No file is overwritten; one with the same CSR stays."
        lines = self.lines(about, "label")
        if bare:
            whose = "it has" if len(self.group.pairs) == 1 else f"{bare} of them have"
            warning = f"{whose} no verified backup: a certificate whose key is lost is useless."
            lines += self.lines(f"warning: {warning}", "warning")
        return lines

    async def take(self) -> FetchAsked:
        """The folder has to be there."""
        typed = self.typed("folder")
        if not typed:
            raise InputError("Name the folder that the CSRs go to.")
        folder = await asyncio.to_thread(demand_folder, typed)
        remember(self._session, Kept.CSR_FOLDER, folder)
        return FetchAsked(self.group.pairs, folder)
