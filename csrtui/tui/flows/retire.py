"""Retire a pair: mark it as no longer used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import Stage
from csrtui.tasks.list import read_pair
from csrtui.tasks.retire import retire as retire_pair
from csrtui.tasks.retire import undo_retirement
from csrtui.tui.commands import key_of
from csrtui.tui.modals.confirm import ConfirmModal

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def retire(page: PairsScreen, pair: Pair) -> None:
    """Ask whether to retire `pair`, or to take it back into use if it is retired, and do so if the user agrees."""
    name, key = pair.name, key_of("retire", page.commands)
    if pair.record.stage is Stage.RETIRED:
        text = "It is no longer marked as retired, and you are reminded of its next step again."
        question = ConfirmModal(f"Take {name} back into use?", text, "Take back")
        if await page.app.push_screen_wait(question):
            _undo_retirement(page, name)
        return
    text = (
        "It is marked as no longer used and hidden from the list. "
        f"{_reminder_warning(page, pair)}Its key, CSR and certificates are not deleted. "
        f"{key_of('show_retired', page.commands)} shows it again, and {key} takes it back into use."
    )
    if await page.app.push_screen_wait(ConfirmModal(f"Retire {name}?", text, "Retire")):
        _retire(page, name)


async def offer_to_retire(page: PairsScreen, successor: str) -> None:
    """Ask whether to retire the pair that `successor`, which was just installed, renews.

    Do nothing if that pair is no longer in use.
    """
    try:
        renews = read_pair(page.session, successor)[0].record.renews
        if renews is None or read_pair(page.session, renews)[0].record.stage is Stage.RETIRED:
            return
    except CsrtuiError:
        return  # the pair no longer exists
    text = (
        f"{successor} replaces {renews}. Retire the old pair once the server uses the new files. It is then hidden "
        f"from the list; nothing is deleted. Or do it later, with {key_of('retire', page.commands)} in the keystore."
    )
    if await page.app.push_screen_wait(ConfirmModal(f"Retire {renews} now?", text, "Retire")):
        _retire(page, renews)


def _reminder_warning(page: PairsScreen, pair: Pair) -> str:
    now, validity = page.session.clock(), pair.record.validity
    if validity is None or pair.record.renewed_by or validity.not_after <= now:
        return ""
    days = validity.days_left(now)
    plural = "" if days == 1 else "s"
    return f"You will not be reminded to renew it; its certificate is valid for {days} more day{plural}. "


def _retire(page: PairsScreen, name: str) -> None:
    result = retire_pair(page.session, name)
    page.refresh_pairs()
    page.tell(f"{visible(name)}: {result.text.partition(';')[0]}; nothing is deleted")


def _undo_retirement(page: PairsScreen, name: str) -> None:
    result = undo_retirement(page.session, name)
    page.refresh_pairs(name)
    page.tell(f"{visible(name)}: {result.text}")
