"""What the keystore and the screen of a pair have in common: commands that work on pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.query import Need
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.commands import COMMANDS
from csrtui.tui.compositor import NearCompositor
from csrtui.tui.groups import AtHand, Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tasks.batch import Result
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command
    from csrtui.tui.screens.adopt import AdoptAnswer
    from csrtui.tui.screens.backup import BackupAsked
    from csrtui.tui.screens.restore import Restored
    from csrtui.tui.screens.submit import Outcome


class PairsScreen(Screen[None]):
    """A screen from which pairs are backed up, verified, restored and submitted.

    Args:
        session: What it works on.
        commands: All commands, with the keys they have.
    """

    def __init__(self, session: Session, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__()
        self._compositor = NearCompositor()
        self._session = session
        self._commands = commands
        self._adopt_from = ""

    def at_hand(self) -> AtHand:
        """The pairs that a command can be for."""
        raise NotImplementedError

    def tell(self, text: str) -> None:
        """Tell the user something in a line."""
        raise NotImplementedError

    def tell_error(self, error: CsrtuiError) -> None:
        """Tell the user what is wrong, and what to do about it."""
        self.tell(f"{error.what}{f' — {error.hint}' if error.hint else ''}")

    def pairs_changed(self, want: str | None = None) -> None:
        """Show pairs as they are now.

        Args:
            want: The pair to put the cursor on.
        """
        raise NotImplementedError

    def clear_marks(self) -> None:
        """Take the marks away, where pairs can be marked."""

    def action_back_up(self) -> None:
        """Ask where to and under which passphrase, then back up."""
        from csrtui.tui.screens.backup import BackupScreen

        groups = self.at_hand().groups(Need.BACKUP, "not backed up")
        if groups:
            self.app.push_screen(BackupScreen(self._session, groups), self._back_up)
        else:
            self.tell("there is no pair to back up")

    def _back_up(self, asked: BackupAsked | None) -> None:
        from csrtui.tui.screens.backing_up import BackingUpScreen

        if asked is not None:
            self.app.push_screen(BackingUpScreen(self._session, asked), self._backed_up)

    def _backed_up(self, results: Sequence[Result] | None) -> None:
        from csrtui.tui.screens.backing_up import summed_up

        self.clear_marks()
        self.pairs_changed()
        if results:
            self.tell(summed_up(results))

    def action_verify(self) -> None:
        """Look at backups again."""
        from csrtui.tui.screens.verify import VerifyScreen

        groups = self.at_hand().groups(Need.VERIFICATION, "that have backups")
        if groups:
            self.app.push_screen(VerifyScreen(self._session, groups), lambda _: self.pairs_changed())
        else:
            self.tell("there is no pair whose backups could be verified")

    def action_restore(self) -> None:
        """Bring a pair back from its backup."""
        from csrtui.tui.screens.restore import RestoreScreen

        self.app.push_screen(RestoreScreen(self._session), self._restored)

    def _restored(self, restored: Restored | None) -> None:
        if restored is None:
            return
        from csrtui.tasks.key_quality import weak_key_lines

        pair = restored.pair
        self.pairs_changed(pair.name)
        step = NEXT_STEPS[pair.record.next_step(self._session.clock())]
        self.tell(f"restored {visible(pair.name)}. Next: {step}")
        weak = weak_key_lines(pair)
        if notes := [*(["The restored key is weak.", *weak] if weak else []), *restored.losses]:
            from csrtui.tui.screens.notice import NoticeScreen

            self.app.push_screen(NoticeScreen(f"Restored {pair.name}", notes))

    def action_adopt(self) -> None:
        """Bring keys made elsewhere into the keystore."""
        from csrtui.tui.screens.adopt import AdoptScreen

        self.app.push_screen(AdoptScreen(self._session, self._adopt_from), self._found_to_adopt)

    def _found_to_adopt(self, answer: AdoptAnswer | None) -> None:
        if answer is None:
            return
        self._adopt_from = answer.typed
        if answer.matched is not None:
            from csrtui.tui.screens.adopting import AdoptingScreen

            self.app.push_screen(AdoptingScreen(self._session, answer.matched), self._adopted)

    def _adopted(self, results: Sequence[Result] | None) -> None:
        done = [result for result in results or () if result.ok]
        if done:
            self.pairs_changed(done[0].pair)
            self.tell(f"adopted {visible(done[0].pair or '') if len(done) == 1 else f'{len(done)} pairs'}")

    def action_months(self) -> None:
        """Show when certificates expire."""
        from csrtui.tui.screens.months import MonthsScreen

        self.app.push_screen(MonthsScreen(self._session, self._commands))

    def action_doctor(self) -> None:
        """Examine the whole keystore."""
        from csrtui.tui.examiners import StoreExaminer
        from csrtui.tui.screens.doctor import DoctorScreen

        examiner = StoreExaminer(self._session, self._commands)
        self.app.push_screen(DoctorScreen(examiner, self._commands), lambda _: self.pairs_changed())

    def action_submit(self) -> None:
        """Hand out the CSR of the pair under the cursor."""
        from csrtui.tui.screens.submit import SubmitScreen

        current = self.at_hand().current
        if current is None:
            self.tell("there is no pair to submit")
            return
        try:
            pair, asked = read_pair(self._session, current.name)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self.app.push_screen(SubmitScreen(self._session, pair, asked), self._submitted)

    def _submitted(self, outcome: Outcome | None) -> None:
        from csrtui.tui.screens.backup import BackupScreen
        from csrtui.tui.screens.submit import Wants

        if outcome is None:
            return
        if outcome.wants is Wants.BACK_UP:
            group = Group(outcome.pair.name, (outcome.pair,))
            self.app.push_screen(BackupScreen(self._session, [group]), self._back_up)
            return
        self.pairs_changed(outcome.pair.name)
        self.tell(outcome.told)
