"""Dialogs that do something with many pairs, in a thread, and show how far it is."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from textual.message import Message

from csrtui.tui.screens.dialog import Dialog, ResultT
from csrtui.tui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csrtui.tasks.batch import Result

    Report = Callable[[Result], None]
    Work = Callable[[Report, Event], Sequence[Result]]
    """Does everything; told whom to report to, and what is set when it is to stop."""


class WorkingDialog(Dialog[ResultT]):
    """A dialog with a `ProgressLine` called ``progress``; it works on one thing at a time."""

    class Advanced(Message):
        """One pair is done.

        Args:
            result: What came of it.
            run: In which run.
        """

        def __init__(self, result: Result, run: int) -> None:
            super().__init__()
            self.result = result
            self.run = run

    class Ended(Message):
        """All are done, or it was stopped.

        Args:
            results: What came of each.
            run: In which run.
        """

        def __init__(self, results: Sequence[Result], run: int) -> None:
            super().__init__()
            self.results = results
            self.run = run

    _stop: Event | None = None
    _run = 0

    @property
    def is_working(self) -> bool:
        """Whether a run is under way."""
        return self._stop is not None

    @property
    def is_stopping(self) -> bool:
        """Whether a run is under way that was told to stop."""
        return self._stop is not None and self._stop.is_set()

    def begin(self, total: int, work: Work) -> None:
        """Run `work` in a thread; what came of a run before is no longer waited for."""
        self.stop()
        self._run += 1
        run, stop = self._run, Event()
        self._stop = stop
        self.query_one("#progress", ProgressLine).begin(max(total, 1))

        def report(result: Result) -> None:
            self.post_message(self.Advanced(result, run))

        self.run_worker(
            lambda: self.post_message(self.Ended(work(report, stop), run)), thread=True, group="work"
        )

    def stop(self) -> None:
        """Begin nothing more; what is under way is finished."""
        if self._stop is not None:
            self._stop.set()

    def on_unmount(self) -> None:
        """The program ends, or the dialog was left: no pair more."""
        self.stop()

    def on_working_dialog_advanced(self, event: Advanced) -> None:
        """Move the bar."""
        event.stop()
        if event.run == self._run:
            self.query_one("#progress", ProgressLine).advance(event.result.pair or "")

    def on_working_dialog_ended(self, event: Ended) -> None:
        """Show what came of it."""
        event.stop()
        if event.run == self._run:
            self._stop = None
            self.query_one("#progress", ProgressLine).clear()
            self.show_results(event.results)

    def show_results(self, results: Sequence[Result]) -> None:
        """Show what came of a run."""
        raise NotImplementedError
