"""Import certificates from CAs and keys from other programs, and describe any file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep
from csrtui.tasks.import_ import import_certificates, results_to_confirm
from csrtui.tasks.import_decision import ImportMode
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.flows.backups import back_up_pair
from csrtui.tui.modals.import_and_inspect import ImportModal, InspectModal
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.modals.results import ImportResultModal, import_summary, next_after, step_after
from csrtui.tui.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.base.secret import Secret
    from csrtui.tasks.import_ import ImportSource
    from csrtui.tasks.parallel import Result
    from csrtui.tui.modals.import_and_inspect import ImportAnswer
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def import_from_files(page: PairsScreen) -> None:
    """Import certificates from files or pasted text."""
    only_pair = page.only_pair

    def import_sources(sources: Sequence[ImportSource], passphrase: Secret | None) -> Sequence[Result]:
        return import_certificates(page.session, sources, only_pair, ImportMode.ASK, passphrase)

    title = f"Import {f'the certificate of {only_pair}' if only_pair else 'certificates'}"
    answer = await page.app.push_screen_wait(ImportModal(import_sources, title))
    if answer is not None:
        await _confirm_and_show(page, answer, only_pair)


async def _confirm_and_show(page: PairsScreen, answer: ImportAnswer, only_pair: str | None) -> None:
    """Show the results of an import. Ask first about each certificate that needs confirmation."""
    sources, passphrase, results = answer.sources, answer.passphrase, answer.results
    waiting = results_to_confirm(results)
    text = " ".join(f"{visible(result.pair or '')}: {result.text}." for result in waiting)
    question = ConfirmModal("Import it anyway?", text, "Import")
    if bool(waiting) and await page.app.push_screen_wait(question):
        new_results = await in_thread(
            lambda: import_certificates(page.session, sources, only_pair, passphrase=passphrase)
        )
        pairs = {result.pair for result in waiting}
        others = [result for result in results if result.pair not in pairs]
        results = [*others, *(result for result in new_results if result.pair in pairs)]
    await _show_results(page, replace(answer, results=results))


async def _show_results(page: PairsScreen, answer: ImportAnswer) -> None:
    results = answer.results
    names = [result.pair for result in results if result.ok and result.pair]
    page.refresh_pairs(names[0] if names else None)
    page.tell(
        f"{import_summary(results)}{next_after(page.session, results)}"
    )  # beside the dialog, an older message would be wrong
    screen = ImportResultModal(page.session, results, _offer(page, results))
    if await page.app.push_screen_wait(screen):
        await (_do_next_step(page, names[0]) if names else _import_elsewhere(page, answer))


def _offer(page: PairsScreen, results: Sequence[Result]) -> str:
    """Return the label of the next action: the next step of the pair, or the import into other pairs."""
    names = {result.pair for result in results if result.ok and result.pair}
    others = {
        result.pair for result in results if not result.ok and result.pair not in {None, page.only_pair}
    }
    if page.only_pair is not None and others and not names:
        return f"Import into {others.pop()}" if len(others) == 1 else "Import into those pairs"
    step = step_after(page.session, results)
    offered = {NextStep.BACK_UP, NextStep.INSTALL, NextStep.RENEW}
    return NEXT_STEPS[step].capitalize() if step in offered else ""


async def _import_elsewhere(page: PairsScreen, answer: ImportAnswer) -> None:
    results = await in_thread(
        lambda: import_certificates(page.session, answer.sources, None, ImportMode.ASK, answer.passphrase)
    )
    await _confirm_and_show(page, replace(answer, results=results), None)


async def _do_next_step(page: PairsScreen, name: str) -> None:
    from csrtui.tui.flows.one_pair import install, renew

    pair, _ = read_pair(page.session, name)
    match pair.record.next_step(page.session.clock()):
        case NextStep.BACK_UP:
            await back_up_pair(page, pair)
        case NextStep.RENEW:
            await renew(page, name)
        case _:
            await install(page, pair)


async def adopt(page: PairsScreen) -> None:
    """Import existing keys as pairs."""
    from csrtui.tui.modals.adopt import AdoptModal
    from csrtui.tui.modals.adopt_selection import AdoptSelectionModal

    match_result = await page.app.push_screen_wait(AdoptModal(page.session))
    if match_result is None:
        return
    selection = AdoptSelectionModal(page.session, match_result)
    results = await page.app.push_screen_wait(selection)
    names = [result.pair for result in results or () if result.ok and result.pair]
    if names:
        page.refresh_pairs(names[0])
        pairs = visible(names[0]) if len(names) == 1 else f"{len(names)} pairs"
        page.tell(f"adopted {pairs}. Next: back up")
        if selection.follows_up:
            await _do_next_step(page, names[0])


async def inspect(page: PairsScreen) -> None:
    """Describe any CSR, certificate, key or backup."""
    from csrtui.tui.screens.text_pages import PageScreen

    dialog = InspectModal(page.session)
    await page.app.push_screen_wait(dialog)
    pages = list(filter(None, [dialog.page]))
    del dialog  # do not keep the passphrase while the page is open
    if pages:
        await page.app.push_screen_wait(PageScreen(pages))
