"""Commands that bring a pair on: its certificate comes home, is installed, the pair retires; the one next step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep, Stage
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.groups import Group
from csrtui.tui.screens.pairs_screen import PairsScreen
from csrtui.tui.steps import step_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.batch import Result
    from csrtui.tasks.import_ import Blob
    from csrtui.tui.screens.imported import Offer, Then
    from csrtui.tui.screens.importing import ImportAnswer
    from csrtui.tui.screens.install import InstallAnswer

_ACTIONS = {
    NextStep.BACK_UP: "back_up",
    NextStep.SUBMIT: "submit",
    NextStep.IMPORT: "import",
    NextStep.INSTALL: "install",
    NextStep.RENEW: "renew",
}
"""The command that each step is."""
_NO_STEP = {
    Stage.RETIRED: "is retired: there is nothing to do with it",
    Stage.ISSUED: "needs nothing now; a renewal is due when a third of its certificate's life is left",
}


class LifeScreen(PairsScreen):
    """A screen from which pairs are brought from one stage to the next."""

    _import_typed = ""
    _install_typed = ""

    @property
    def only(self) -> str | None:
        """The one pair that the screen is about, or None for all of them."""
        return None

    # The next step

    def step_label(self, pair: Pair | None) -> str:
        """What the bar calls the next step of a pair; always as wide, so that few cells change."""
        step = pair.record.next_step(self._session.clock()) if pair else NextStep.NONE
        return step_label(step)

    async def action_next_step(self) -> None:
        """Take the next step of the pair at hand."""
        pair = self.at_hand().current
        if pair is None:
            self.tell("there is no pair here")
            return
        step = pair.record.next_step(self._session.clock())
        action = _ACTIONS.get(step)
        if action is None:
            said = _NO_STEP.get(pair.record.stage, "needs nothing now")
            self.tell(f"{visible(pair.name)} {said}")
        elif step is NextStep.BACK_UP:
            self._back_up_alone(pair)
        elif not await self.app.run_action(action, default_namespace=self):
            self.tell(f"{visible(pair.name)}: next is to {NEXT_STEPS[step]}")

    def _back_up_alone(self, pair: Pair) -> None:
        """Back up that pair, whatever is marked."""
        from csrtui.tui.screens.backup import BackupScreen

        group = Group(pair.name, (pair,))
        self.app.push_screen(BackupScreen(self._session, [group]), self._back_up)

    # Import

    def action_import(self) -> None:
        """Ask for certificates."""
        from csrtui.tasks.import_ import import_certificates
        from csrtui.tasks.replacement import Doing
        from csrtui.tui.screens.importing import ImportScreen

        only = self.only

        def take(blobs: Sequence[Blob]) -> Sequence[Result]:
            return import_certificates(self._session, blobs, only, Doing.ASK)

        title = f"Import {f'the certificate of {only}' if only else 'certificates'}"
        self.app.push_screen(ImportScreen(take, title, self._import_typed), self._imported)

    def _imported(self, answer: ImportAnswer | None) -> None:
        if answer is not None:
            self._import_typed = answer.typed
            if answer.results:
                self._confirm_or_show(answer.blobs, answer.results, self.only)

    def _confirm_or_show(self, blobs: Sequence[Blob], results: Sequence[Result], only: str | None) -> None:
        """Show what came of an import; ask first about certificates that expire sooner than the present ones."""
        from csrtui.tasks.import_ import needing_confirmation
        from csrtui.tui.screens.confirm import ConfirmScreen

        waiting = needing_confirmation(results)
        if not waiting:
            self._show_imported(blobs, results)
            return
        text = " ".join(f"{visible(one.pair or '')}: {one.text}." for one in waiting)
        question = ConfirmScreen("Import a certificate that expires sooner?", text, "Import")

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - the answer of a screen
            if yes:
                self.run_worker(self._import_anyway(blobs, results, only), group="import")
            else:
                self._show_imported(blobs, results)

        self.app.push_screen(question, answered)

    async def _import_anyway(
        self, blobs: Sequence[Blob], results: Sequence[Result], only: str | None
    ) -> None:
        from csrtui.tasks.import_ import import_certificates, needing_confirmation

        pairs = {one.pair for one in needing_confirmation(results)}
        try:
            again = await asyncio.to_thread(import_certificates, self._session, blobs, only)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            others = [one for one in results if one.pair not in pairs]
            self._show_imported(blobs, [*others, *(one for one in again if one.pair in pairs)])

    def _show_imported(self, blobs: Sequence[Blob], results: Sequence[Result]) -> None:
        from csrtui.tui.screens.imported import ImportedScreen, Then, summed_up

        done = [result.pair for result in results if result.ok and result.pair]
        self.pairs_changed(done[0] if done else None)
        offer = self._offer(results)

        def chosen(then: Then | None) -> None:
            step = f". Next: {NEXT_STEPS[self._step_of(done[0])]}" if len(done) == 1 else ""
            self.tell(f"{summed_up(results)}{step}")
            if then is Then.IMPORT_THERE:
                self.run_worker(self._import_there(blobs), group="import")
            elif then is Then.NEXT_STEP:
                self._go_on_with(done[0])
            elif len(done) == 1:
                self._offer_to_retire(done[0])

        self.app.push_screen(ImportedScreen(self._session, results, offer), chosen)

    def _offer(self, results: Sequence[Result]) -> Offer:
        """What to do after an import: go on with the one pair, or import what is of others there."""
        from csrtui.tui.screens.imported import Offer, Then

        done = {result.pair for result in results if result.ok and result.pair}
        others = {result.pair for result in results if not result.ok and result.pair not in {None, self.only}}
        if self.only is not None and others and not done:
            there = f"Import it into {others.pop()}" if len(others) == 1 else "Import them there"
            return Offer(Then.IMPORT_THERE, there)
        if len(done) == 1:
            step = self._step_of(done.pop())
            if step in {NextStep.BACK_UP, NextStep.INSTALL}:
                return Offer(Then.NEXT_STEP, NEXT_STEPS[step].capitalize())
        return Offer()

    def _step_of(self, name: str) -> NextStep:
        try:
            return read_pair(self._session, name)[0].record.next_step(self._session.clock())
        except CsrtuiError:
            return NextStep.NONE

    async def _import_there(self, blobs: Sequence[Blob]) -> None:
        from csrtui.tasks.import_ import import_certificates
        from csrtui.tasks.replacement import Doing

        try:
            results = await asyncio.to_thread(import_certificates, self._session, blobs, None, Doing.ASK)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self._confirm_or_show(blobs, results, None)

    def _go_on_with(self, name: str) -> None:
        try:
            pair, _ = read_pair(self._session, name)
        except CsrtuiError as error:
            self.tell_error(error)
            return
        if pair.record.next_step(self._session.clock()) is NextStep.BACK_UP:
            self._back_up_alone(pair)
        else:
            self._install(pair)

    # Install

    def action_install(self) -> None:
        """Write the files that a server wants, and show what to do with them."""
        current = self.at_hand().current
        if current is None:
            self.tell("there is no pair to install")
        else:
            self._install(current)

    def _install(self, pair: Pair) -> None:
        from csrtui.tui.screens.install import InstallScreen

        self.app.push_screen(
            InstallScreen(self._session, pair, self._install_typed),
            lambda answer: self._installed(pair.name, answer),
        )

    def _installed(self, name: str, answer: InstallAnswer | None) -> None:
        from csrtui.tui.screens.reading import ReadingScreen

        if answer is None:
            return
        self._install_typed = answer.typed
        if answer.pages:
            self.pairs_changed()
            self.tell(answer.told)
            self.app.push_screen(ReadingScreen(answer.pages), lambda _: self._offer_to_retire(name))

    # Retire

    def _offer_to_retire(self, successor: str) -> None:
        """Ask whether the pair that this one took the place of is to retire, if it is still in use."""
        from csrtui.tui.screens.confirm import ConfirmScreen

        try:
            renews = read_pair(self._session, successor)[0].record.renews
            if renews is None or read_pair(self._session, renews)[0].record.stage is Stage.RETIRED:
                return
        except CsrtuiError:
            return  # there is nothing to ask about
        question = ConfirmScreen(
            f"Retire {renews}?",
            f"{successor} has its certificate and takes the place of {renews}. Once the server uses it, the old "
            "pair can retire: it leaves the list, and nothing is deleted.",
            "Retire",
        )
        self.app.push_screen(question, lambda yes: self._retire(renews) if yes else None)

    def action_retire(self) -> None:
        """Ask, then mark the pair as no longer used."""
        from csrtui.tui.screens.confirm import ConfirmScreen

        current = self.at_hand().current
        if current is None:
            self.tell("there is no pair to retire")
        elif current.record.stage is Stage.RETIRED:
            self.tell(f"{visible(current.name)} is retired already")
        else:
            name = current.name
            question = ConfirmScreen(
                f"Retire {name}?",
                f"It is marked as no longer used and leaves the list{self._valid_still(current)}. Nothing is deleted: "
                "its key, its CSR and its certificates stay where they are; but no command takes the mark away.",
                "Retire",
            )
            self.app.push_screen(question, lambda yes: self._retire(name) if yes else None)

    def _valid_still(self, pair: Pair) -> str:
        validity = pair.record.validity
        if validity is None or pair.record.renewed_by or validity.not_after <= self._session.clock():
            return ""
        days = validity.days_left(self._session.clock())
        return f", and nothing reminds of its renewal any more: its certificate is valid for {days} day{'s' if days != 1 else ''} still"

    def _retire(self, name: str) -> None:
        from csrtui.tasks.retire import retire

        try:
            result = retire(self._session, name)
        except CsrtuiError as error:
            self.tell_error(error)
            return
        self.pairs_changed()
        self.tell(f"{visible(name)}: {result.text.partition(';')[0]}; nothing is deleted")
