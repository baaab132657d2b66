"""Dialogs that do one short thing at a time in a thread, such as a write to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csrtui.core.base.errors import CsrtuiError
from csrtui.tui.screens.dialog import Dialog, ResultT

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class DoingDialog(Dialog[ResultT]):
    """A dialog that stays alive while it does something; what fails is shown in it.

    It is not closed meanwhile: that would break the work off, and a CSR that is out would not be noted.
    """

    error: CsrtuiError | None = None
    """Why the last thing was not done."""
    _is_doing = False
    _afterwards: Callable[[], None] | None = None

    @property
    def is_doing(self) -> bool:
        """Whether something is being done."""
        return self._is_doing

    @property
    def is_leaving(self) -> bool:
        """Whether it is to be closed when what is being done has been done."""
        return self._afterwards is not None

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something, unless something is being done."""
        if self._is_doing:
            work.close()
            return
        self._is_doing = True
        self.error = None
        self.run_worker(self._do(work), group="doing")

    def when_done(self, leave: Callable[[], None]) -> None:
        """Close the dialog with `leave`, now or when what is being done has been done; not if that fails."""
        if self._is_doing:
            self._afterwards = leave
        else:
            leave()

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CsrtuiError as error:
            self.error = error
        finally:
            self._is_doing = False
        leave, self._afterwards = self._afterwards, None
        if not self.app.is_running or self not in self.app.screen_stack:
            return  # it is being taken down
        if leave is not None and self.error is None and self.is_current:
            leave()
        else:
            self.draw()
