"""Change the server software of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.tasks.session import change_record
from csrtui.tui.modals.choice_list import ChoiceListModal
from csrtui.tui.widgets.choice_field import ChoiceValue

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def change_server(page: PairsScreen, pair: Pair) -> None:
    """Let the user choose the server software of `pair`, and record it."""
    current = pair.record.platform if pair.record.platform in PLATFORMS else OTHER
    choices = [ChoiceValue(known.id, known.label) for known in PLATFORMS.values()]
    platform = await page.app.push_screen_wait(ChoiceListModal("Server software", choices, current))
    if platform is None or platform == pair.record.platform:
        return
    try:
        change_record(
            page.session,
            pair.name,
            lambda record: record.with_platform(platform, page.session.clock(), page.session.user),
        )
    except CsrtuiError as error:
        page.tell_error(error)
        return
    page.refresh_pairs()
    page.tell(f"{visible(pair.name)} is now for {PLATFORMS[platform].label}; its CSR is unchanged")
