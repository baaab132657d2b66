"""The work of backing up: how far it is, and at the end what happened and what comes next."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError
from csrtui.tasks.backup import back_up_many
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS
from csrtui.tui.screens.working import WorkingDialog
from csrtui.tui.widgets.progress_line import ProgressLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.batch import Result
    from csrtui.tasks.session import Session
    from csrtui.tui.screens.backup import BackupAsked
    from csrtui.tui.screens.working import Report
    from csrtui.tui.widgets.text_block import Line

_AROUND = 8
"""Lines of the dialog that are not its list."""


class BackingUpScreen(WorkingDialog["Sequence[Result]"]):
    """Backs pairs up; gives what came of each.

    Args:
        session: Whose pairs.
        asked: Which, where to and under which passphrase.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_or_close", "Stop", show=False, priority=True),
        Binding("enter", "close", "Close", show=False, priority=True),
    ]

    def __init__(self, session: Session, asked: BackupAsked) -> None:
        super().__init__()
        self._session = session
        self._asked: BackupAsked | None = asked
        self._count = len(asked.names)
        self._folder = asked.order.folder
        self._results: Sequence[Result] | None = None
        self._next = "The keystore names the next step of each."

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield ProgressLine(id="progress")
            yield TextView(id="results")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Begin."""
        self.query_one("#results").focus()
        asked, self._asked = self._asked, None  # the passphrase stays here no longer than it is needed
        if asked is None:
            return

        def work(report: Report, stop: Event) -> Sequence[Result]:
            return back_up_many(self._session, asked.names, asked.order, report=report, stop=stop)

        self.begin(self._count, work)

    def show_results(self, results: Sequence[Result]) -> None:
        """Show what happened."""
        self._results = results
        with suppress(CsrtuiError):  # then the keystore says what is wrong
            if len(results) == 1 and results[0].pair:
                pair, _ = read_pair(self._session, results[0].pair)
                self._next = f"Next: {NEXT_STEPS[pair.record.next_step(self._session.clock())]}."
        self.draw()

    def action_stop_or_close(self) -> None:
        """Begin no further pair; at the end, close."""
        if self._results is None:
            self.stop()
            self.draw()
        else:
            self.dismiss(self._results)

    def action_close(self) -> None:
        """Close, at the end."""
        if self._results is not None:
            self.dismiss(self._results)

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        if self._results is None:
            pairs = "1 pair" if self._count == 1 else f"{self._count} pairs"
            self.show("#about", [*self.lines(f"Backing up {pairs} to {self._folder}", "strong"), ()])
            self._show_list([])
            key = (
                ("", "Stopping after those under way …")
                if self.is_stopping
                else ("Esc", "Stop; what is done stays")
            )
            self.show("#keys", [(), *self.key_lines(key)])
            return
        self.show("#about", [*self.lines(summed_up(self._results), "strong"), ()])
        self._show_list(self._happened(self._results))
        self.show("#keys", [(), *self.key_lines(("Enter", "Close"))])

    def _show_list(self, lines: Sequence[Line]) -> None:
        view = self.query_one("#results", TextView)
        view.styles.height = max(min(len(lines), self.app.size.height - _AROUND), 1)
        view.show_all(lines)

    def _happened(self, results: Sequence[Result]) -> list[Line]:
        failed = [result for result in results if not result.ok]
        lines = []
        for result in failed:
            lines += self.lines(f"{result.pair}: {result.text}", "error")
        done = [result for result in results if result.ok]
        if failed and done:
            lines.append(())
        for result in done:
            lines += self.lines(result.file or "")
        if done:
            lines += [(), *self.lines(f"{self._next} Keep the passphrase apart from the backups.")]
        return lines


def summed_up(results: Sequence[Result]) -> str:
    """Return in a line what came of backing up."""
    done = sum(result.ok for result in results)
    if len(results) == 1:
        return f"{results[0].pair}: backed up and verified" if done else f"{results[0].pair} is not backed up"
    if done == len(results):
        return f"{done} pairs backed up and verified"
    return f"{done} of {len(results)} pairs backed up and verified, {len(results) - done} not"
