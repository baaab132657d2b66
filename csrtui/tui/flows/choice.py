"""Choose from a list: a text of a pair to copy, or its server software."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.tasks.pair_groups import copyable_texts
from csrtui.tasks.session import change_record
from csrtui.tasks.show import read_pair_details
from csrtui.tui import clipboard
from csrtui.tui.modals.choice_list import ChoiceListModal
from csrtui.tui.widgets.choice_field import ChoiceValue

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def copy_text(page: PairsScreen, pair: Pair) -> None:
    """Let the user choose one of the public texts of `pair`, and copy it."""
    try:
        items = copyable_texts(read_pair_details(page.session, pair.name))
        choices = [ChoiceValue(str(index), label, visible(text)) for index, (label, text) in enumerate(items)]
        index = await page.app.push_screen_wait(ChoiceListModal("Copy", choices, "0"))
        if index is None:
            return
        label, text = items[int(index)]
        route = await clipboard.send(page.app, clipboard.PublicText(text), os.environ)
    except ValueError as error:  # the text contains characters that a terminal could interpret
        page.tell(f"not copied: {error}")
    else:
        limit = "; in tmux: prefix ]" if route is clipboard.Route.TMUX else ", if it allows that"
        page.tell(f"{label} sent to your terminal's clipboard{limit}")


async def change_server(page: PairsScreen, pair: Pair) -> None:
    """Let the user choose the server software of `pair`, and record it."""
    current = pair.record.platform if pair.record.platform in PLATFORMS else OTHER
    choices = [ChoiceValue(known.id, known.label) for known in PLATFORMS.values()]
    platform = await page.app.push_screen_wait(ChoiceListModal("Server software", choices, current))
    if platform is None or platform == pair.record.platform:
        return
    change_record(
        page.session,
        pair.name,
        lambda record: record.with_platform(platform, page.session.clock(), page.session.user),
    )
    page.refresh_pairs()
    page.tell(f"{visible(pair.name)} is now for {PLATFORMS[platform].label}; its CSR is unchanged")
