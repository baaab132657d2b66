"""Install a pair: write the files for a server, and show the remaining steps."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from csrtui.tasks.settings import server_folder
from csrtui.tui.flows.retire import offer_to_retire
from csrtui.tui.modals.install import InstallModal
from csrtui.tui.screens.page import PageScreen

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def install(page: PairsScreen, pair: Pair) -> None:
    """Write the files of `pair` for a server, show how to install them, and offer to retire the pair that it renews."""
    folder = page.install_folder or server_folder(os.environ, pair.record.platform)
    answer = await page.app.push_screen_wait(InstallModal(page.session, pair, folder))
    page.install_folder = answer.folder
    if answer.pages:
        page.refresh_pairs()
        page.tell(answer.message)
        await page.app.push_screen_wait(PageScreen(answer.pages))
        await offer_to_retire(page, pair.name)
