"""Back up pairs, verify their backups, and restore pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.core.pairs.query import Need
from csrtui.tasks.private_keys import weak_key_lines
from csrtui.tui.groups import Group
from csrtui.tui.messages import with_keys
from csrtui.tui.modals.backup import BackupModal
from csrtui.tui.modals.questions import NoticeModal
from csrtui.tui.modals.restore import RestoreModal
from csrtui.tui.modals.results import BackupProgressModal, backup_summary, next_after
from csrtui.tui.modals.verify import VerifyModal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.pairs.pair import Pair
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def back_up(page: PairsScreen) -> None:
    """Back up the pairs that the user chooses."""
    groups = page.groups(Need.BACKUP, "not backed up")
    if groups:
        await _back_up_groups(page, groups)
    else:
        page.tell("No pair to back up.")


async def back_up_pair(page: PairsScreen, pair: Pair) -> None:
    """Back up this pair only, even if pairs are marked."""
    await _back_up_groups(page, [Group(pair.name, (pair,))])


async def _back_up_groups(page: PairsScreen, groups: Sequence[Group[Pair]]) -> None:
    answer = await page.app.push_screen_wait(BackupModal(page.session, groups))
    if answer is None:
        return
    progress = BackupProgressModal(page.session, answer, page.refresh_pairs)
    del answer  # do not keep the passphrase while the dialog is open
    results = await page.app.push_screen_wait(progress)
    page.clear_marks()
    page.refresh_pairs()
    if results:
        page.tell(f"{backup_summary(results)}{next_after(page.session, results)}")
        if progress.follows_up and page.current_name == results[0].pair:
            await page.action_next_step()


async def verify(page: PairsScreen) -> None:
    """Verify the backups of the pairs that the user chooses."""
    groups = page.groups(Need.VERIFICATION, "with backups")
    if groups:
        await page.app.push_screen_wait(VerifyModal(page.session, groups))
        page.refresh_pairs()
    else:
        page.tell("No pair has a backup to verify.")


async def restore(page: PairsScreen) -> None:
    """Restore a pair, then show what was not restored and whether its key is weak."""
    answer = await page.app.push_screen_wait(RestoreModal(page.session))
    if answer is None:
        return
    pair = answer.pair
    page.refresh_pairs(pair.name)
    page.tell(f"restored {visible(pair.name)}. Next: {page.next_step_text(pair)}")
    weak = weak_key_lines(page.session, pair)
    notes = [*(["The restored key is weak.", *weak] if weak else []), *answer.notes]
    texts = [with_keys(note, page.commands) for note in notes]
    await page.app.push_screen_wait(NoticeModal(f"Restored {pair.name}", texts))
