"""Submit a CSR: offer a backup first, then the ways to send the CSR to the CA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.tasks.list import read_pair
from csrtui.tasks.submit import refuse_without_backup
from csrtui.tui.flows.backups import back_up_pair
from csrtui.tui.modals.submit import SubmitFollowUp, SubmitModal

if TYPE_CHECKING:
    from csrtui.tui.modals.submit import SubmitAnswer
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def submit(page: PairsScreen) -> None:
    """Submit the CSR of the selected pair."""
    current = page.current_pair()
    if current is None:
        return
    pair, csr = read_pair(page.session, current.name)
    refuse_without_backup(page.session, pair)
    await follow_submission(page, await page.app.push_screen_wait(SubmitModal(page.session, pair, csr)))


async def follow_submission(page: PairsScreen, answer: SubmitAnswer | None) -> None:
    """Show what was submitted, or back up the pair if the user chose that."""
    if answer is None:
        return
    if answer.follow_up is SubmitFollowUp.BACK_UP:
        await back_up_pair(page, answer.pair)
    else:
        page.refresh_pairs(answer.pair.name)
        page.tell(answer.message)
