"""A field for the destination folder of backups. The folder is checked while the user types."""

from __future__ import annotations

import os
from dataclasses import dataclass

from textual.message import Message

from csrtui.core.base.errors import CsrtuiError
from csrtui.store.destination import Destination, examine_backup_folder
from csrtui.store.path_completion import PathKind
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.path_field import PathField

FolderState = Destination | CsrtuiError
"""The properties of a folder, or the error that prevents writing backups to it."""


class DestinationField(PathField, inherit_css=True):
    """A `PathField` that checks the folder typed into it.

    The check runs in a thread, because it can take long on a network drive that does not respond.

    Args:
        value: The initial folder.
        store: The folder of the store. A backup should be on another file system.
        id: The widget's id.
    """

    @dataclass(eq=False, repr=False)
    class Checked(Message):
        """The check of a folder has ended.

        Attributes:
            folder: The folder.
            state: The result of the check.
        """

        folder: str
        state: FolderState

    def __init__(self, value: str, store: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(value, "destination folder", PathKind.FOLDER, id=id)
        self._store = store
        self._is_checking = False
        self._last_check: tuple[str, FolderState] | None = None

    @property
    def folder(self) -> str:
        """The folder, with ``~`` expanded, or an empty string if nothing is typed."""
        return os.path.expanduser(self.value.strip())

    @property
    def state(self) -> FolderState | None:
        """The result of the check of the current folder, or None if that check has not ended."""
        checked_folder, state = self._last_check or ("", None)
        return state if checked_folder == self.folder else None

    def on_mount(self) -> None:
        """Check the initial folder."""
        self.check()

    def check(self) -> None:
        """Start to check the folder, unless its state is known. If a check is running, the next one starts after it."""
        folder = self.folder
        if folder and self.state is None and not self._is_checking:
            self._is_checking = True
            self.run_worker(self._check_in_thread(folder), group="destination")

    def check_again(self) -> None:
        """If the folder failed its check, check it again, because the user may have created or mounted it since."""
        if isinstance(self.state, CsrtuiError):
            self._last_check = None
        self.check()

    def _watch_value(self, value: str) -> None:
        super()._watch_value(value)
        if self.is_mounted:
            self._last_check = None  # a path is checked again when it is typed again
            self.check()

    async def _check_in_thread(self, folder: str) -> None:
        state = await run_in_thread(lambda: examine_backup_folder(folder, self._store))
        self.post_message(self.Checked(folder, state))

    def on_destination_field_checked(self, event: Checked) -> None:
        """Record the result. If another folder has been typed since, check that folder."""
        self._is_checking = False
        self._last_check = (event.folder, event.state)
        self.check()
