"""Inspect a file or pasted text: ask for it, then describe what it contains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.tui.modals.inspect import InspectModal
from csrtui.tui.screens.page import PageScreen

if TYPE_CHECKING:
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def inspect(page: PairsScreen) -> None:
    """Describe any CSR, certificate, key or backup."""
    dialog = InspectModal(page.session, page.inspect_text)
    answer = await page.app.push_screen_wait(dialog)
    page.inspect_text = answer.text
    if dialog.page is not None:
        await page.app.push_screen_wait(PageScreen([dialog.page]))
