"""A field for the folder that backups go to; what is to be said of the folder is found out while one types."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.message import Message

from csrtui.core.base.errors import CsrtuiError
from csrtui.store.backups import Destination, look_at
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.events import Mount

Found = Destination | CsrtuiError
"""What is to be said of a folder, or why it will not do."""


class DestinationField(TextField, inherit_css=True):
    """A `TextField` that looks at the folder named in it.

    It looks in a thread: on a network drive that is away, asking takes long.

    Args:
        value: The folder at first.
        store: The store's folder, from which a backup should be apart.
        id: The widget's id.
    """

    class Looked(Message):
        """It is known what to say of the folder.

        Args:
            folder: Which.
            found: What.
        """

        def __init__(self, folder: str, found: Found) -> None:
            super().__init__()
            self.folder = folder
            self.found = found

    def __init__(self, value: str, store: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(value, "where the backups go", id=id)
        self._store = store
        self._looking = False
        self._seen: tuple[str, Found] | None = None

    @property
    def folder(self) -> str:
        """The folder, ``~`` written out; empty when none is named."""
        return os.path.expanduser(self.value.strip())

    @property
    def found(self) -> Found | None:
        """What is to be said of the folder; None until it is known."""
        return self._seen[1] if self._seen is not None and self._seen[0] == self.folder else None

    def _on_mount(self, event: Mount) -> None:
        super()._on_mount(event)
        self.look()

    def look(self) -> None:
        """Look at the folder, unless it was looked at or a look is under way: that one is followed by another."""
        folder = self.folder
        if folder and self.found is None and not self._looking:
            self._looking = True
            self.run_worker(lambda: self._look_in_thread(folder), thread=True, group="destination")

    def look_again(self) -> None:
        """Look at a folder that would not do once more: by now it may be there."""
        if isinstance(self.found, CsrtuiError):
            self._seen = None
        self.look()

    def _watch_value(self, value: str) -> None:
        super()._watch_value(value)
        if self.is_mounted:
            if self.found is None:
                self._seen = None  # the same path typed again is checked again: the folder may have changed
            self.look()

    def _look_in_thread(self, folder: str) -> None:
        found: Found
        try:
            found = look_at(folder, self._store)
        except CsrtuiError as error:
            found = error
        self.post_message(self.Looked(folder, found))

    def on_destination_field_looked(self, event: Looked) -> None:
        """Keep what was found; if it is of another folder by now, look again."""
        self._looking = False
        self._seen = (event.folder, event.found)
        self.look()
