"""Fields for the owner, group and mode of files that contain a private key, on one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal

from csrtui.store.permissions import FileAccess, assignable_owner
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult

ACCESS_HELP: Final = {
    "owner": "The owner of the files with the key. Empty: you, or as the replaced file.",
    "group": "The group of the files with the key. It can read them if the mode is 640.",
    "mode": "The mode of the files with the key: 600 (owner only) or 640 (owner and group).",
}
"""A sentence for each field, by its id."""


class AccessFields(Horizontal):
    """Three fields with the ids ``owner``, ``group`` and ``mode``. An empty field means the default."""

    DEFAULT_CSS = """
    AccessFields { height: 1; }
    AccessFields #group { margin: 0 1; }
    AccessFields #mode { width: 10; }
    """

    def compose(self) -> ComposeResult:
        """Build the fields."""
        yield TextField(placeholder="owner", id="owner")
        yield TextField(placeholder="group", id="group")
        yield TextField(placeholder="mode 600", id="mode")

    @property
    def access(self) -> FileAccess:
        """The typed values."""
        texts = [self.query_one(f"#{field}", TextField).value.strip() or None for field in ACCESS_HELP]
        return FileAccess(*texts)

    def suggest_owner(self, owner: str | None) -> None:
        """Fill in an owner if csrtui can set it and the user has not typed one."""
        field, text = self.query_one("#owner", TextField), assignable_owner(owner)
        if field.value != text and not field.is_typed and not field.has_focus:
            with self.prevent(TextField.Changed):
                field.load_text(text)
