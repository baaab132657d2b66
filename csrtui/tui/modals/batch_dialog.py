"""Base class of dialogs that process many pairs in a thread and show the progress."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from textual.message import Message

from csrtui.tui.modals.base import Modal, ResultT
from csrtui.tui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csrtui.tasks.batch import Result

    Report = Callable[[Result], None]
    Work = Callable[[Report, Event], Sequence[Result]]
    """A function that processes all pairs. It calls `Report` with each result and stops when the event is set."""


class BatchModal(Modal[ResultT]):
    """A dialog that processes pairs, one run at a time. Its `ProgressLine` has the id ``progress``."""

    class Advanced(Message):
        """One pair has been processed.

        Args:
            result: Its result.
            run: The number of the run.
        """

        def __init__(self, result: Result, run: int) -> None:
            super().__init__()
            self.result = result
            self.run = run

    class Ended(Message):
        """A run has ended or was stopped.

        Args:
            results: The result of each pair.
            run: The number of the run.
        """

        def __init__(self, results: Sequence[Result], run: int) -> None:
            super().__init__()
            self.results = results
            self.run = run

    _stop: Event | None = None
    _run = 0

    @property
    def is_working(self) -> bool:
        """Whether a run is in progress."""
        return self._stop is not None

    @property
    def is_stopping(self) -> bool:
        """Whether the current run is stopping."""
        return self._stop is not None and self._stop.is_set()

    def begin(self, total: int, work: Work) -> None:
        """Run `work` in a thread. From now on, results of earlier runs are ignored."""
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
        """Stop the run after the pairs in progress are completed."""
        if self._stop is not None:
            self._stop.set()

    def on_unmount(self) -> None:
        """Stop the run when the dialog closes or the program ends."""
        self.stop()

    def on_batch_modal_advanced(self, event: Advanced) -> None:
        """Update the progress line."""
        event.stop()
        if event.run == self._run:
            self.query_one("#progress", ProgressLine).advance(event.result.pair or "")

    def on_batch_modal_ended(self, event: Ended) -> None:
        """Show the results."""
        event.stop()
        if event.run == self._run:
            self._stop = None
            self.query_one("#progress", ProgressLine).clear()
            self.show_results(event.results)

    def show_results(self, results: Sequence[Result]) -> None:
        """Show the results of a run."""
        raise NotImplementedError
