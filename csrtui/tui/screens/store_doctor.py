"""The doctor's screen for the keystore on this machine. Many findings can be fixed on it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural
from csrtui.store.config_file import config_path
from csrtui.store.store_location import store_argument
from csrtui.tasks.doctor import CHECKED, Examination, is_well, worst_first
from csrtui.tasks.list import Pairs
from csrtui.tasks.settings import load_settings
from csrtui.tui.flows.backups import back_up_pair
from csrtui.tui.groups import PairSelection
from csrtui.tui.panes.finding_rows import FindingRows, count_levels
from csrtui.tui.screens.doctor import DoctorScreen, ExaminationResult
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.screens.pairs_screen import PairsScreen

if TYPE_CHECKING:
    from threading import Event

    from textual.screen import Screen

    from csrtui.core.pairs.pair import Pair
    from csrtui.tui.panes.finding_rows import DisplayedFinding
    from csrtui.tui.screens.doctor import Report

_ACTIONS: Final = {"backup": "back_up", "import": "import", "renew": "renew", "verify": "verify"}
"""The command of the screens that does the same as a command of the command line."""
_STEPS = 100
"""Maximum number of updates of the progress bar."""


class StoreDoctorScreen(DoctorScreen, PairsScreen):
    """The problems of the keystore. A finding whose remedy is a command for its pair can be fixed with a key.

    Args:
        session: The session with the store.
    """

    HEADING = "Keystore · doctor"
    CHECKING = "Checking the keystore …"

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Examine all pairs and the store itself, and return the result."""
        argument = store_argument(self._session.store.path)
        problems = load_settings(os.environ, with_own=False).problems
        examination = Examination(
            self._session, config_path(os.environ), store_argument=argument, site_problems=problems
        )
        total = len(examination.names)
        count = 0

        def count_pair() -> None:
            nonlocal count
            count += 1
            if count * _STEPS // total != (count - 1) * _STEPS // total:
                report(count, total)

        report(0, total)
        findings = worst_first(examination.run(count_pair, stop))
        pairs = f"{plural(total, 'pair')} examined"
        if not findings:
            lines = [f"Nothing is wrong. {pairs}.", "", "Checked:", *(f"- {text}" for text in CHECKED)]
            return ExaminationResult(FindingRows(()), lines)
        verdict = f"{pairs}: {count_levels(finding.level for finding in findings)}."
        if is_well(findings):
            verdict = f"No errors or warnings. {verdict}"
        return ExaminationResult(FindingRows(findings), [verdict])

    def screen_for(self, index: int) -> Screen[None]:
        """Return the screen of the pair that the finding in a row concerns."""
        name = self._rows.item(index).pair
        if name is None:
            raise InputError("concerns the store, not a pair")
        try:
            return PairScreen.of(self._session, name)
        except CsrtuiError as error:
            raise InputError(f"{name} cannot be shown: {error.message}") from error

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
