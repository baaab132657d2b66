"""Renew a pair, either with a new pair or with its old CSR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.pairs.renewal_ways import RenewalWay
from csrtui.tasks.prefill import start_from_pair
from csrtui.tasks.renew import check_renewable, plan_renewal, reuse_csr
from csrtui.tui.flows.submit import follow_submission
from csrtui.tui.modals.renew import RenewModal
from csrtui.tui.modals.submit import SubmitModal
from csrtui.tui.threads import run_in_thread

if TYPE_CHECKING:
    from csrtui.tasks.renew import Renewal
    from csrtui.tui.screens.pairs_screen import PairsScreen


async def renew(page: PairsScreen, name: str) -> None:
    """Show both ways to renew the pair `name`, and follow the one that the user chooses."""

    def plan() -> Renewal:
        renewal = plan_renewal(page.session, name)
        check_renewable(page.session, renewal.pair)
        return renewal

    renewal = await run_in_thread(plan)
    if isinstance(renewal, CsrtuiError):
        page.tell(renewal.message)
        return
    if not page.is_current:
        return
    answer = await page.app.push_screen_wait(RenewModal(page.session, renewal))
    if answer is None:
        return
    if answer.way is RenewalWay.OLD_CSR:
        await _submit_again(page, answer.renewal)
        return
    page.fill_form(start_from_pair(page.session, name, keep_must_staple=True), name)


async def _submit_again(page: PairsScreen, renewal: Renewal) -> None:
    """Submit the old CSR again, and record that the pair waits for another certificate."""
    answer = await page.app.push_screen_wait(SubmitModal(page.session, renewal.pair, renewal.csr))
    if answer is None or not answer.message:
        await follow_submission(page, answer)
        return
    pair, _ = reuse_csr(page.session, renewal)
    page.refresh_pairs(pair.name)
    page.tell(f"{answer.message.partition('. Next:')[0]}. Next: {page.next_step_text(pair)}")
