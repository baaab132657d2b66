"""The base of dialogs that run work in a thread and show its progress."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Generic, TypeVar

from csrtui.tui.modals.base import Modal, ResultT
from csrtui.tui.threads import in_thread
from csrtui.tui.widgets.one_line_widgets import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ItemT = TypeVar("ItemT")


class WorkModal(Modal[ResultT], Generic[ResultT, ItemT]):
    """A dialog that runs work in a thread. Its `ProgressLine` has the id ``progress``. Leaving it stops the work."""

    _stop: Event | None = None

    @property
    def is_working(self) -> bool:
        """Whether the work is running."""
        return self._stop is not None

    @property
    def is_stopping(self) -> bool:
        """Whether the work is stopping."""
        return self._stop is not None and self._stop.is_set()

    def begin(self, total: int, work: Callable[[Callable[[ItemT], None], Event], Sequence[ItemT]]) -> None:
        """Run `work` in a thread. From now on, results of earlier work are ignored.

        Args:
            total: The number of items.
            work: The function to run. It calls its first argument with each finished item, stops soon after its
                second argument is set, and returns all finished items.
        """
        self.stop()
        stop = self._stop = Event()
        self.query_one("#progress", ProgressLine).begin(max(total, 1))
        self.run_worker(self._work(work, stop), group="work")

    async def _work(
        self, work: Callable[[Callable[[ItemT], None], Event], Sequence[ItemT]], stop: Event
    ) -> None:
        def report(item: ItemT) -> None:
            self.call_later(self._advance, stop, item)

        results = await in_thread(lambda: work(report, stop))
        self.call_later(self._end, stop, results)  # after all reports

    def stop(self) -> None:
        """Stop the work after the items in progress are finished."""
        if self._stop is not None:
            self._stop.set()

    def on_unmount(self) -> None:
        """Stop the work when the dialog closes or the program ends."""
        self.stop()

    def _advance(self, stop: Event, item: ItemT) -> None:
        if stop is self._stop:
            self.show_progress(self.query_one("#progress", ProgressLine), item)

    def _end(self, stop: Event, results: Sequence[ItemT]) -> None:
        if stop is self._stop:
            self._stop = None
            self.query_one("#progress", ProgressLine).clear()
            self.show_results(results)

    def show_progress(self, line: ProgressLine, item: ItemT) -> None:
        """Show that an item is finished."""
        raise NotImplementedError

    def show_results(self, results: Sequence[ItemT]) -> None:
        """Show the results of the work."""
        raise NotImplementedError
