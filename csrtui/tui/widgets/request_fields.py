"""The parts of the request form: its fields in groups with titles, its choices, and the text in the country field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from csrtui.core.advice.field_help import CA_HELP, KEY_HELP, PURPOSE_HELP
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, FieldName, Purpose
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.tui.widgets.choice_field import ChoiceField, ChoiceValue
from csrtui.tui.widgets.text_block import TEXT_STYLES
from csrtui.tui.wrapping import cut, title_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from csrtui.tui.widgets.request_form import RequestForm
    from csrtui.tui.widgets.text_block import Line

LABEL_WIDTH = 17
"""The cells before a field: the cursor mark, the label and a gutter of two cells."""
GUTTER = 2

TEXT_FIELDS = {
    FieldName.COMMON_NAME: "Common name",
    FieldName.NAMES: "Other names",
    FieldName.ORGANIZATION: "Organization",
    FieldName.ORGANIZATIONAL_UNIT: "Unit",
    FieldName.COUNTRY: "Country",
    FieldName.STATE: "State",
    FieldName.LOCALITY: "Locality",
}
"""The text fields and their labels, in the order of the form."""


def _summary(help_text: str) -> str:
    """Return the first sentence of the help for a value, without the value."""
    return help_text.partition(": ")[2].split(". ")[0].removesuffix(".")


CHOICES = {
    FieldName.PLATFORM: (
        "Server",
        [ChoiceValue(platform.id, platform.label) for platform in PLATFORMS.values()],
    ),
    FieldName.KEY: ("Key", [ChoiceValue(key.value, key.label, _summary(KEY_HELP[key])) for key in KeyType]),
    FieldName.CA: ("CA", [ChoiceValue(kind.value, kind.value, _summary(CA_HELP[kind])) for kind in CaKind]),
    FieldName.PURPOSE: (
        "Purpose",
        [
            ChoiceValue(purpose.value, text, _summary(PURPOSE_HELP[purpose]))
            for purpose, text in zip(Purpose, ("server", "client", "both", "e-mail", "code"), strict=True)
        ],
    ),
}
FIELD_LABELS = {name.value: label for name, label in TEXT_FIELDS.items()} | {
    name.value: label for name, (label, _) in CHOICES.items()
}
"""The labels of all fields."""
_GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    FieldName.COMMON_NAME: (
        "Names",
        ("all that domain-validated certificates need", "enough for DV certificates"),
    ),
    FieldName.ORGANIZATION: ("Organization", ("only for OV, EV and private CAs", "OV, EV, private CAs")),
    "choices": ("Made for", ()),
}
"""The title and the notes of each group, by the id of its first field. The first note that fits is shown. The last
notes are set by the form."""
_AROUND_NOTE = 8
"""The cells of a title line besides the title and the note."""
_MAX_COUNTRIES = 3
"""The number of countries that are shown for a part of a country's name."""


def is_code(text: str) -> bool:
    """Return whether a country is typed as two letters. The advice handles wrong codes such as UK."""
    return len(text) == 2 and text.isascii()  # noqa: PLR2004 - an alpha-2 code


def describe_country(text: str) -> str:
    """Return the name for a country code, or the countries that match a part of a country's name."""
    if not text:
        return ""
    from csrtui.core.subject import countries

    if is_code(text):
        return visible(countries.name_of(text.upper()) or "")
    matches = countries.search(text)[:_MAX_COUNTRIES] if len(text) > 1 else ()
    return visible(", ".join(f"{code} {match}" for code, match in matches))


def is_part_of_name(text: str) -> bool:
    """Return whether a text is not a code but may be the beginning of a country's name, and so is not an error yet."""
    from csrtui.core.subject import countries

    text = text.strip()
    return bool(text) and not countries.is_code(text) and (len(text) == 1 or bool(countries.search(text)))


def _first_fitting(texts: Sequence[str], room: int) -> str:
    """Return the first text that fits into `room` cells, or else the beginning of the last one."""
    text = next((text for text in texts if cell_len(text) <= room), texts[-1])
    return cut(text, room) if room > 0 else ""


