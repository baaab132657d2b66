"""The form: what a CA wants to know, one line a field."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, FieldName
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.draft import Draft
from csrtui.core.servers.platforms import PLATFORMS, read_platform
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.form_field import FormField
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import separate
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from csrtui.core.base.finding import Fix
    from csrtui.tui.widgets.text_block import Line
    from csrtui.tui.widgets.text_field import TextField

TEXT_FIELDS = {
    FieldName.COMMON_NAME: "Common name",
    FieldName.NAMES: "Other names",
    FieldName.ORGANIZATION: "Organization",
    FieldName.ORGANIZATIONAL_UNIT: "Unit",
    FieldName.COUNTRY: "Country",
    FieldName.STATE: "State, province",
    FieldName.LOCALITY: "Locality",
}
"""The text fields with their labels, in the order of the form."""

_CHOICES = {
    FieldName.PLATFORM: ("Server", [(row.id, row.label) for row in PLATFORMS.values()]),
    FieldName.KEY: ("Key", [(key.value, key.label) for key in KeyType]),
    FieldName.CA: ("CA", [(kind.value, kind.value) for kind in CaKind]),
}
_LABEL_WIDTH = 17


class RequestForm(Widget):
    """The fields, and what was typed into them as a `Draft`.

    Args:
        id: The widget's id.
    """

    class Changed(Message):
        """Something in the form is different now."""

    class FieldFocused(Message):
        """The cursor is in another field.

        Args:
            name: Which.
        """

        def __init__(self, name: FieldName) -> None:
            super().__init__()
            self.name = name

    class Told(Message):
        """Something happened that the user is told in a line.

        Args:
            text: The line.
        """

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, draft: Draft, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._start = draft
        self._focused = FieldName.COMMON_NAME
        self._before_fix: tuple[Draft, Draft] | None = None
        self._undone_fix: tuple[Draft, Draft] | None = None
        self._told = draft
        self._renews = draft.renews

    def compose(self) -> ComposeResult:
        """Build the fields."""
        with Horizontal(id="texts"):
            yield TextBlock(id="labels")
            with Vertical(id="fields"):
                for name in TEXT_FIELDS:
                    if name is FieldName.COUNTRY:
                        with Horizontal(id="country-line"):
                            yield FormField(name, self)
                            yield TextBlock(id="country-name")
                    else:
                        yield FormField(name, self)
        with Horizontal(id="choices"):
            for name, (label, choices) in _CHOICES.items():
                yield ChoiceField(label, choices, getattr(self._start, name.value), id=name.value)

    def on_mount(self) -> None:
        """Show what the form starts with."""
        self.load(self._start)
        self._draw_labels()

    # What is typed

    @property
    def draft(self) -> Draft:
        """Everything in the form."""
        texts = {name.value: self._field(name).value for name in TEXT_FIELDS}
        choices = {name.value: self._choice(name).value for name in _CHOICES}
        templates = frozenset(name.value for name in TEXT_FIELDS if self._field(name).is_template)
        return Draft(**texts, **choices, renews=self._renews, templates=templates)

    def load(self, draft: Draft) -> None:
        """Show a draft from the start; that cannot be undone."""
        self._before_fix = self._undone_fix = None
        self._renews = draft.renews
        for name in TEXT_FIELDS:
            text = getattr(draft, name.value)
            self._field(name).load_text(text, is_template=name.value in draft.templates)
        self._load_choices(draft)
        self._told = self.draft
        self._show_country()

    @property
    def focused_field(self) -> FieldName:
        """The field with the cursor, or the last one that had it."""
        return self._focused

    def focus_field(self, name: FieldName) -> None:
        """Put the cursor into a field."""
        self.query_one(f"#{name.value}").focus()

    def begin_again(self, draft: Draft) -> None:
        """Show the draft of the next request; the cursor will stand in its common name."""
        self._focused = FieldName.COMMON_NAME
        self.load(draft)
        self._draw_labels()

    def focus_step(self, step: int) -> None:
        """Put the cursor into the field after or before, round the end."""
        order = [*TEXT_FIELDS, *_CHOICES]
        self.focus_field(order[(order.index(self._focused) + step) % len(order)])

    def tell(self, text: str) -> None:
        """Have a line told to the user."""
        self.post_message(self.Told(text))

    # Fixes

    def apply(self, fix: Fix, where: FieldName) -> None:
        """Apply a fix to the fields it is about; `undo_fix` takes it back as one."""
        before = self.draft
        if fix.names is not None:
            self._field(FieldName.COMMON_NAME).replace_text(fix.names[0] if fix.names else "")
            self._field(FieldName.NAMES).replace_text(", ".join(fix.names[1:]))
        if fix.value is not None and where in TEXT_FIELDS:
            self._field(where).replace_text(fix.value)
        if fix.ca is not None:
            self._choice(FieldName.CA).load_value(fix.ca.value)
        self._before_fix = (before, self.draft)
        self._show_country()
        self.post_message(self.Changed())

    def replace(self, draft: Draft) -> None:
        """Fill the form with a draft; `undo_fix` takes it back as one."""
        before = self.draft
        self._renews = draft.renews
        for name in TEXT_FIELDS:
            text = getattr(draft, name.value)
            self._field(name).replace_text(text, is_template=name.value in draft.templates)
        self._load_choices(draft)
        self._before_fix = (before, self.draft)
        self._show_country()
        self.post_message(self.Changed())

    def join_fixes(self, before: Draft) -> None:
        """Let `undo_fix` take back as one all that was applied since the form held `before`."""
        self._before_fix = (before, self.draft)

    def undo_fix(self) -> bool:
        """Take the last fix back, if nothing was typed since; say whether that was so."""
        if self._before_fix is None or self.draft != self._before_fix[1]:
            return False
        before, after = self._undone_fix = self._before_fix
        self._before_fix = None
        self._step(after, before, FormField.undo_to)
        return True

    def redo_fix(self) -> bool:
        """Apply the fix again that was taken back last, if nothing was typed since; say whether that was so."""
        if self._undone_fix is None or self.draft != self._undone_fix[0]:
            return False
        before, after = self._before_fix = self._undone_fix
        self._undone_fix = None
        self._step(before, after, FormField.redo_to)
        return True

    def _step(self, now: Draft, then: Draft, move: Callable[[FormField, Draft], None]) -> None:
        self._renews = then.renews
        changed = now.templates ^ then.templates
        for name in TEXT_FIELDS:
            if name.value in changed or now.texts[name.value] != then.texts[name.value]:
                move(self._field(name), then)
        self._load_choices(then)
        self.post_message(self.Changed())

    # Events

    def on_input_changed(self) -> None:
        """Tell of what was typed; not of what was loaded, nor of the same twice."""
        draft = self.draft
        if draft.renews and not draft.has_names:  # what is typed now is another request
            self._renews = ""
            self.tell(f"the next pair will not renew {draft.renews}")
            draft = self.draft
        if draft != self._told:
            self._told = draft
            self.post_message(self.Changed())

    def on_choice_field_changed(self, event: ChoiceField.Changed) -> None:
        """Another value was chosen; the server software brings its key type along."""
        if event.field.id == FieldName.PLATFORM.value:
            self._choice(FieldName.KEY).load_value(read_platform(event.value).key_type.value)
        self.post_message(self.Changed())

    def on_input_submitted(self, event: TextField.Submitted) -> None:
        """Enter goes on to the next field."""
        event.stop()
        self.focus_step(1)

    def on_descendant_focus(self) -> None:
        """Follow the cursor."""
        # Not the event's widget: a field that lies deeper tells later, and may have lost the cursor since.
        name = self._name_with_cursor
        if name is None:
            return
        left, self._focused = self._focused, name
        if left is FieldName.COUNTRY and name is not left:
            self.settle()
        self._draw_labels()
        self.post_message(self.FieldFocused(name))

    def on_descendant_blur(self) -> None:
        """Take the mark away where the cursor has left the form."""
        if self._name_with_cursor is None:
            self._draw_labels()

    def on_resize(self) -> None:
        """Keep the cursor in view where the form now has to scroll."""
        name = self._name_with_cursor
        if name is not None:
            self.call_after_refresh(self.query_one(f"#{name.value}").scroll_visible, animate=False)

    def on_text_field_pasted(self, event: TextField.Pasted) -> None:
        """Sort several lines out: names into the fields of names, else the first line only, and say so."""
        event.stop()
        lines, left_out = _separate_lines(event.lines)
        if event.field.id in {FieldName.COMMON_NAME.value, FieldName.NAMES.value}:
            from csrtui.core.names.name import split_names

            taken = self._take_names(event.field, split_names("\n".join(lines)))
            told = f"{taken} name{'s' if taken != 1 else ''} taken from the paste"
        else:
            event.field.replace(lines[0].strip(), *event.field.selection)
            told = f"only the first line was taken; {len(lines) - 1} more left out"
        if left_out:
            told += f"; {_left_out_text(left_out)}"
        self.tell(told)

    def on_text_field_left_out(self, event: TextField.LeftOut) -> None:
        """Say which characters a paste had that no field can hold."""
        event.stop()
        self.tell(_left_out_text(event.characters))

    def _take_names(self, field: TextField, names: list[str]) -> int:
        taken = len(names)
        if field.id == FieldName.COMMON_NAME.value and not field.value.strip() and names:
            field.replace_text(names.pop(0))
        others = self._field(FieldName.NAMES)
        kept = [others.value.strip().rstrip(",")] if others.value.strip() else []
        is_template = others.is_template and not any("{" in name for name in names)
        others.replace_text(", ".join([*kept, *names]), is_template=is_template)
        return taken

    # Drawing

    def settle(self) -> None:
        """Write the code for a country that was typed by its name; undo brings the name back."""
        from csrtui.core.subject import countries

        field = self._field(FieldName.COUNTRY)
        code = countries.find_country(field.value) if field.value.strip() else None
        if code is not None and not _is_code(field.value.strip()):
            field.replace_text(code)
        self._show_country()

    def _show_country(self) -> None:
        text = self._field(FieldName.COUNTRY).value.strip()
        if not text:
            self._country_name.show([])
            return
        from csrtui.core.subject import countries

        name = countries.name_of(text.upper()) if _is_code(text) else None
        if len(text) > 1 and not _is_code(text):
            name = ", ".join(f"{code} {found}" for code, found in countries.search(text)[:3])
        self._country_name.show([((visible(name or ""), "label"),)])

    def refresh_country(self) -> None:
        """Show the name of the country as it stands."""
        self._show_country()

    @property
    def _country_name(self) -> TextBlock:
        return self.query_one("#country-name", TextBlock)

    def _draw_labels(self) -> None:
        lines: list[Line] = []
        for name, label in TEXT_FIELDS.items():
            here = name is self._name_with_cursor
            lines.append(
                (
                    (">" if here else " ", "strong"),
                    (cut(label, _LABEL_WIDTH - 2), "strong" if here else "label"),
                )
            )
        self.query_one("#labels", TextBlock).show(lines)

    @property
    def _name_with_cursor(self) -> FieldName | None:
        focused = self.screen.focused
        return FieldName(str(focused.id)) if focused is not None and self in focused.ancestors else None

    def _field(self, name: FieldName) -> FormField:
        return self.query_one(f"#{name.value}", FormField)

    def _choice(self, name: FieldName) -> ChoiceField:
        return self.query_one(f"#{name.value}", ChoiceField)

    def _load_choices(self, draft: Draft) -> None:
        values = asdict(draft)
        for name in _CHOICES:
            self._choice(name).load_value(values[name.value])


def _separate_lines(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take out of each line what no field can hold; see `csrtui.tui.widgets.text_field.separate`."""
    parts = [separate(line) for line in lines]
    return [text for text, _ in parts], [character for _, left_out in parts for character in left_out]


def _left_out_text(characters: Sequence[str]) -> str:
    return f"left out {len(characters)} character{'s' if len(characters) > 1 else ''}: {' '.join(characters[:5])}"


def _is_code(text: str) -> bool:
    """Whether a country is typed as two letters; a slip such as UK is left to the advice."""
    return len(text) == 2 and text.isascii()  # noqa: PLR2004 - an alpha-2 code
