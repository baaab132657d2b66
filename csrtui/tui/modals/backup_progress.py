"""The dialog that backs up pairs. It shows the progress, then the results and the next step."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural
from csrtui.core.pairs.pair import NextStep
from csrtui.tasks.backup import back_up_many
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.modals.base import ResultsModal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from csrtui.tasks.batch import Result
    from csrtui.tasks.session import Session
    from csrtui.tui.modals.backup import BackupAnswer
    from csrtui.tui.widgets.lines import ProgressLine
    from csrtui.tui.widgets.text_block import Line


class BackupProgressModal(ResultsModal["Result"]):
    """A dialog that backs up pairs and returns one result for each pair.

    Args:
        on_finish: Called when the backup has ended, so that the list behind the dialog shows it.
    """

    STOP = "Stop; finished backups are kept"
    STOPPING = "Stopping after the current pairs …"

    def __init__(self, session: Session, answer: BackupAnswer, on_finish: Callable[[], None]) -> None:
        super().__init__()
        self._session = session
        self._answer: BackupAnswer | None = answer
        self._on_finish = on_finish
        self._count = len(answer.names)
        self._folder = answer.spec.folder
        self._next = "The keystore shows the next step of each pair. "

    def begin_work(self) -> None:
        """Begin the backup."""
        answer, self._answer = self._answer, None  # do not keep the passphrase longer than needed
        if answer is None:
            return

        def work(report: Callable[[Result], None], stop: Event) -> Sequence[Result]:
            return back_up_many(self._session, answer.names, answer.spec, on_result=report, cancel=stop)

        self.begin(self._count, work)

    def show_progress(self, line: ProgressLine, item: Result) -> None:
        """Show the pair that was backed up."""
        line.advance(item.pair or "")

    def show_outcome(self, outcome: Sequence[Result]) -> None:
        """Show the results, with the next step of a single pair."""
        self._on_finish()
        with suppress(CsrtuiError):  # the keystore shows the error
            if len(outcome) == 1 and outcome[0].pair:
                pair, _ = read_pair(self._session, outcome[0].pair)
                step = pair.record.next_step(self._session.clock())
                self._next = "" if step is NextStep.NONE else f"Next: {NEXT_STEPS[step]}. "
                if step not in {NextStep.NONE, NextStep.BACK_UP}:
                    self.next_step = NEXT_STEPS[step].capitalize()
        super().show_outcome(outcome)

    def heading(self, results: Sequence[Result] | None) -> str:
        """Return the title during the work, or the summary of the results."""
        if results is None:
            return f"Backing up {plural(self._count, 'pair')} to {self._folder}"
        return backup_summary(results)

    def result_lines(self, results: Sequence[Result]) -> list[Line]:
        """Return the failures, then the files of the backups."""
        failed = [result for result in results if not result.ok]
        lines = []
        for result in failed:
            lines += self.lines(f"{result.pair}: {result.text}", "error")
        succeeded = [result for result in results if result.ok]
        if failed and succeeded:
            lines.append(())
        for result in succeeded:
            lines += self.lines(result.file or "")
        if succeeded:
            lines += [(), *self.lines(f"{self._next}Store the passphrase separately from the backups.")]
        return lines


def backup_summary(results: Sequence[Result]) -> str:
    """Return a one-line summary of the results of a backup."""
    count = sum(result.ok for result in results)
    if len(results) == 1:
        return (
            f"{results[0].pair}: backed up and verified" if count else f"{results[0].pair} is not backed up"
        )
    if count == len(results):
        return f"{count} pairs backed up and verified"
    return f"{count} of {len(results)} pairs backed up and verified, {len(results) - count} failed"
