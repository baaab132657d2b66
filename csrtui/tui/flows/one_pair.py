"""The commands for one pair: submit, install, renew, retire, copy a text, change the server software.

Each function imports the modules that only it needs, so that its dialog opens without delay.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import enumeration, plural, visible
from csrtui.core.base.finding import CaKind
from csrtui.core.pairs.pair import Stage
from csrtui.core.servers.platforms import OTHER, PLATFORMS, read_platform
from csrtui.tasks.list import read_pair
from csrtui.tasks.retire import retire as retire_pair
from csrtui.tasks.retire import retirement_warning, undo_retirement
from csrtui.tasks.session import change_record
from csrtui.tasks.submit import record_ca, refuse_without_backup
from csrtui.tui import clipboard
from csrtui.tui.commands import key_of
from csrtui.tui.flows.backups import back_up_pair
from csrtui.tui.messages import with_keys
from csrtui.tui.modals.choices_and_palette import ChoiceListModal
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.modals.submit import SubmitModal
from csrtui.tui.threads import in_thread, run_in_thread
from csrtui.tui.widgets.choice_field import ChoiceValue

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.parallel import Result
    from csrtui.tasks.renew import Renewal
    from csrtui.tui.modals.submit import SubmitAnswer
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def submit(page: PairsScreen, pair: Pair) -> None:
    """Submit the CSR of `pair`."""
    pair, csr = read_pair(page.session, pair.name)
    refuse_without_backup(page.session, pair)
    await follow_submission(page, await page.app.push_screen_wait(SubmitModal(page.session, pair, csr)))


async def follow_submission(page: PairsScreen, answer: SubmitAnswer | None) -> None:
    """Show what was submitted, or back up the pair if the user chose that."""
    if answer is None:
        return
    if answer.backs_up:
        await back_up_pair(page, answer.pair)
    else:
        page.refresh_pairs(answer.pair.name)
        page.tell(answer.message)


async def install(page: PairsScreen, pair: Pair) -> None:
    """Write the files of `pair` for a server, show how to install them, and offer to retire the pair that it renews."""
    from csrtui.tasks.settings import server_folder
    from csrtui.tui.modals.install import InstallModal
    from csrtui.tui.screens.text_pages import PageScreen

    folder = server_folder(os.environ, pair.record.platform)
    answer = await page.app.push_screen_wait(InstallModal(page.session, pair, folder))
    if answer is not None:
        page.refresh_pairs()
        page.tell(answer.message)
        await page.app.push_screen_wait(PageScreen([answer.page]))
        await offer_to_retire(page, pair.name)


async def mark_installed(page: PairsScreen, pair: Pair) -> None:
    """Ask whether the certificate of `pair` was installed without csrtui, record it, and offer to retire the old pair."""
    from csrtui.tasks.installation import mark_installed as record_installation

    ended = f" You will not be reminded of {pair.record.renews} any more." if pair.record.renews else ""
    text = f"csrtui records that the server uses this certificate, and writes no files.{ended}"
    question = ConfirmModal(f"Is {pair.name} installed?", text, "Installed")
    if not pair.record.validity or await page.app.push_screen_wait(question):
        result = record_installation(page.session, pair.name)
        page.refresh_pairs()
        page.tell(f"{visible(pair.name)}: {result.text}")
        await offer_to_retire(page, pair.name)


async def undo_install(page: PairsScreen, pair: Pair) -> None:
    """Ask whether to put back the files that the last installation of `pair` replaced, and do so if the user agrees."""
    from csrtui.tasks.installation import undo_export
    from csrtui.tasks.server_files import read_lineage

    place = read_lineage(page.session, pair).installation
    if place is None:
        page.tell(f"{visible(pair.name)} was not installed by csrtui: there are no files to put back")
        return
    platform = read_platform(place.platform)
    undo = partial(undo_export, page.session, pair.name, platform, place.folder)
    planned = await in_thread(partial(undo, dry_run=True))
    files = plural(len(planned.results), "file")
    names = ", ".join(os.path.basename(result.file or "") for result in planned.results)
    text = f"{names} in {place.folder}: the files from before the last Install replace these."
    if await page.app.push_screen_wait(ConfirmModal(f"Put back {files}?", text, "Put back")):
        undone = await in_thread(undo)
        page.refresh_pairs()
        page.tell(f"{visible(pair.name)}: {files} put back. Next: reload {platform.label}")
        if undone.record_error is not None:
            raise undone.record_error


async def renew(page: PairsScreen, name: str) -> None:
    """Show the ways to renew the pair `name`, and follow the one that the user chooses."""
    from csrtui.core.pairs.renewal_ways import RenewalWay
    from csrtui.tasks.form_prefill import start_from_pair
    from csrtui.tasks.renew import check_renewable, plan_renewal
    from csrtui.tui.modals.renew import RenewModal

    def plan() -> Renewal:
        renewal = plan_renewal(page.session, name)
        check_renewable(page.session, renewal.pair)
        return renewal

    renewal = await run_in_thread(plan)
    if isinstance(renewal, CsrtuiError):
        page.refresh_pairs()  # the link to the pair that renews it may have been added
        raise renewal
    if not page.is_current:
        return
    answer = await page.app.push_screen_wait(RenewModal(page.session, renewal))
    if answer is None:
        return
    if answer.way is RenewalWay.OLD_CSR:
        await _submit_again(page, answer.renewal)
        return
    start = start_from_pair(page.session, name, keep_must_staple=True)
    if answer.way is RenewalWay.NEW_PAIR:
        page.fill_form(start, name)
    else:
        draft = replace(start.draft, same_key=True, has_passphrase=answer.passphrase is not None)
        page.fill_form(replace(start, draft=draft), name, answer.passphrase)


async def _submit_again(page: PairsScreen, renewal: Renewal) -> None:
    """Submit the old CSR again, and record that the pair waits for another certificate."""
    from csrtui.tasks.renew import reuse_csr

    answer = await page.app.push_screen_wait(SubmitModal(page.session, renewal.pair, renewal.csr))
    if answer is None or not answer.message:
        await follow_submission(page, answer)
        return
    pair = reuse_csr(page.session, renewal)
    page.refresh_pairs(pair.name)
    page.tell(f"{answer.message.partition('. Next:')[0]}. Next: {page.next_step_text(pair)}")


async def retire(page: PairsScreen, pair: Pair) -> None:
    """Ask whether to retire `pair`, or to take it back into use if it is retired, and do so if the user agrees.

    The third answer marks its key as compromised. If it is marked already, show how to revoke its certificate.
    """
    name, key = pair.name, key_of("retire", page.commands)
    if pair.record.compromised:
        await _show_revocation(page, name)
        if pair.record.needs_revocation(page.session.clock()):
            await _ask_for_revocation(page, name)
        return
    if is_retired := pair.record.stage is Stage.RETIRED:
        title, yes = f"Take {name} back into use?", "Take back"
        text = "It is no longer marked as retired, and you will be reminded of its next step again."
    else:
        title, yes = f"Retire {name}?", "Retire"
        text = (
            "It is marked as no longer used and listed only while "
            f"{key_of('show_retired', page.commands)} shows retired pairs. Its key, CSR and certificates are not "
            f"deleted, and {key} takes it back into use.{retirement_warning(page.session, pair)}"
        )
    question = ConfirmModal(title, text, yes, other="Key compromised")
    if await page.app.push_screen_wait(question):
        if is_retired:
            result = undo_retirement(page.session, name)
            page.refresh_pairs(name)
            page.tell(f"{visible(name)}: {result.text}")
        else:
            _retire(page, name)
    elif question.is_other:
        await _compromise(page, name)


async def _compromise(page: PairsScreen, name: str) -> None:
    """Ask whether to mark the key of a pair as compromised, then show how to revoke its certificates."""
    from csrtui.tasks.list import pairs_with_key

    spki = read_pair(page.session, name)[0].record.key.spki_sha256
    pairs = await in_thread(lambda: [pair.name for pair in pairs_with_key(page.session, spki)])
    retired = "the pair is retired"
    if len(pairs) > 1:
        retired = f"the {len(pairs)} pairs with this key are retired: {enumeration(pairs)}"
    text = (
        f"For a key that others may have: stolen, leaked or copied. It must not be used again, and {retired}. "
        "Nothing is deleted. This cannot be undone. How to revoke the certificates is shown next."
    )
    title = f"Mark the key of {name} as compromised?"
    if await page.app.push_screen_wait(ConfirmModal(title, text, "Mark")):
        await _show_revocation(page, name)


async def _show_revocation(page: PairsScreen, name: str) -> None:
    """Mark the key of a pair as compromised, unless it is marked already, and show how to revoke its certificates."""
    from csrtui.tasks.retire import CompromiseResult, mark_compromised
    from csrtui.tui.screens.text_pages import Page, PageScreen

    results = await in_thread(lambda: mark_compromised(page.session, name))
    page.refresh_pairs()
    page.tell(f"{visible(name)}: {results[0].text.partition(':')[0]}")

    def page_of(result: Result) -> Page:
        lines = [f"{result.text[:1].upper()}{result.text[1:]}."]
        for paragraph in result.paragraphs() if isinstance(result, CompromiseResult) else ():
            lines += ["", *(with_keys(line, page.commands) for line in paragraph)]
        return Page(f"Compromised key · {result.pair}", lambda _: lines)

    await page.app.push_screen_wait(PageScreen([page_of(result) for result in results]))


async def _ask_for_revocation(page: PairsScreen, name: str) -> None:
    """Ask whether the CA has revoked the certificate of a pair with a compromised key, and record it."""
    from csrtui.tasks.retire import mark_revoked

    text = "csrtui records that the CA has revoked its certificates, and hides the pair. Nothing is sent to the CA."
    question = ConfirmModal(f"Is {name} revoked?", text, "Revoked", "Not yet")
    if await page.app.push_screen_wait(question):
        result = mark_revoked(page.session, name)
        page.refresh_pairs()
        page.tell(f"{visible(name)}: {result.text}")


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
        f"{successor} replaces {renews}. Retire the old pair once the server uses the new files; nothing is deleted. "
        f"Or do it later, with {key_of('retire', page.commands)} in the keystore."
    )
    if await page.app.push_screen_wait(ConfirmModal(f"Retire {renews} now?", text, "Retire", "Later")):
        _retire(page, renews)


def _retire(page: PairsScreen, name: str) -> None:
    result = retire_pair(page.session, name)
    page.refresh_pairs()
    page.tell(f"{visible(name)}: {result.text.partition(';')[0]}; nothing is deleted")


async def copy_text(page: PairsScreen, pair: Pair) -> None:
    """Let the user choose one of the public texts of `pair`, and copy it."""
    from csrtui.tasks.pair_groups import copyable_texts
    from csrtui.tasks.show import read_pair_details

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
        limit = ". In tmux, prefix ] pastes it." if route is clipboard.Route.TMUX else ", if it allows that."
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


async def change_ca(page: PairsScreen, pair: Pair) -> None:
    """Let the user choose the kind of CA of `pair`, and record it."""
    choices = [
        ChoiceValue(CaKind.PUBLIC.value, "public", "trusted by browsers"),
        ChoiceValue(CaKind.PRIVATE.value, "private", "your organization's own"),
    ]
    chosen = await page.app.push_screen_wait(ChoiceListModal("CA", choices, pair.record.ca.value))
    if chosen is None or chosen == pair.record.ca:
        return
    record_ca(page.session, pair.name, CaKind(chosen))
    page.refresh_pairs()
    page.tell(f"{visible(pair.name)} is now for a {chosen} CA; its CSR is unchanged")
