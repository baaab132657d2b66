"""Named sets of what requests have in common: to start from one, to keep one, to drop one."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import visible
from csrtui.tasks.profiles import delete_profile, load_config, profile_of, save_profile
from csrtui.tui.screens.confirm import ConfirmScreen
from csrtui.tui.screens.dialog import Dialog
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import cut, pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.config.settings import Profile
    from csrtui.core.pairs.draft import Draft
    from csrtui.tui.widgets.text_block import Line

_ROWS = 8
_NAME = 20


class Filling(StrEnum):
    """What fills the dialog's list."""

    NOTHING = "No profiles yet. Type a name below, and Enter keeps the form under it, all but the names."
    SOMETHING = "Enter fills the form with a profile, d drops it. Tab, then a name, keeps the form under it."


class ProfileRows:
    """The profiles as rows.

    Args:
        profiles: By name.
    """

    def __init__(self, profiles: Mapping[str, Profile]) -> None:
        self._items = list(profiles.items())

    def __len__(self) -> int:
        return len(self._items)

    def item(self, index: int) -> tuple[str, Profile]:
        """The profile in a row, with its name."""
        return self._items[index]

    def header(self, width: int) -> str:
        """The columns' names."""
        return cut(f"{pad('Profile', _NAME)} Says", width)

    def row(self, index: int, width: int) -> str:
        """One profile: its name and what it says."""
        name, profile = self._items[index]
        says = ", ".join(text for _, text in profile.said())
        return cut(f"{pad(visible(name), _NAME)} {visible(says)}", width)

    def key(self, index: int) -> Hashable:
        """The profile's name."""
        return self._items[index][0]

    def find(self, key: Hashable) -> int | None:
        """Where the profile of that name is."""
        return next((at for at, (name, _) in enumerate(self._items) if name == key), None)


class ProfilesScreen(Dialog["tuple[str, Profile] | None"]):
    """Lists the profiles; gives the one chosen with its name, or None.

    Args:
        draft: The form, which can be kept as a profile.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, priority=True),
        Binding("d,delete", "drop", "Drop", show=False),
    ]

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._rows = ProfileRows({})
        self._told: list[Line] = []

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield LineList(self._rows, id="profiles")
            yield TextBlock(id="keep-label")
            yield TextField(placeholder="name of a profile to keep the form as", id="keep-as")
            yield TextBlock(id="answer")

    def on_mount(self) -> None:
        """Read the profiles."""
        self._read()
        self.query_one("#profiles" if len(self._rows) else "#keep-as").focus()

    # Events

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Give the profile chosen."""
        event.stop()
        self.dismiss(self._rows.item(event.index))

    def on_input_submitted(self) -> None:
        """Keep the form under the name typed; one that is there is replaced only after a question.

        Without a name, give the profile that is marked.
        """
        name = self.query_one("#keep-as", TextField).value.strip()
        if not name:
            self._use_marked()
            return
        if self._rows.find(name) is None:
            self._keep(name)
            return
        question = ConfirmScreen(
            f"Replace the profile {name}?", "It will say what the form says now.", "Replace"
        )
        self.app.push_screen(question, lambda yes: self._keep(name) if yes else None)

    def _use_marked(self) -> None:
        at = self.query_one("#profiles", LineList).cursor
        if at is None:
            self._show_error(InputError("Type a name first: Enter keeps the form under it."))
        else:
            self.dismiss(self._rows.item(at))

    def action_cancel(self) -> None:
        """Go back to the form as it was."""
        self.dismiss(None)

    def action_drop(self) -> None:
        """Drop the profile under the cursor, after a question."""
        at = self.query_one("#profiles", LineList).cursor
        if at is None:
            return
        name, _ = self._rows.item(at)
        question = ConfirmScreen(f"Drop the profile {name}?", "No pair depends on it.", "Drop")
        self.app.push_screen(question, lambda yes: self._drop(name) if yes else None)

    def _keep(self, name: str) -> None:
        try:
            save_profile(os.environ, name, profile_of(self._draft))
        except CsrtuiError as error:
            self._show_error(error)
            return
        self.query_one("#keep-as", TextField).load_text("")
        self._told = self.lines(f"kept as {name}")
        self._read()

    def _drop(self, name: str) -> None:
        try:
            delete_profile(os.environ, name)
        except CsrtuiError as error:
            self._show_error(error)
            return
        self._told = self.lines(f"dropped {name}")
        self._read()

    def _read(self) -> None:
        try:
            self._rows = ProfileRows(load_config(os.environ).profiles)
        except CsrtuiError as error:
            self._show_error(error)
            return
        self.query_one("#profiles", LineList).set_rows(self._rows)
        self.draw()

    def _show_error(self, error: CsrtuiError) -> None:
        self._told = self.error_lines(error)
        self.draw()

    # Drawing

    def draw(self) -> None:
        """Show the profiles, and what was done last."""
        filling = Filling.SOMETHING if len(self._rows) else Filling.NOTHING
        about: list[Line] = [*self.lines("Profiles", "strong"), ()]
        self.show("#about", [*about, *self.lines(filling.value, "label")])
        self.query_one("#profiles").styles.height = min(len(self._rows), _ROWS) + 1 if len(self._rows) else 0
        self.show("#keep-label", [()])
        self.show("#answer", [*self._told, *self.key_lines(("Enter", "Use or keep"), ("Esc", "Cancel"))])
