"""The dialog that backs up pairs. It shows the progress, then the results and the next step."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural
from csrtui.tasks.backup import back_up_many
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.modals.base import WorkModal
from csrtui.tui.widgets.progress_line import ProgressLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.batch import Result
    from csrtui.tasks.session import Session
    from csrtui.tui.modals.backup import BackupAnswer
    from csrtui.tui.widgets.text_block import Line

_AROUND = 8
"""Lines of the dialog besides its list."""


class BackupProgressModal(WorkModal["Sequence[Result]", "Result", "Sequence[Result]"]):
    """A dialog that backs up pairs and returns one result for each pair.

    Args:
        session: The session with the store.
        answer: The pairs, the folder and the passphrase.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_or_close", "Stop", show=False, priority=True),
        Binding("enter", "close", "Close", show=False, priority=True),
    ]

    def __init__(self, session: Session, answer: BackupAnswer) -> None:
        super().__init__()
        self._session = session
        self._answer: BackupAnswer | None = answer
        self._count = len(answer.names)
        self._folder = answer.spec.folder
        self._results: Sequence[Result] | None = None
        self._next = "The keystore shows the next step of each pair."

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield ProgressLine(id="progress")
            yield TextView(id="results")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start the backup."""
        self.query_one("#results").focus()
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
        """Show the results."""
        self._results = outcome
        with suppress(CsrtuiError):  # the keystore shows the error
            if len(outcome) == 1 and outcome[0].pair:
                pair, _ = read_pair(self._session, outcome[0].pair)
                self._next = f"Next: {NEXT_STEPS[pair.record.next_step(self._session.clock())]}."
        self.draw()

    def action_stop_or_close(self) -> None:
        """Stop after the pairs in progress, or close the dialog if the results are already shown."""
        if self._results is None:
            self.stop()
            self.draw()
        else:
            self.dismiss(self._results)

    def action_close(self) -> None:
        """Close the dialog, but only if the results are already shown."""
        if self._results is not None:
            self.dismiss(self._results)

    # Drawing

    def draw(self) -> None:
        """Redraw the dialog."""
        if self._results is None:
            pairs = plural(self._count, "pair")
            self.show("#about", [*self.lines(f"Backing up {pairs} to {self._folder}", "strong"), ()])
            self._show_list([])
            key = (
                ("", "Stopping after the current pairs …")
                if self.is_stopping
                else ("Esc", "Stop; finished backups are kept")
            )
            self.show("#keys", [(), *self.key_lines(key)])
            return
        self.show("#about", [*self.lines(backup_summary(self._results), "strong"), ()])
        self._show_list(self._result_lines(self._results))
        self.show("#keys", [(), *self.key_lines(("Enter", "Close"))])

    def _show_list(self, lines: Sequence[Line]) -> None:
        view = self.query_one("#results", TextView)
        view.styles.height = max(min(len(lines), self.app.size.height - _AROUND), 1)
        view.show_all(lines)

    def _result_lines(self, results: Sequence[Result]) -> list[Line]:
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
            lines += [(), *self.lines(f"{self._next} Store the passphrase separately from the backups.")]
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
