"""The commands for the life cycle of a pair: import its certificate, install, retire, and do the next step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep, Stage
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.commands import key_of, step_label
from csrtui.tui.groups import Group
from csrtui.tui.screens.pairs_screen import PairsScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.batch import Result
    from csrtui.tasks.import_ import ImportSource
    from csrtui.tui.commands import Command
    from csrtui.tui.screens.import_ import ImportAnswer
    from csrtui.tui.screens.import_result import ImportFollowUp, ImportOffer
    from csrtui.tui.screens.install_page import InstallAnswer

_ACTIONS = {
    NextStep.BACK_UP: "back_up",
    NextStep.SUBMIT: "submit",
    NextStep.IMPORT: "import",
    NextStep.INSTALL: "install",
    NextStep.RENEW: "renew",
}
"""The name of the action for each step."""
_NO_STEP = {
    Stage.RETIRED: "retired; no next step",
    Stage.ISSUED: "nothing to do; renewal is due when one third of the validity is left",
}


class LifecycleScreen(PairsScreen):
    """A screen with commands that move pairs from one stage to the next."""

    _import_text = ""
    _install_folder = ""

    @property
    def only_pair(self) -> str | None:
        """The name of the only pair on the screen, or None if the screen shows all pairs."""
        return None

    # The next step

    def step_label(self, pair: Pair | None) -> str:
        """Return the label of the next step of a pair. All labels have the same width, so that few cells change."""
        step = pair.record.next_step(self._session.clock()) if pair else NextStep.NONE
        return step_label(step)

    def possible(self, commands: Sequence[Command], pair: Pair | None) -> list[Command]:
        """Return those of `commands` that can be done now with `pair`, the pair under the cursor, or None.

        The command that is also the next step is left out, because the next step comes first.
        """
        step = pair.record.next_step(self._session.clock()) if pair else NextStep.NONE
        left_out = {_ACTIONS.get(step)}
        if step is NextStep.NONE:
            left_out.add("next_step")
        if pair is None or pair.record.stage not in {Stage.NEW, Stage.SUBMITTED}:
            left_out.add("submit")
        if pair is None or pair.record.stage is Stage.RETIRED:
            left_out.add("back_up")
        return [command for command in commands if command.action not in left_out]

    async def action_next_step(self) -> None:
        """Do the next step of the selected pair."""
        pair = self.selection().current
        if pair is None:
            self.tell("No pair selected.")
            return
        step = pair.record.next_step(self._session.clock())
        action = _ACTIONS.get(step)
        if action is None:
            reason = _NO_STEP.get(pair.record.stage, "nothing to do")
            self.tell(f"{visible(pair.name)}: {reason}")
        elif step is NextStep.BACK_UP:
            self._back_up_alone(pair)
        elif not await self.app.run_action(action, default_namespace=self):
            self.tell(f"{visible(pair.name)}: next is to {NEXT_STEPS[step]}")

    def _back_up_alone(self, pair: Pair) -> None:
        """Back up this pair only, even if pairs are marked."""
        from csrtui.tui.screens.backup import BackupScreen

        group = Group(pair.name, (pair,))
        self.app.push_screen(BackupScreen(self._session, [group]), self._back_up)

    # Import

    def action_import(self) -> None:
        """Import certificates from files or pasted text."""
        from csrtui.tasks.import_ import import_certificates
        from csrtui.tasks.replacement import ImportMode
        from csrtui.tui.screens.import_ import ImportScreen

        pair_name = self.only_pair

        def import_sources(sources: Sequence[ImportSource]) -> Sequence[Result]:
            return import_certificates(self._session, sources, pair_name, ImportMode.ASK)

        title = f"Import {f'the certificate of {pair_name}' if pair_name else 'certificates'}"
        self.app.push_screen(ImportScreen(import_sources, title, self._import_text), self._show_answer)

    def _show_answer(self, answer: ImportAnswer | None) -> None:
        if answer is not None:
            self._import_text = answer.text
            if answer.results:
                self._confirm_or_show(answer.sources, answer.results, self.only_pair)

    def _confirm_or_show(
        self, sources: Sequence[ImportSource], results: Sequence[Result], only_pair: str | None
    ) -> None:
        """Show the results of an import. Ask first if a certificate expires earlier than the one it would replace."""
        from csrtui.tasks.import_ import needing_confirmation
        from csrtui.tui.screens.confirm import ConfirmScreen

        waiting = needing_confirmation(results)
        if not waiting:
            self._show_imported(sources, results)
            return
        text = " ".join(f"{visible(result.pair or '')}: {result.text}." for result in waiting)
        question = ConfirmScreen("Import a certificate that expires sooner?", text, "Import")

        def handle_answer(yes: bool | None) -> None:  # noqa: FBT001 - the answer of a screen
            if yes:
                self.run_worker(self._import_anyway(sources, results, only_pair), group="import")
            else:
                self._show_imported(sources, results)

        self.app.push_screen(question, handle_answer)

    async def _import_anyway(
        self, sources: Sequence[ImportSource], results: Sequence[Result], only_pair: str | None
    ) -> None:
        from csrtui.tasks.import_ import import_certificates, needing_confirmation

        pairs = {result.pair for result in needing_confirmation(results)}
        try:
            new_results = await asyncio.to_thread(import_certificates, self._session, sources, only_pair)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            others = [result for result in results if result.pair not in pairs]
            replaced = [result for result in new_results if result.pair in pairs]
            self._show_imported(sources, [*others, *replaced])

    def _show_imported(self, sources: Sequence[ImportSource], results: Sequence[Result]) -> None:
        from csrtui.tui.screens.import_result import ImportFollowUp, ImportResultScreen, import_summary

        names = [result.pair for result in results if result.ok and result.pair]
        self.refresh_pairs(names[0] if names else None)
        offer = self._offer(results)

        def handle_follow_up(follow_up: ImportFollowUp | None) -> None:
            step = f". Next: {NEXT_STEPS[self._step_of(names[0])]}" if len(names) == 1 else ""
            self.tell(f"{import_summary(results)}{step}")
            if follow_up is ImportFollowUp.IMPORT_ELSEWHERE:
                self.run_worker(self._import_elsewhere(sources), group="import")
            elif follow_up is ImportFollowUp.NEXT_STEP:
                self._do_next_step(names[0])

        self.app.push_screen(ImportResultScreen(self._session, results, offer), handle_follow_up)

    def _offer(self, results: Sequence[Result]) -> ImportOffer:
        """Return the offered action: the next step of the pair, or the import into other pairs."""
        from csrtui.tui.screens.import_result import ImportFollowUp, ImportOffer

        names = {result.pair for result in results if result.ok and result.pair}
        others = {
            result.pair for result in results if not result.ok and result.pair not in {None, self.only_pair}
        }
        if self.only_pair is not None and others and not names:
            label = f"Import into {others.pop()}" if len(others) == 1 else "Import into those pairs"
            return ImportOffer(ImportFollowUp.IMPORT_ELSEWHERE, label)
        if len(names) == 1:
            step = self._step_of(names.pop())
            if step in {NextStep.BACK_UP, NextStep.INSTALL}:
                return ImportOffer(ImportFollowUp.NEXT_STEP, NEXT_STEPS[step].capitalize())
        return ImportOffer()

    def _step_of(self, name: str) -> NextStep:
        try:
            return read_pair(self._session, name)[0].record.next_step(self._session.clock())
        except CsrtuiError:
            return NextStep.NONE

    async def _import_elsewhere(self, sources: Sequence[ImportSource]) -> None:
        from csrtui.tasks.import_ import import_certificates
        from csrtui.tasks.replacement import ImportMode

        try:
            results = await asyncio.to_thread(
                import_certificates, self._session, sources, None, ImportMode.ASK
            )
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self._confirm_or_show(sources, results, None)

    def _do_next_step(self, name: str) -> None:
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
        """Write the files for a server, and show how to install them."""
        current = self.selection().current
        if current is None:
            self.tell("No pair selected.")
        else:
            self._install(current)

    def _install(self, pair: Pair) -> None:
        from csrtui.tui.screens.install import InstallScreen

        self.app.push_screen(
            InstallScreen(self._session, pair, self._install_folder),
            lambda answer: self._show_installed(pair.name, answer),
        )

    def _show_installed(self, name: str, answer: InstallAnswer | None) -> None:
        from csrtui.tui.screens.page import PageScreen

        if answer is None:
            return
        self._install_folder = answer.folder
        if answer.pages:
            self.refresh_pairs()
            self.tell(answer.message)
            self.app.push_screen(PageScreen(answer.pages), lambda _: self._offer_to_retire(name))

    # Retire

    def _offer_to_retire(self, successor: str) -> None:
        """Ask whether to retire the pair that `successor`, which was just installed, renews. Do nothing if that pair is no longer in use."""
        from csrtui.tui.screens.confirm import ConfirmScreen

        try:
            renews = read_pair(self._session, successor)[0].record.renews
            if renews is None or read_pair(self._session, renews)[0].record.stage is Stage.RETIRED:
                return
        except CsrtuiError:
            return  # the pair no longer exists
        question = ConfirmScreen(
            f"Retire {renews} now?",
            f"{successor} replaces {renews}. Retire the old pair once the server uses the new files. It is then hidden "
            f"from the list; nothing is deleted. Or do it later, with {key_of('retire', self._commands)} in the keystore.",
            "Retire",
        )
        self.app.push_screen(question, lambda yes: self._retire(renews) if yes else None)

    def action_retire(self) -> None:
        """Ask whether to retire the pair, or whether to take a retired pair back into use, and do so if the user agrees."""
        from csrtui.tui.screens.confirm import ConfirmScreen

        current = self.selection().current
        if current is None:
            self.tell("No pair selected.")
        elif current.record.stage is Stage.RETIRED:
            name = current.name
            question = ConfirmScreen(
                f"Take {name} back into use?",
                "It is no longer marked as retired, and you are reminded of its next step again.",
                "Take back",
            )
            self.app.push_screen(question, lambda yes: self._undo_retirement(name) if yes else None)
        else:
            name = current.name
            question = ConfirmScreen(
                f"Retire {name}?",
                "It is marked as no longer used and hidden from the list. "
                f"{self._reminder_warning(current)}Its key, CSR and certificates are not deleted. "
                f"{key_of('show_retired', self._commands)} shows it again, and "
                f"{key_of('retire', self._commands)} takes it back into use.",
                "Retire",
            )
            self.app.push_screen(question, lambda yes: self._retire(name) if yes else None)

    def _undo_retirement(self, name: str) -> None:
        from csrtui.tasks.retire import undo_retirement

        try:
            result = undo_retirement(self._session, name)
        except CsrtuiError as error:
            self.tell_error(error)
            return
        self.refresh_pairs(name)
        self.tell(f"{visible(name)}: {result.text}")

    def _reminder_warning(self, pair: Pair) -> str:
        validity = pair.record.validity
        if validity is None or pair.record.renewed_by or validity.not_after <= self._session.clock():
            return ""
        days = validity.days_left(self._session.clock())
        plural = "" if days == 1 else "s"
        return f"You will not be reminded to renew it; its certificate is valid for {days} more day{plural}. "

    def _retire(self, name: str) -> None:
        from csrtui.tasks.retire import retire

        try:
            result = retire(self._session, name)
        except CsrtuiError as error:
            self.tell_error(error)
            return
        self.refresh_pairs()
        self.tell(f"{visible(name)}: {result.text.partition(';')[0]}; nothing is deleted")
