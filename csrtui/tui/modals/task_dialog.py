"""Base class of dialogs that run one short task at a time in a thread, such as a write to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csrtui.core.base.errors import CsrtuiError
from csrtui.tui.modals.base import Modal, ResultT

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class TaskModal(Modal[ResultT]):
    """A dialog that stays open while a task runs, and shows the error if the task fails.

    Closing the dialog early would cancel the task. For example, a CSR would be submitted but not recorded as submitted.
    """

    error: CsrtuiError | None = None
    """The error of the last task, or None."""
    _is_busy = False
    _close: Callable[[], object] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a task is running."""
        return self._is_busy

    @property
    def is_closing(self) -> bool:
        """Whether the dialog will close when the current task ends."""
        return self._close is not None

    def begin(self, task: Coroutine[Any, Any, None]) -> None:
        """Start a task, unless one is running."""
        if self._is_busy:
            task.close()
            return
        self._is_busy = True
        self.error = None
        self.run_worker(self._run(task), group="task")

    def close_when_idle(self, close: Callable[[], object]) -> None:
        """Call `close` now, or when the running task has succeeded. If the task fails, the dialog stays open."""
        if self._is_busy:
            self._close = close
        else:
            close()

    async def _run(self, task: Coroutine[Any, Any, None]) -> None:
        try:
            await task
        except CsrtuiError as error:
            self.error = error
        finally:
            self._is_busy = False
        close, self._close = self._close, None
        if not self.app.is_running or self not in self.app.screen_stack:
            return  # the dialog is being removed
        if close is not None and self.error is None and self.is_current:
            close()
        else:
            self.draw()
