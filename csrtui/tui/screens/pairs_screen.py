"""The commands for pairs that both the keystore and the screen of one pair offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.query import Need
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.commands import COMMANDS
from csrtui.tui.groups import Group, PairSelection
from csrtui.tui.patches.compositor import CroppedCompositor
from csrtui.tui.sentences import error_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tasks.batch import Result
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.screens.adopt import AdoptAnswer
    from csrtui.tui.screens.backup import BackupAnswer
    from csrtui.tui.screens.import_ import ImportAnswer
    from csrtui.tui.screens.restore import RestoreAnswer
    from csrtui.tui.screens.submit import SubmitAnswer


class PairsScreen(Screen[None]):
    """A screen with commands to back up, verify, restore, adopt and submit pairs.

    Args:
        session: The session with the store.
        commands: All commands, with their keys.
    """

    def __init__(self, session: Session, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__()
        self._compositor = CroppedCompositor()
        self._session = session
        self._commands = commands
        self._adopt_path = self._inspect_text = ""

    def selection(self) -> PairSelection:
        """Return the pairs that a command can apply to."""
        raise NotImplementedError

    def tell(self, text: str) -> None:
        """Show a message in the message line."""
        raise NotImplementedError

    def tell_error(self, error: CsrtuiError) -> None:
        """Show an error and its hint."""
        self.tell(error_text(error))

    def refresh_pairs(self, want: str | None = None) -> None:
        """Show the current state of the pairs.

        Args:
            want: The name of the pair to select, or None to keep the selection.
        """
        raise NotImplementedError

    def clear_marks(self) -> None:
        """Remove all marks, if the screen has marks."""

    def action_back_up(self) -> None:
        """Ask for a folder and a passphrase, then back up the chosen pairs."""
        from csrtui.tui.screens.backup import BackupScreen

        groups = self.selection().groups(Need.BACKUP, "not backed up")
        if groups:
            self.app.push_screen(BackupScreen(self._session, groups), self._back_up)
        else:
            self.tell("No pair to back up.")

    def _back_up(self, answer: BackupAnswer | None) -> None:
        from csrtui.tui.screens.backup_progress import BackupProgressScreen

        if answer is not None:
            self.app.push_screen(BackupProgressScreen(self._session, answer), self._show_backed_up)

    def _show_backed_up(self, results: Sequence[Result] | None) -> None:
        from csrtui.tui.screens.backup_progress import backup_summary

        self.clear_marks()
        self.refresh_pairs()
        if results:
            self.tell(f"{backup_summary(results)}{self._next_after(results)}")

    def _next_after(self, results: Sequence[Result]) -> str:
        """Return the next step of the pair if the results are those of one pair, or an empty text."""
        if len(results) != 1 or not results[0].ok or results[0].pair is None:
            return ""
        try:
            pair, _ = read_pair(self._session, results[0].pair)
        except CsrtuiError:
            return ""
        step = pair.record.next_step(self._session.clock())
        return "" if step is NextStep.NONE else f". Next: {NEXT_STEPS[step]}"

    def action_verify(self) -> None:
        """Check backups. With their passphrase, test a restore."""
        from csrtui.tui.screens.verify import VerifyScreen

        groups = self.selection().groups(Need.VERIFICATION, "that have backups")
        if groups:
            self.app.push_screen(VerifyScreen(self._session, groups), lambda _: self.refresh_pairs())
        else:
            self.tell("No pair has a backup to verify.")

    def action_restore(self) -> None:
        """Restore a pair from its backup."""
        from csrtui.tui.screens.restore import RestoreScreen

        self.app.push_screen(RestoreScreen(self._session), self._show_restored)

    def _show_restored(self, answer: RestoreAnswer | None) -> None:
        if answer is None:
            return
        from csrtui.tasks.key_quality import weak_key_lines

        pair = answer.pair
        self.refresh_pairs(pair.name)
        step = NEXT_STEPS[pair.record.next_step(self._session.clock())]
        self.tell(f"restored {visible(pair.name)}. Next: {step}")
        weak = weak_key_lines(pair)
        if notes := [*(["The restored key is weak.", *weak] if weak else []), *answer.losses]:
            from csrtui.tui.screens.notice import NoticeScreen

            self.app.push_screen(NoticeScreen(f"Restored {pair.name}", notes))

    def action_adopt(self) -> None:
        """Import existing keys as pairs."""
        from csrtui.tui.screens.adopt import AdoptScreen

        self.app.push_screen(AdoptScreen(self._session, self._adopt_path), self._show_adopt_selection)

    def _show_adopt_selection(self, answer: AdoptAnswer | None) -> None:
        if answer is None:
            return
        self._adopt_path = answer.path
        if answer.match_result is not None:
            from csrtui.tui.screens.adopt_selection import AdoptSelectionScreen

            self.app.push_screen(AdoptSelectionScreen(self._session, answer.match_result), self._show_adopted)

    def _show_adopted(self, results: Sequence[Result] | None) -> None:
        names = [result.pair for result in results or () if result.ok and result.pair]
        if names:
            self.refresh_pairs(names[0])
            self.tell(f"adopted {visible(names[0]) if len(names) == 1 else f'{len(names)} pairs'}")

    def action_inspect(self) -> None:
        """Describe any CSR, certificate, key or backup."""
        from csrtui.tui.screens.inspect import InspectScreen
        from csrtui.tui.screens.page import PageScreen

        dialog = InspectScreen(self._session, self._inspect_text)

        def show(answer: ImportAnswer | None) -> None:
            self._inspect_text = answer.text if answer else ""
            if dialog.page is not None:
                self.app.push_screen(PageScreen([dialog.page]))

        self.app.push_screen(dialog, show)

    def action_months(self) -> None:
        """Show the expiries of the next 12 months."""
        from csrtui.tui.screens.months import MonthsScreen

        self.app.push_screen(MonthsScreen(self._session, self._commands))

    def action_doctor(self) -> None:
        """Check the whole keystore."""
        from csrtui.tui.examiner import StoreExaminer
        from csrtui.tui.screens.doctor import DoctorScreen

        examiner = StoreExaminer(self._session, self._commands)
        self.app.push_screen(DoctorScreen(examiner, self._commands), lambda _: self.refresh_pairs())

    def action_submit(self) -> None:
        """Submit the CSR of the selected pair."""
        from csrtui.tui.screens.submit import SubmitScreen

        current = self.selection().current
        if current is None:
            self.tell("No pair selected.")
            return
        try:
            pair, csr = read_pair(self._session, current.name)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self.app.push_screen(SubmitScreen(self._session, pair, csr), self._show_submitted)

    def _show_submitted(self, answer: SubmitAnswer | None) -> None:
        from csrtui.tui.screens.backup import BackupScreen
        from csrtui.tui.screens.submit import SubmitFollowUp

        if answer is None:
            return
        if answer.follow_up is SubmitFollowUp.BACK_UP:
            group = Group(answer.pair.name, (answer.pair,))
            self.app.push_screen(BackupScreen(self._session, [group]), self._back_up)
            return
        self.refresh_pairs(answer.pair.name)
        self.tell(answer.message)
