"""The dialogs of the request form: profiles, a pair or file to start from, and the second page."""

from __future__ import annotations

import os
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.binding import Binding

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.keys.passphrase_quality import strength
from csrtui.core.pairs.pair_name import check_pair_name, is_pair_name
from csrtui.core.pairs.renewal_ways import SAME_KEY_CONSEQUENCES
from csrtui.core.subject.fields import read_attributes
from csrtui.store.config_file import config_path
from csrtui.tasks.form_prefill import (
    PrefilledForm,
    profile_of,
    start_from_bytes,
    start_from_file,
    start_from_pair,
)
from csrtui.tasks.settings import delete_profile, load_settings, save_profile
from csrtui.tui.modals.form_base import NEXT_FIELD, FormModal
from csrtui.tui.modals.questions import ask
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.line_list import LineList, TextRows
from csrtui.tui.widgets.one_line_widgets import LabelledFields
from csrtui.tui.widgets.path_field import PathField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.base.secret import Secret
    from csrtui.core.config.settings import Profile
    from csrtui.tasks.draft import Draft
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_ROWS = 8
_NAME = 20


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


class ProfilesModal(FormModal["tuple[str, Profile | None] | None"]):
    """A dialog with the profiles. It returns the name and content of the chosen profile, or None.

    If the form was saved, it returns the name of the new profile without a content.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d,delete", "delete", "Delete", show=False)]
    heading = "Profiles"
    about = "A profile is the form without its names. To save the form as it is now, type a name for it."

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._rows = profile_rows({})
        self._message = ""

    def fields(self) -> Iterable[Widget]:
        """Return the list, and the field for a name below it."""
        yield LineList(self._rows, id="profiles")
        yield TextBlock(id="below-list")
        yield LabelledFields(
            ("New profile", TextField(placeholder="name for the form as it is now", id="profile-name"))
        )

    def on_mount(self) -> None:
        """Read the profiles."""
        self._read()
        self.query_one("#profiles" if len(self._rows) else "#profile-name").focus()

    # Events

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Return the chosen profile."""
        event.stop()
        self.dismiss(self._rows.item(event.index))

    def on_input_changed(self) -> None:
        """Remove the last message."""
        self._message = ""

    def on_input_submitted(self) -> None:
        """Save the form under the name in the field. Ask first if this would replace a profile."""
        name = self.text_of("#profile-name")
        if not name:
            self.fail(InputError("The profile name is empty. Type a name to save the form."))
        elif self._rows.find(name) is None:
            self._save(name)
        else:
            title = f"Replace the profile {name}?"
            ask(self.app, title, "It will be overwritten.", "Replace", lambda: self._save(name))

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
            self.fail(error)
        else:
            self.dismiss((name, None))

    def _delete(self, name: str) -> None:
        try:
            delete_profile(os.environ, name)
        except CsrtuiError as error:
            self.fail(error)
            return
        self._message = f"deleted {name}"
        self._read()
        if not len(self._rows):
            self.query_one("#profile-name").focus()

    def _read(self) -> None:
        try:
            settings = load_settings(os.environ)
        except CsrtuiError as error:
            self.fail(error)
            return
        profiles = settings.config.profiles if settings.config else {}
        sources = {name: settings.source("profiles", name) for name in profiles}
        own = config_path(os.environ)
        self._rows = profile_rows(profiles, {name: path for name, path in sources.items() if path != own})
        profile_list = self.query_one("#profiles", LineList)
        profile_list.set_rows(self._rows)
        profile_list.can_focus = len(self._rows) > 0
        self.fail(None)

    # Drawing

    def keys(self) -> Sequence[tuple[str, str]]:
        """Return the keys of the list or of the field."""
        if self.query_one("#profiles").has_focus:
            return ("Enter", "Load"), ("d", "Delete"), ("Tab", "New profile"), ("Esc", self.cancel)
        other = (("Tab", "List"),) if len(self._rows) else ()
        return ("Enter", "Save"), *other, ("Esc", self.cancel)

    def notes(self) -> list[Line]:
        """Return the last message."""
        return self.lines(self._message) if self._message else []

    def draw(self) -> None:
        """Redraw the dialog. The list has as many rows as the screen permits."""
        profiles = self.query_one("#profiles")
        self.show("#below-list", self.gap if len(self._rows) else [])
        super().draw()
        rows = min(len(self._rows), _ROWS, max(self.room_for(profiles) - 1, 1))
        profiles.styles.height = rows + 1 if rows else 0


class StartFromModal(FormModal[PrefilledForm | None]):
    """A dialog that asks for a pair, a CSR or a certificate, and returns the form filled in from it."""

    MORE_KEYS = (("Tab", "Complete"),)
    heading = "Copy from an existing pair, CSR or certificate"
    about = (
        "Enter the name of a pair or the path of a CSR or certificate, or paste its text. "
        "Names and subject are copied. The new pair gets a new key."
    )
    verb = "Copy"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def fields(self) -> Iterable[Widget]:
        """Return the field."""
        yield LabelledFields(("From", PathField("", "pair, or path of a file", id="source")))

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
        try:
            if is_pair_name(text) and text in self._session.store.names():
                self.dismiss(start_from_pair(self._session, text))
            else:
                self.dismiss(start_from_file(os.path.expanduser(text)))
        except CsrtuiError as error:
            self.fail(error)


_HELP = (
    "If the name is empty, the pair is named after its first host name. Without a passphrase, only file permissions protect "
    "the key. The passphrase is not saved with the form. Only private CAs accept additional subject attributes, such "
    "as OU=Research; UID=4711."
)
_OF_THAT_KEY = "If that key has a passphrase, type it once."


