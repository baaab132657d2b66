"""The base of dialogs with a folder, which is checked in a thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual import on

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.tui.modals.base import ResultT
from csrtui.tui.modals.form_base import FormModal
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

CheckT = TypeVar("CheckT")


class FolderModal(FormModal[ResultT], Generic[ResultT, CheckT]):
    """A dialog that checks the folder in its field ``#folder``, alone or together with other input.

    One check runs at a time, because it can take long on a network drive that does not respond.
    """

    KEPT_FIELDS = frozenset({"folder"})
    NO_FOLDER: ClassVar[str]
    """The error if the folder is empty."""

    _last_check: tuple[Hashable, CheckT | CsrtuiError] | None = None
    _is_checking = False

    def checked_input(self) -> Hashable:
        """Return the input to check."""
        return self.folder

    def check(self, checked_input: Any) -> CheckT:
        """Return the result of the check of `checked_input`. Called in a thread.

        Raises:
            CsrtuiError: The folder cannot be used.
        """
        raise NotImplementedError

    @property
    def folder(self) -> str:
        """The folder, with ``~`` expanded, or an empty string if nothing is typed."""
        return os.path.expanduser(self.text_of("#folder"))

    @property
    def check_result(self) -> CheckT | CsrtuiError | None:
        """The result of the check of the current input, or its error, or None if it is not known yet."""
        last = self._last_check
        return last[1] if last is not None and last[0] == self.checked_input() else None

    @on(TextField.Changed, "#folder")
    def _forget_check(self) -> None:
        """Forget the last check when the folder changes, so that a folder that is typed again is checked again."""
        self._last_check = None

    @on(TextField.Changed)
    @on(ChoiceField.Changed)
    def start_check(self) -> None:
        """Start checking the input unless its result is known. If a check is running, the input is checked after it."""
        if self.folder and self.check_result is None and not self._is_checking:
            self._is_checking = True
            self.run_worker(self._check(self.checked_input()), group="check")

    def check_again(self, continuation: Callable[[], None]) -> None:
        """Check the input again, or wait if it is being checked. Call `continuation` if the check succeeds."""
        self.error, self._continuation = None, continuation
        if isinstance(
            self.check_result, CsrtuiError
        ):  # the user may have created or mounted the folder since
            self._last_check = None
        self.start_check()
        self.draw()

    async def _check(self, checked_input: Hashable) -> None:
        result = await run_in_thread(lambda: self.check(checked_input))
        self._is_checking = False
        self._last_check = checked_input, result
        if checked_input == self.checked_input():
            self.finish_check(result if isinstance(result, CsrtuiError) else None)
        else:
            self.start_check()

    def finish_check(self, error: CsrtuiError | None) -> None:
        """Handle the end of the check: call the continuation, if any, or show the error."""
        continuation, self._continuation = self._continuation, None
        self.folder_error = error
        if continuation is not None and error is not None:
            self.fail(error, "#folder")
        elif continuation is not None:
            continuation()
        self.draw()

    def leave_folder(self, following: str) -> None:
        """Go from the folder to the field `following`. If the folder failed its last check, check it again first."""

        def focus_following() -> None:
            if self.query_one("#folder").has_focus:
                self.query_one(following).focus()

        if not self.folder:
            self.fail(InputError(self.NO_FOLDER))
        elif isinstance(self.check_result, CsrtuiError):
            self.check_again(focus_following)
        else:
            focus_following()
