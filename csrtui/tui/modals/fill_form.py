"""The dialogs that fill the form: from a profile, or from a pair, CSR or certificate."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.store.config_file import config_path
from csrtui.tasks.prefill import PrefilledForm, profile_of, start_from_bytes, start_from_file, start_from_pair
from csrtui.tasks.settings import delete_profile, load_settings, save_profile
from csrtui.tui.modals.base import Modal
from csrtui.tui.modals.form import FormModal
from csrtui.tui.modals.messages import ask
from csrtui.tui.widgets.line_list import LineList, TextRows
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.config.settings import Profile
    from csrtui.tasks.draft import Draft, NumberedDraft, SessionDraft
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_ROWS = 8
_NAME = 20


_NO_PROFILES = "No profiles yet. Enter saves the form (without names) under the name typed below."
_PROFILES = "Enter loads a profile, d deletes it. To save the form, press Tab and type a name."


def profile_rows(
    profiles: Mapping[str, Profile], sources: Mapping[str, str] = MappingProxyType({})
) -> TextRows[tuple[str, Profile]]:
    """Return the rows of a list of profiles: the name and the settings of each.

    `sources` are the site-wide files that set a profile.
    """

    def text(item: tuple[str, Profile]) -> str:
        name, profile = item
        settings = ", ".join(profile.settings.values())
        if name in sources:
            settings += f" (set in {sources[name]})"
        return f"{pad(visible(name), _NAME)} {visible(settings)}"

    header = f"{pad('Profile', _NAME)} Settings"
    return TextRows(header, list(profiles.items()), text, lambda item: item[0])


class ProfilesModal(Modal["tuple[str, Profile] | None"]):
    """A dialog with the profiles. It returns the name and content of the chosen profile, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "ask_cancel", "Cancel", show=False, priority=True),
        Binding("d,delete", "delete", "Delete", show=False),
    ]

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._rows = profile_rows({})
        self._message: list[Line] = []

    def content(self) -> Iterable[Widget]:
        """Return the list, and the field for a name below it."""
        yield LineList(self._rows, id="profiles")
        yield TextBlock(id="name-label")
        yield TextField(placeholder="profile name", id="profile-name")

    def on_mount(self) -> None:
        """Read the profiles."""
        self._read()
        self.query_one("#profiles" if len(self._rows) else "#profile-name").focus()

    # Events

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Return the chosen profile."""
        event.stop()
        self.dismiss(self._rows.item(event.index))

    def on_input_submitted(self) -> None:
        """Save the form under the name in the field. Ask first if this would replace a profile.

        Without a name, return the profile under the cursor.
        """
        name = self.query_one("#profile-name", TextField).value.strip()
        if not name:
            self._use_selected()
            return
        if self._rows.find(name) is None:
            self._save(name)
            return
        title = f"Replace the profile {name}?"
        ask(self.app, title, "It will be overwritten.", "Replace", lambda: self._save(name))

    def _use_selected(self) -> None:
        profile = self.query_one("#profiles", LineList).current
        if profile is None:
            self._show_error(InputError("The profile name is empty. Type a name to save the form."))
        else:
            self.dismiss(profile)

    def action_ask_cancel(self) -> None:
        """Close without changes to the form. If the name of a profile was typed, ask first."""
        self.ask_before(self.action_cancel)

    def action_delete(self) -> None:
        """Ask whether to delete the profile under the cursor, and delete it if the user agrees."""
        profile = self.query_one("#profiles", LineList).current
        if profile is None:
            return
        name, _ = profile
        title = f"Delete the profile {name}?"
        ask(self.app, title, "No pair depends on it.", "Delete", lambda: self._delete(name))

    def _save(self, name: str) -> None:
        try:
            save_profile(os.environ, name, profile_of(self._draft))
        except CsrtuiError as error:
            self._show_error(error)
            return
        self.query_one("#profile-name", TextField).load_text("")
        self._message = self.lines(f"saved as {name}")
        self._read()

    def _delete(self, name: str) -> None:
        try:
            delete_profile(os.environ, name)
        except CsrtuiError as error:
            self._show_error(error)
            return
        self._message = self.lines(f"deleted {name}")
        self._read()

    def _read(self) -> None:
        try:
            settings = load_settings(os.environ)
            profiles = settings.config.profiles if settings.config else {}
            sources = {name: settings.source("profiles", name) for name in profiles}
            self._rows = profile_rows(
                profiles, {name: path for name, path in sources.items() if path != config_path(os.environ)}
            )
        except CsrtuiError as error:
            self._show_error(error)
            return
        self.query_one("#profiles", LineList).set_rows(self._rows)
        self.draw()

    def _show_error(self, error: CsrtuiError) -> None:
        self._message = self.error_lines(error)
        self.draw()

    # Drawing

    def draw(self) -> None:
        """Show the profiles and the last message."""
        text = _PROFILES if len(self._rows) else _NO_PROFILES
        about: list[Line] = [*self.lines("Profiles", "strong"), ()]
        self.show("#about", [*about, *self.lines(text, "label")])
        self.query_one("#profiles").styles.height = min(len(self._rows), _ROWS) + 1 if len(self._rows) else 0
        self.show("#name-label", [()])
        self.show("#keys", [*self._message, *self.key_lines(("Enter", "Load or save"), ("Esc", "Cancel"))])


_MAX_DRAFTS = 5
_UNCLAIMED = "Saved forms from earlier sessions. To continue with one, enter its name:"


class StartFromModal(FormModal[PrefilledForm | None]):
    """A dialog that asks for a pair, a CSR or a certificate, and returns the form filled in from it.

    Args:
        session_draft: Gives access to the saved forms from earlier sessions. None if they are not offered.
    """

    def __init__(self, session: Session, session_draft: SessionDraft | None = None) -> None:
        super().__init__()
        self._session = session
        self._session_draft = session_draft

    verb = "Copy"
    heading = "Copy from an existing pair, CSR or certificate"
    about = (
        "Enter the name of a pair or the path of a CSR or certificate, or paste its text. "
        "Names and subject are copied. The new pair gets a new key."
    )

    def fields(self) -> Iterable[Widget]:
        """Return the field."""
        return (TextField(id="source"),)

    def on_input_submitted(self) -> None:
        """Fill the form from the pair or the file."""
        text = self.text_of("#source")
        if text:
            self._start_from(text)

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Fill the form from the pasted text."""
        event.stop()
        event.prevent_default()  # the base class refuses a text of several lines
        try:
            self.dismiss(start_from_bytes("\n".join(event.lines).encode("utf-8", "replace")))
        except CsrtuiError as error:
            self.fail(error)

    def _start_from(self, text: str) -> None:
        saved = next((saved for saved in self._unclaimed_drafts if visible(saved.draft.title) == text), None)
        try:
            if saved is not None and self._session_draft is not None:
                self.dismiss(PrefilledForm(self._session_draft.claim(saved), ()))
            elif is_pair_name(text) and text in self._session.store.names():
                self.dismiss(start_from_pair(self._session, text))
            else:
                self.dismiss(start_from_file(os.path.expanduser(text)))
        except CsrtuiError as error:
            self.fail(error)

    @property
    def _unclaimed_drafts(self) -> tuple[NumberedDraft, ...]:
        return self._session_draft.unclaimed if self._session_draft is not None else ()

    def notes(self) -> list[Line]:
        """Return the saved forms."""
        titles = [f"  {saved.draft.title}" for saved in self._unclaimed_drafts[:_MAX_DRAFTS]]
        lines = [line for title in titles for line in self.lines(title)]
        return [*self.lines(_UNCLAIMED, "label"), *lines] if lines else []
