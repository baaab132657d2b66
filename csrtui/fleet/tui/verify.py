"""The dialog for verifying backups of many hosts: the pairs, and the identity on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from csrtui.core.backups.age import load_pyrage
from csrtui.core.base.errors import InputError
from csrtui.fleet.tui.dialog import HostPairsModal
from csrtui.store.secret_file import read_identity
from csrtui.tasks.backup import default_recipient
from csrtui.tui.widgets.path_field import PathField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from csrtui.fleet.model import HostPair
    from csrtui.tui.widgets.text_block import Line


@dataclass(frozen=True, slots=True)
class HostVerifyChoice:
    """The answer of the dialog.

    Attributes:
        pairs: The pairs whose backups are verified.
        identities: The contents of the identity file.
    """

    pairs: tuple[HostPair, ...]
    identities: bytes = field(repr=False)


class HostVerifyModal(HostPairsModal[HostVerifyChoice]):
    """The dialog for the pairs whose backups are verified, and for the identity that opens them."""

    verb = "Verify"

    @property
    def title_start(self) -> str:
        """The beginning of the title, for one backup or several."""
        return f"Verify the backup{'s' if len(self.group.pairs) > 1 else ''} of"

    def fields(self) -> Sequence[tuple[str, Widget]]:
        """Return the identity."""
        path = default_recipient().removesuffix(".pub")  # the private half of the usual recipient
        return [("Identity", PathField(path, "an age identity or SSH private key", id="identity"))]

    def notes(self) -> list[Line]:
        """Return what happens with the backups and the identity."""
        about = (
            "Each encrypted backup is fetched and restored in the memory of this machine. Its host then marks it as "
            "verified. No key and no identity is sent to a host."
        )
        return self.lines(about, "label")

    async def read_choice(self) -> HostVerifyChoice:
        """Read the identity, and return the choice."""
        path = self.field_text("identity")
        if not path:
            raise InputError("Enter the file of the identity, e.g. ~/.ssh/id_ed25519.")

        def read() -> bytes:
            load_pyrage()
            return read_identity(os.path.expanduser(path))

        return HostVerifyChoice(tuple(self.group.pairs), await self.in_thread(read))
