"""The request form, with one line for each field that a CA needs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from textual.containers import Horizontal
from textual.message import Message

from csrtui.core.base.escaping import plural
from csrtui.core.base.finding import CaKind, FieldName, Purpose
from csrtui.core.servers.platforms import read_platform
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.edit_history import EditHistory
from csrtui.tui.widgets.form_field import FormField, split_field
from csrtui.tui.widgets.request_fields import (
    CHOICES,
    TEXT_FIELDS,
    FieldGroups,
    FormChoice,
    describe_country,
    is_code,
)
from csrtui.tui.widgets.text_field import TextField, remove_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult

    from csrtui.core.base.finding import Fix
    from csrtui.tasks.draft import Draft
    from csrtui.tui.modals.other_names import NameEdits


class RequestForm(FieldGroups):
    """The fields of a request. Their content is a `Draft`."""

    class Changed(Message):
        """The content of the form has changed."""

    class FieldFocused(Message):
        """Another field of the form has received the focus."""

    @dataclass(eq=False, repr=False)
    class Notice(Message):
        """A message for the user."""

        text: str

    def __init__(self, draft: Draft, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._initial_draft = draft
        self._focused = FieldName.COMMON_NAME
        self._history = EditHistory["Draft"]()
        self._state = draft
        self._edited_field: FieldName | None = None
        self._is_in_step = False
        self._hidden = draft  # the values without a field

    def compose(self) -> ComposeResult:
        """Build the fields."""
        for name in TEXT_FIELDS:
            yield FormField(name, self)
        with Horizontal(id="choices"):
            for name, (label, choices) in CHOICES.items():
                yield FormChoice(
                    self, label, choices, getattr(self._initial_draft, name.value), id=name.value
                )

    def on_mount(self) -> None:
        """Show the initial content."""
        self.load(self._initial_draft)

    # Content

    @property
    def draft(self) -> Draft:
        """The content of the form."""
        values: dict[str, Any] = {name.value: self._field(name).value for name in TEXT_FIELDS}
        values |= {name.value: self._choice(name).value for name in CHOICES}
        templates = frozenset(name.value for name in TEXT_FIELDS if self._field(name).is_template)
        return replace(
            self._hidden,
            **values,
            templates=templates,
        )

    def load(self, draft: Draft) -> None:
        """Show a draft and discard the history."""
        self._history.clear()
        self._hidden = draft
        for name in TEXT_FIELDS:
            text = getattr(draft, name.value)
            self._field(name).load_text(text, is_template=name.value in draft.templates)
        self._load_choices(draft)
        self._state = self.draft
        self.refresh_notes()

    @property
    def focused_field(self) -> FieldName:
        """The focused field, or the last focused field if the focus is outside the form."""
        return self._focused

    def focus_field(self, name: FieldName) -> None:
        """Focus a field. A purpose that is not displayed is displayed first."""
        field = self.query_one(f"#{name.value}")
        if not field.display:
            self._focused = name
            self.refresh_notes()
            self.call_after_refresh(field.scroll_visible, animate=False)
        field.focus()

    def begin_again(self, draft: Draft) -> None:
        """Show the draft of the next request, and make the common name the current field."""
        self._focused = FieldName.COMMON_NAME
        self.load(draft)
        self.refresh()

    def focus_step(self, step: int) -> None:
        """Focus the next field (step 1) or the previous one (step -1). The first field follows the last."""
        order = self.order
        self.focus_field(order[(order.index(self._focused) + step) % len(order)])

    @property
    def order(self) -> list[FieldName]:
        """The fields that can be focused, in order."""
        return [name for name in (*TEXT_FIELDS, *CHOICES) if self.query_one(f"#{name.value}").display]

    def tell(self, text: str) -> None:
        """Post a message for the user."""
        self.post_message(self.Notice(text))

    # Undo steps

    @contextmanager
    def one_step(self) -> Iterator[None]:
        """Record all changes of the form in this context as one undo step."""
        is_outermost, self._is_in_step = not self._is_in_step, True
        try:
            yield
        finally:
            if is_outermost:
                self._is_in_step = False
                self._record_step()
                self.refresh_notes()

    def record(self, field: FieldName, *, continues: bool) -> None:
        """Record an edit of a text field. With `continues`, it is a part of the last undo step of this field."""
        if self._is_in_step:
            return
        if not self.draft.has_names:  # the names that are typed next belong to another request
            if self._hidden.renews:
                self.tell(f"the next pair will not renew {self._hidden.renews}")
                self._hidden = self._hidden.without_renewal()
            self._hidden = replace(self._hidden, no_common_name=False)
        self._record_step(field, continues=continues and field is self._edited_field)

    def _record_step(self, field: FieldName | None = None, *, continues: bool = False) -> None:
        self._edited_field = field
        draft = self.draft
        if draft != self._state:
            self._history.record(self._state, continues=continues)
            self._state = draft
            self.post_message(self.Changed())

    def undo(self) -> None:
        """Undo the last change of the form."""
        self._restore(self._history.undo(self._state))

    def redo(self) -> None:
        """Redo the last undone change of the form."""
        self._restore(self._history.redo(self._state))

    def _restore(self, draft: Draft | None) -> None:
        """Show an earlier or later content, if any. If only one text differs, go to its field."""
        if draft is None:
            return
        self._hidden = draft
        self._load_choices(draft)
        templates = draft.templates
        changed = [
            name
            for name, text in draft.texts.items()
            if self._field(FieldName(name)).restore(text, name in templates)
        ]
        self._state, self._edited_field = self.draft, None
        self.refresh_notes()
        if len(changed) == 1:
            self.focus_field(FieldName(changed[0]))
        self.post_message(self.Changed())

    def apply(self, fix: Fix, name: FieldName) -> None:
        """Apply the fix of a finding on field `name`, as one undo step."""
        with self.one_step():
            if fix.names is not None:
                self._field(FieldName.COMMON_NAME).replace_text(fix.names[0] if fix.names else "")
                self._field(FieldName.NAMES).replace_text(", ".join(fix.names[1:]))
                is_left_out = self._hidden.no_common_name or fix.no_common_name
                self._hidden = replace(self._hidden, no_common_name=is_left_out)
            if fix.value is not None and name in TEXT_FIELDS:
                self._field(name).replace_text(fix.value)
            elif fix.value is not None:
                self._choice(name).load_value(fix.value)
            if fix.ca is not None:
                self._choice(FieldName.CA).load_value(fix.ca.value)
            if fix.purpose is not None:
                self._choice(FieldName.PURPOSE).load_value(fix.purpose.value)
            if fix.drops_must_staple:
                self._hidden = replace(self._hidden, must_staple=False)

    def choose(self, field: ChoiceField, value: str) -> None:
        """Set a choice, as one undo step. The server software also sets the key type that suits it."""
        with self.one_step():
            field.load_value(value)
            if field.id == FieldName.PLATFORM.value:
                self._choice(FieldName.KEY).load_value(read_platform(value).key_type.value)

    def replace(self, draft: Draft) -> None:
        """Fill the form with a draft, as one undo step."""
        with self.one_step():
            self._hidden = draft
            for name, text in draft.texts.items():
                self._field(FieldName(name)).replace_text(text, is_template=name in draft.templates)
            self._load_choices(draft)

    # Events

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Focus the next field when Enter is pressed. If there are other names, open their list."""
        event.stop()
        if event.input.id == FieldName.NAMES.value and event.value.strip():
            self._open_names()
        else:
            self.focus_step(1)

    def _open_names(self) -> None:
        from csrtui.tui.modals.other_names import NamesModal

        field = self._field(FieldName.NAMES)
        names = split_field(field.value, is_template=field.is_template)
        self.app.push_screen(NamesModal(names, is_literal=field.is_literal), self._set_names)

    def _set_names(self, edits: NameEdits | None) -> None:
        if edits is not None:
            text = ", ".join(edits.names)
            self._field(FieldName.NAMES).replace_text(text, is_template="{" in text and not edits.is_literal)

    def on_descendant_focus(self) -> None:
        """Record the focused field. If the cursor has left the country field, convert a country name to its code."""
        # Do not use the event's widget: events of nested fields arrive late, when the focus may have moved on.
        name = self._name_with_cursor
        # When the form is hidden, Textual moves the focus to another field before it leaves the form.
        if name is None or not all(node.display for node in self.ancestors_with_self):
            return
        previous, self._focused = self._focused, name
        if previous is FieldName.COUNTRY and name is not previous:
            self.convert_country_name()
        self.refresh_line(previous.value)
        self.refresh_line(name.value)
        self.post_message(self.FieldFocused())

    def on_descendant_blur(self) -> None:
        """Remove the mark of the current field when the focus leaves the form."""
        self.refresh_line(self._focused.value)

    def on_resize(self) -> None:
        """Keep the focused field in view, because the form may have to scroll at the new size."""
        name = self._name_with_cursor
        if name is not None:
            self.call_after_refresh(self.query_one(f"#{name.value}").scroll_visible, animate=False)

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Put pasted names into the name fields. In any other field, insert only the first line of the paste."""
        event.stop()
        cleaned = [remove_controls(line) for line in event.lines]
        lines = [line for line, _ in cleaned]
        controls = tuple(character for _, removed in cleaned for character in removed)
        if event.field.id in {FieldName.COMMON_NAME.value, FieldName.NAMES.value}:
            from csrtui.core.names.pasted_text import split_names

            names = split_names("\n".join(lines))
            self._add_names(event.field, names)
            text = f"pasted {plural(len(names), 'name')}"
        else:
            event.field.replace(lines[0].strip(), *event.field.selection)
            text = f"pasted the first line only; ignored {plural(len(lines) - 1, 'more line')}"
        if controls:
            text += f"; {TextField.CharactersRemoved(controls).text}"
        self.tell(text)

    def on_text_field_characters_removed(self, event: TextField.CharactersRemoved) -> None:
        """Report which characters were removed from a paste."""
        event.stop()
        self.tell(event.text)

    def _add_names(self, field: TextField, names: list[str]) -> None:
        """Add names to the other names. If `field` is the common name and is empty, the first name goes there."""
        if field.id == FieldName.COMMON_NAME.value and not field.value.strip() and names:
            field.replace_text(names[0])
            names = names[1:]
        other_names = self._field(FieldName.NAMES)
        existing = [other_names.value.strip().rstrip(",")] if other_names.value.strip() else []
        is_template = other_names.is_template and not any("{" in name for name in names)
        other_names.replace_text(", ".join([*existing, *names]), is_template=is_template)

    # Drawing

    def convert_country_name(self) -> None:
        """Replace a typed country name with its code, as an undo step."""
        from csrtui.core.subject import countries

        field = self._field(FieldName.COUNTRY)
        code = countries.find_country(field.value) if field.value.strip() else None
        if code is not None and not is_code(field.value.strip()):
            field.replace_text(code)
        self.refresh_notes()

    def refresh_notes(self) -> None:
        """Update the country, the number of other names and, for a private CA, the purpose."""
        names = self._field(FieldName.NAMES)
        count = len(split_field(names.value, is_template=names.is_template)) if names.value.strip() else 0
        notes = {
            FieldName.NAMES.value: f"{count} {'entry' if count == 1 else 'entries'}  Enter: list"
            if count
            else "",
            FieldName.COUNTRY.value: describe_country(self._field(FieldName.COUNTRY).value.strip()),
        }
        draft = self.draft
        has_purpose = draft.ca == CaKind.PRIVATE.value or draft.purpose != Purpose.SERVER.value
        has_purpose = has_purpose or self._focused is FieldName.PURPOSE
        self._choice(FieldName.PURPOSE).display = has_purpose
        self.query_one("#choices").set_class(has_purpose, "-four")
        self.show_notes(notes)

    @property
    def _name_with_cursor(self) -> FieldName | None:
        focused = self.screen.focused
        return FieldName(str(focused.id)) if focused is not None and self in focused.ancestors else None

    def _field(self, name: FieldName) -> FormField:
        return self.query_one(f"#{name.value}", FormField)

    def _choice(self, name: FieldName) -> ChoiceField:
        return self.query_one(f"#{name.value}", ChoiceField)

    def _load_choices(self, draft: Draft) -> None:
        for name in CHOICES:
            self._choice(name).load_value(getattr(draft, name.value))
