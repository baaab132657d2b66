"""The doctor's screen for the keystore on this machine. Many findings can be fixed on it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Final

from csrtui.tasks.list import Pairs
from csrtui.tui.examiner import StoreExaminer
from csrtui.tui.flows.back_up import back_up_pair
from csrtui.tui.groups import PairSelection
from csrtui.tui.screens.doctor import DoctorScreen
from csrtui.tui.screens.pairs_screen import PairsScreen

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session
    from csrtui.tui.panes.finding_rows import DisplayedFinding

_ACTIONS: Final = {"backup": "back_up", "import": "import", "renew": "renew", "verify": "verify"}
"""The command of the screens that does the same as a command of the command line."""


class StoreDoctorScreen(DoctorScreen, PairsScreen):
    """The problems of the keystore. A finding whose remedy is a command for its pair can be fixed with a key.

    Args:
        session: The session with the store.
    """

    def __init__(self, session: Session) -> None:
        PairsScreen.__init__(self, session)
        self._examiner = StoreExaminer(session)
        self._stop = Event()

    def selection(self) -> PairSelection:
        """Return the pair that the finding under the cursor concerns."""
        return PairSelection(self._current)

    @property
    def only_pair(self) -> str | None:
        """The name of the pair that the finding under the cursor concerns, or None."""
        return self.current_finding.pair if self.current_finding else None

    @property
    def _current(self) -> Pair | None:
        return next(iter(Pairs(self._session, [self.only_pair])), None) if self.only_pair else None

    def refresh_pairs(self, want: str | None = None) -> None:  # noqa: ARG002 - the cursor stays where it is
        """Check again, because a pair has changed."""
        self.examine_again()

    def fix_label(self) -> str:
        """Return the label of the command that fixes the finding under the cursor, or "" if no command does."""
        action = _action_of(self.current_finding)
        width = max(len(command.label) for command in self.commands if command.action in _ACTIONS.values())
        labels = (command.label for command in self.commands if command.action == action)
        return next((label.ljust(width) for label in labels), "")

    async def action_fix_finding(self) -> None:
        """Do what fixes the finding under the cursor."""
        action = _action_of(self.current_finding)
        if action is None:
            await super().action_fix_finding()
        elif (pair := self.current_pair()) is None:
            return
        elif action == "back_up":
            await self.start(back_up_pair(self, pair))
        else:
            await self.app.run_action(action, default_namespace=self)


def _action_of(finding: DisplayedFinding | None) -> str | None:
    """Return the action that does the same as the remedy of a finding, or None if there is none."""
    words = finding.remedy.split() if finding is not None and finding.pair is not None else []
    is_one_command = words[:1] == ["csrtui"] and "&&" not in words
    return _ACTIONS.get(words[1]) if is_one_command else None
