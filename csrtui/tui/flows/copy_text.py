"""Copy a fingerprint, a path or a name of a pair to the terminal's clipboard."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.tasks.pair_groups import copyable_texts
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
    except CsrtuiError as error:
        page.tell_error(error)
    else:
        limit = "; in tmux: prefix ]" if route is clipboard.Route.TMUX else ", if it allows that"
        page.tell(f"{label} sent to your terminal's clipboard{limit}")
