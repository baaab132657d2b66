"""Verify backups: check the files and, with their passphrase, test a restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.pairs.query import Need
from csrtui.tui.modals.verify import VerifyModal

if TYPE_CHECKING:
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def verify(page: PairsScreen) -> None:
    """Verify the backups of the pairs that the user chooses."""
    groups = page.selection().groups(Need.VERIFICATION, "that have backups")
    if groups:
        await page.app.push_screen_wait(VerifyModal(page.session, groups))
        page.refresh_pairs()
    else:
        page.tell("No pair has a backup to verify.")
