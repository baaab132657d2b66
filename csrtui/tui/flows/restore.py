"""Restore a pair from its backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.tasks.keys import weak_key_lines
from csrtui.tui.modals.notice import NoticeModal
from csrtui.tui.modals.restore import RestoreModal

if TYPE_CHECKING:
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def restore(page: PairsScreen) -> None:
    """Restore a pair, then show what was not restored and whether its key is weak."""
    answer = await page.app.push_screen_wait(RestoreModal(page.session))
    if answer is None:
        return
    pair = answer.pair
    page.refresh_pairs(pair.name)
    page.tell(f"restored {visible(pair.name)}. Next: {page.next_step_text(pair)}")
    weak = weak_key_lines(pair)
    if notes := [*(["The restored key is weak.", *weak] if weak else []), *answer.losses]:
        await page.app.push_screen_wait(NoticeModal(f"Restored {pair.name}", notes))
