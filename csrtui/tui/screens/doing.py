"""Dialogs that do one short thing at a time in a thread, such as a write to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csrtui.core.errors import CsrtuiError
from csrtui.tui.screens.dialog import Dialog, ResultT

if TYPE_CHECKING:
    from collections.abc import Coroutine


class DoingDialog(Dialog[ResultT]):
    """A dialog that stays alive while it does something; what fails is shown in it."""

    error: CsrtuiError | None = None
    """Why the last thing was not done."""
    _is_doing = False

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something, unless something is being done."""
        if self._is_doing:
            work.close()
            return
        self._is_doing = True
        self.error = None
        self.run_worker(self._do(work), group="doing")

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CsrtuiError as error:
            self.error = error
        finally:
            self._is_doing = False
        if self.app.is_running and self in self.app.screen_stack:  # neither is being taken down meanwhile
            self.draw()
