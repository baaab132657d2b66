"""Commands that renew a pair, and what comes after: its successor is installed, the old one retires."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.screens.life_screen import LifeScreen

if TYPE_CHECKING:
    from csrtui.tasks.prefill import Start
    from csrtui.tasks.renew import Renewal
    from csrtui.tui.screens.renew import RenewAnswer
    from csrtui.tui.screens.submit import Outcome


class RenewalScreen(LifeScreen):
    """A screen from which pairs are renewed."""

    def fill_form(self, start: Start, renews: str) -> None:
        """Show the request form, filled in for a pair that takes the place of another one.

        Args:
            start: What the form begins with.
            renews: The pair whose place it takes.
        """
        raise NotImplementedError

    def action_renew(self) -> None:
        """Show both ways to renew the pair at hand."""
        current = self.at_hand().current
        if current is None:
            self.tell("there is no pair to renew")
        else:
            self.renew_pair(current.name)

    def renew_pair(self, name: str) -> None:
        """Show both ways to renew a pair."""
        self.run_worker(self._look_at(name), group="renew", exclusive=True)

    async def _look_at(self, name: str) -> None:
        from csrtui.tui.screens.renew import RenewScreen

        try:
            renewal = await asyncio.to_thread(self._renewable, name)
        except CsrtuiError as error:
            self.tell(error.what)
            return
        if self.is_current:
            self.app.push_screen(RenewScreen(self._session, renewal), self._way_chosen)

    def _renewable(self, name: str) -> Renewal:
        from csrtui.tasks.renew import check_renewable, consider

        renewal = consider(self._session, name)
        check_renewable(self._session, renewal.pair)
        return renewal

    def _way_chosen(self, answer: RenewAnswer | None) -> None:
        from csrtui.core.pairs.renewal_policy import RenewalWay
        from csrtui.tasks.prefill import start_from_pair

        if answer is None:
            return
        name = answer.renewal.pair.name
        if answer.way is RenewalWay.OLD_CSR:
            self._hand_out_again(answer.renewal)
            return
        try:
            start = start_from_pair(self._session, name)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self.fill_form(start, name)

    def _hand_out_again(self, renewal: Renewal) -> None:
        from csrtui.tui.screens.submit import SubmitScreen

        self.app.push_screen(
            SubmitScreen(self._session, renewal.pair, renewal.request),
            lambda outcome: self._handed_out_again(renewal, outcome),
        )

    def _handed_out_again(self, renewal: Renewal, outcome: Outcome | None) -> None:
        """Note that the pair waits for another certificate, if its CSR went; after a backup it is asked again."""
        from csrtui.tasks.renew import reuse

        if outcome is not None and outcome.told:
            try:
                pair, _ = reuse(self._session, renewal)
            except CsrtuiError as error:
                self.tell_error(error)
                return
            self.pairs_changed(pair.name)
            step = NEXT_STEPS[pair.record.next_step(self._session.clock())]
            self.tell(f"{outcome.told.partition('. Next:')[0]}. Next: {step}")
        else:
            self._submitted(outcome)