class FieldGroups(Widget):
    """A container of fields that draws a label before each field, and a title above each group.

    It draws them itself, because a widget for each of them would delay the first frame. A group has a title if its first
    field leaves a line free above it (``margin-top``).
    """

    DEFAULT_CSS = """
    FieldGroups { width: 1fr; height: auto; layout: vertical; color: $foreground; }
    """
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._notes: dict[str, str] = {}
        self._options_notes: tuple[str, ...] = ("",)

    def note(self, field: str) -> str:
        """Return the text after the field with this id: the name of the country, or the number of names."""
        return self._notes.get(field, "")

    def show_notes(self, notes: dict[str, str]) -> None:
        """Show a note after each field. The keys of `notes` are field ids."""
        changed = [field for field, note in notes.items() if note != self.note(field)]
        self._notes = notes
        for field in changed:
            self.refresh_line(field)

    def show_options(self, *notes: str) -> None:
        """Show the options on the second page of the form in the title of the last group: the first note that fits."""
        if notes != self._options_notes:
            self._options_notes = notes
            self.refresh()

    def refresh_line(self, field: str) -> None:
        """Redraw the label and the note of the field with this id."""
        widget = self._fields.get(field)
        if widget is not None:
            self.refresh(Region(0, widget.virtual_region.y - self.scroll_offset.y, self.size.width, 1))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Redraw the labels when the form scrolls."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    @property
    def _fields(self) -> dict[str, Widget]:
        """The fields that are displayed, by their ids."""
        return {child.id: child for child in self.children if child.id is not None and child.display}

    def render_line(self, y: int) -> Strip:
        """Draw a line of the form, which its fields then cover."""
        style, width = self.rich_style, self.size.width
        segments = [
            Segment(text, style + TEXT_STYLES[name]) for text, name in self._line(y + self.scroll_offset.y)
        ]
        return Strip(segments).adjust_cell_length(width, style)

    def _line(self, y: int) -> Line:
        for name, field in self._fields.items():
            line = field.virtual_region.y
            if y == line and name in TEXT_FIELDS:
                return self._field_line(name, field)
            if y == line - 1 and field.styles.margin.top and name in _GROUPS:
                title, notes = _GROUPS[name]
                room = max(self.size.width - len(title) - _AROUND_NOTE, 1)
                return title_line(title, _first_fitting(notes or self._options_notes, room), self.size.width)
        return ()

    def _field_line(self, name: str, field: Widget) -> Line:
        end = field.virtual_region.right
        room = self.size.width - end - GUTTER
        note = self.note(name)
        count, _, key = note.partition("  ")
        note = _first_fitting((note, key if key and field.has_focus else count), room)
        gap = " " * (end - LABEL_WIDTH + GUTTER)
        label = f"{FIELD_LABELS[name]} *" if name == FieldName.COMMON_NAME else FIELD_LABELS[name]
        label = cut(label, LABEL_WIDTH - GUTTER - 1).ljust(LABEL_WIDTH - 1)
        mark, style = (">", "strong") if field.has_focus else (" ", "label")
        return ((mark, "strong"), (label, style), (f"{gap}{note}", "label"))


class FormChoice(ChoiceField):
    """A choice field of the request form, with keys that undo and redo changes to the form."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z,ctrl+underscore", "undo", "Undo", show=False),
        Binding("ctrl+y", "redo", "Redo", show=False),
    ]
    label_width = LABEL_WIDTH

    def __init__(
        self,
        form: RequestForm,
        label: str,
        choices: Sequence[tuple[str, str] | ChoiceValue],
        value: str,
        *,
        id: str,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(label, choices, value, id=id)
        self._form = form

    def action_undo(self) -> None:
        """Undo the last change of the form."""
        self._form.undo()

    def action_redo(self) -> None:
        """Redo the last undone change of the form."""
        self._form.redo()

    def _choose(self, value: str) -> None:
        if value != self.value:
            self._form.choose(self, value)
