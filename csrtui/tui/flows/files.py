"""Read files of other programs: adopt the keys in them, or describe what they contain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.tui.modals.adopt import AdoptModal
from csrtui.tui.modals.adopt_selection import AdoptSelectionModal
from csrtui.tui.modals.inspect import InspectModal
from csrtui.tui.screens.page import PageScreen

if TYPE_CHECKING:
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def adopt(page: PairsScreen) -> None:
    """Import existing keys as pairs."""
    answer = await page.app.push_screen_wait(AdoptModal(page.session, page.adopt_path))
    page.adopt_path = answer.path
    if answer.match_result is None:
        return
    results = await page.app.push_screen_wait(AdoptSelectionModal(page.session, answer.match_result))
    names = [result.pair for result in results or () if result.ok and result.pair]
    if names:
        page.refresh_pairs(names[0])
        pairs = visible(names[0]) if len(names) == 1 else f"{len(names)} pairs"
        page.tell(f"adopted {pairs}. Next: back up")


async def inspect(page: PairsScreen) -> None:
    """Describe any CSR, certificate, key or backup."""
    dialog = InspectModal(page.session, page.inspect_text)
    answer = await page.app.push_screen_wait(dialog)
    page.inspect_text = answer.text
    if dialog.page is not None:
        await page.app.push_screen_wait(PageScreen([dialog.page]))
