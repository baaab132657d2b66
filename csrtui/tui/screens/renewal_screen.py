"""The command that renews a pair, either with a new pair or with its old CSR."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.screens.lifecycle_screen import LifecycleScreen

if TYPE_CHECKING:
    from csrtui.tasks.prefill import PrefilledForm
    from csrtui.tasks.renew import Renewal
    from csrtui.tui.screens.renew import RenewAnswer
    from csrtui.tui.screens.submit import SubmitAnswer


class RenewalScreen(LifecycleScreen):
    """A screen with a command to renew pairs."""

    def fill_form(self, start: PrefilledForm, renews: str) -> None:
        """Show the request form, filled in for a pair that will renew another pair.

        Args:
            start: The content of the form.
            renews: The name of the pair to renew.
        """
        raise NotImplementedError

    def action_renew(self) -> None:
        """Show both ways to renew the selected pair."""
        current = self.selection().current
        if current is None:
            self.tell("No pair selected.")
        else:
            self.renew_pair(current.name)

    def renew_pair(self, name: str) -> None:
        """Show both ways to renew a pair."""
        self.run_worker(self._ask_for_way(name), group="renew", exclusive=True)

    async def _ask_for_way(self, name: str) -> None:
        from csrtui.tui.screens.renew import RenewScreen

        try:
            renewal = await asyncio.to_thread(self._plan, name)
        except CsrtuiError as error:
            self.tell(error.message)
            return
        if self.is_current:
            self.app.push_screen(RenewScreen(self._session, renewal), self._handle_way)

    def _plan(self, name: str) -> Renewal:
        from csrtui.tasks.renew import check_renewable, plan_renewal

        renewal = plan_renewal(self._session, name)
        check_renewable(self._session, renewal.pair)
        return renewal

    def _handle_way(self, answer: RenewAnswer | None) -> None:
        from csrtui.core.pairs.renewal_ways import RenewalWay
        from csrtui.tasks.prefill import start_from_pair

        if answer is None:
            return
        name = answer.renewal.pair.name
        if answer.way is RenewalWay.OLD_CSR:
            self._submit_again(answer.renewal)
            return
        try:
            start = start_from_pair(self._session, name)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self.fill_form(start, name)

    def _submit_again(self, renewal: Renewal) -> None:
        from csrtui.tui.screens.submit import SubmitScreen

        self.app.push_screen(
            SubmitScreen(self._session, renewal.pair, renewal.csr),
            lambda answer: self._show_submitted_again(renewal, answer),
        )

    def _show_submitted_again(self, renewal: Renewal, answer: SubmitAnswer | None) -> None:
        """If the CSR was submitted again, record that the pair waits for another certificate."""
        from csrtui.tasks.renew import reuse_csr

        if answer is not None and answer.message:
            try:
                pair, _ = reuse_csr(self._session, renewal)
            except CsrtuiError as error:
                self.tell_error(error)
                return
            self.refresh_pairs(pair.name)
            step = NEXT_STEPS[pair.record.next_step(self._session.clock())]
            self.tell(f"{answer.message.partition('. Next:')[0]}. Next: {step}")
        else:
            self._show_submitted(answer)
