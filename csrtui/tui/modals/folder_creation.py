"""Part of dialogs with a folder field: create the folder if it does not exist."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.store.new_files import MissingFolderError, create_output_folder
from csrtui.tui.modals.base import Modal, ResultT
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.binding import BindingType

    from csrtui.tui.widgets.text_block import Line

CREATE_KEY = "F7"
"""The key that creates the folder, as in file managers. A printable key would be typed into the field."""


class FolderCreation(Modal[ResultT]):
    """A dialog that offers to create a missing folder."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "create_folder", "Create the folder", show=False, priority=True),
    ]

    folder_error: CsrtuiError | None = None
    """The error of the typed folder, or None."""

    @on(TextField.Changed)
    def _forget_folder_error(self) -> None:
        self.folder_error = None

    def check_created_folder(self) -> None:
        """Check the typed folder again, because it was created."""
        raise NotImplementedError

    def fail(self, error: CsrtuiError, field: str | None = None) -> None:
        """Show an error. If `field` is given, move the cursor to that field."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to create the folder only if it is missing."""
        if action == "create_folder":
            return isinstance(self.folder_error, MissingFolderError)
        return super().check_action(action, parameters)

    def action_create_folder(self) -> None:
        """Create the folder, and the missing folders above it."""
        error = self.folder_error
        if isinstance(error, MissingFolderError):
            self.run_worker(self._create(error.path), group="folder")

    async def _create(self, path: str) -> None:
        try:
            await asyncio.to_thread(create_output_folder, path)
        except CsrtuiError as error:
            self.fail(error)
        else:
            self.check_created_folder()

    def error_lines(self, error: CsrtuiError) -> list[Line]:
        """Return the lines of an error. For a missing folder, its hint is the key that creates the folder."""
        if isinstance(error, MissingFolderError):
            text = f"{visible(error.path)} does not exist. Press {CREATE_KEY} to create it (mode 0700), or mount it."
            return self.lines(text, "error")
        return super().error_lines(error)