class KeyOptions(NamedTuple):
    """A form with the options of its second page, and the passphrase, which is in memory only.

    Attributes:
        passphrase: The passphrase of the new key, or of the key that the pair keeps, or None.
    """

    draft: Draft
    passphrase: Secret | None = None

    def applied_to(self, draft: Draft) -> Draft:
        """Return `draft` with these options. It keeps the key of a renewed pair only if it renews the same pair."""
        own = self.draft if self.draft.renews == draft.renews else self.draft.without_renewal()
        return replace(
            draft,
            pair_name=own.pair_name,
            attributes=own.attributes,
            has_passphrase=own.has_passphrase,
            same_key=own.same_key,
        )

    @property
    def summary(self) -> str:
        """The options that are set, in a few words, or ""."""
        draft, key = self.draft, "same key" if self.draft.same_key else ""
        if draft.has_passphrase and self.passphrase is None:
            key += f"{key and ', '}type the passphrase again"
        elif draft.has_passphrase and not draft.same_key:
            key = "key with passphrase"
        count = len(read_attributes(draft.attributes))
        texts = (
            f"pair {draft.pair_name}" if draft.pair_name else "",
            key,
            plural(count, "attribute") if count else "",
        )
        return ", ".join(filter(None, texts))


class KeyOptionsModal(FormModal[KeyOptions | None]):
    """A dialog for the options of the next pair. It returns them, or None if nothing changes.

    Args:
        offers_same_key: Whether the pair can keep the key of the pair that it renews.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+g", "accept", "Accept", show=False, priority=True)]
    FIRST_FOCUS = "ChoiceField, TextField"
    heading = "Pair and key"

    def __init__(self, options: KeyOptions, *, offers_same_key: bool = False) -> None:
        super().__init__()
        self._options = options
        self._offers_same_key = offers_same_key

    @property
    def verb(self) -> str:
        """The label of the Enter key, which accepts the options in the last field."""
        return "Accept" if self.query_one("#attributes").has_focus else NEXT_FIELD

    def fields(self) -> Iterable[Widget]:
        """Return the fields."""
        draft, passphrase = self._options
        if self._offers_same_key:
            keys = [("", "new key"), (draft.renews, f"same key as {draft.renews}")]
            yield ChoiceField("Key", keys, draft.renews if draft.same_key else "", id="key")
        yield LabelledFields(
            ("Pair's name", TextField(draft.pair_name, id="pair-name")),
            ("Passphrase", SecretField(secret=passphrase, id="passphrase")),
            ("Repeat", SecretField(secret=passphrase, id="again")),
            ("Attributes", TextField(draft.attributes, "TYPE=value; TYPE=value", id="attributes")),
        )

    @property
    def _is_same_key(self) -> bool:
        return self._offers_same_key and bool(self.query_one("#key", ChoiceField).value)

    def on_choice_field_changed(self) -> None:
        """Empty the passphrase, because it was for the other key."""
        for field in self.query(SecretField):
            field.load_text("")

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Go to the next field, or accept the options."""
        if event.input.id == "attributes":
            self.action_accept()
        else:
            self.query_one("#passphrase").focus()

    def on_secret_field_submitted(self, event: SecretField.Submitted) -> None:
        """Go to the next field. Only a new passphrase is repeated."""
        event.stop()
        is_repeated = self.secret_of("#passphrase").encoded and not self._is_same_key
        self.query_one("#again" if event.field.id == "passphrase" and is_repeated else "#attributes").focus()

    def keys(self) -> Sequence[tuple[str, str]]:
        """Return the keys, including the one that accepts the options in any field."""
        enter, *others = super().keys()
        return enter, ("ctrl+g", "Accept"), *others

    def action_accept(self) -> None:
        """Accept the options."""
        name, passphrase = self.text_of("#pair-name"), self.secret_of("#passphrase")
        attributes, is_same_key = self.text_of("#attributes"), self._is_same_key
        is_new = passphrase.encoded and not is_same_key and passphrase != self._options.passphrase
        field = "#pair-name"
        try:
            if name:
                check_pair_name(name)
            field = "#attributes"
            read_attributes(attributes)
        except CsrtuiError as error:
            self.fail(error, field)
            return
        is_typed = passphrase.encoded or self.secret_of("#again").encoded
        if is_typed and not is_same_key and not self.check_passphrase("Type the passphrase."):
            return
        draft = replace(
            self._options.draft,
            pair_name=name,
            has_passphrase=bool(passphrase.encoded),
            attributes=attributes,
            same_key=is_same_key,
        )
        options = KeyOptions(draft, passphrase if passphrase.encoded else None)
        if is_new:
            self.ask_if_weak(passphrase, lambda: self.dismiss(options))
        else:
            self.dismiss(options)

    @property
    def about(self) -> str:
        """The help, or the consequences of keeping the key."""
        return " ".join((*SAME_KEY_CONSEQUENCES, _OF_THAT_KEY)) if self._is_same_key else _HELP

    def notes(self) -> list[Line]:
        """Return a note on the strength of a new passphrase, or on the missing passphrase of a restored form."""
        passphrase, options = self.secret_of("#passphrase"), self._options
        if options.draft.has_passphrase and options.passphrase is None and not passphrase.encoded:
            return self.lines("The passphrase was not saved with the form. Type it again.", "warning")
        is_new = passphrase.encoded and not self._is_same_key
        return self.lines(strength(passphrase)) if is_new else []
