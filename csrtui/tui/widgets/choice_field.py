"""A field with a few fixed values, chosen from a list, with the arrow keys or with a letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

    from csrtui.tui.groups import Group


_MIN_FULL_LINE = 30
"""In a field of at least this many cells, the value is aligned with the text fields if it fits there."""
_FRAME = 7
"""The maximum number of cells around the label and the value: the cursor mark, a blank, the brackets, the arrow, and a gutter."""


class ChoiceValue(NamedTuple):
    """A value of a choice field.

    Attributes:
        description: A sentence for the list of the values, or "".
    """

    value: str
    text: str
    description: str = ""


class PrefixSearch:
    """A search for a value by a typed prefix. A letter that does not extend the prefix starts a new one.

    Another character, such as a space, searches only if it extends the prefix of a value. Otherwise, it keeps its meaning.
    A value that was typed in full is found before the longer ones that begin with it.
    """

    _typed = ""

    def find(self, choices: Sequence[ChoiceValue], index: int, character: str | None) -> int | None:
        """Add a character to the prefix, and return the index of the value that matches, or `index` if none does.

        The search starts at `index`, or after it for the first character, and continues with the first choice. Return None
        if the character is not part of a search.
        """
        letter = (character or "").casefold()
        texts = [choice.text.casefold() for choice in choices]
        typed = self._typed if texts[index].startswith(self._typed) else ""
        extends = bool(typed) and any(text.startswith(typed + letter) for text in texts)
        if len(letter) != 1 or not (letter.isalnum() or extends):
            return None
        order = [*range(index, len(texts)), *range(index)]
        starts = [(typed + letter, order)] if typed else []
        for beginning, indexes in [*starts, (letter, order[1:])]:
            self._typed = beginning
            matches: list[int] = [number for number in indexes if texts[number].startswith(beginning)]
            if matches:
                return next((number for number in matches if texts[number] == beginning), matches[0])
        return index


class ChoiceField(Widget, can_focus=True):
    """One line with a label and the current value, such as ``[nginx ▼]``. With focus, the value is in reverse video.

    Enter and Space open a list of the values.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "choose(-1)", "Previous value", show=False),
        Binding("right", "choose(1)", "Next value", show=False),
        Binding("enter,space", "open_list", "List", show=False),
        Binding("home", "choose_end(0)", "First value", show=False),
        Binding("end", "choose_end(-1)", "Last value", show=False),
    ]
    DEFAULT_CSS = """
    ChoiceField { width: 1fr; height: 1; color: $foreground; }
    """
    ALLOW_SELECT = False

    label_width: ClassVar[int] = 15
    """The column of the value if the field has a line to itself: that of the other fields of a dialog."""

    @dataclass(eq=False, repr=False)
    class Changed(Message):
        """The user chose another value."""

        field: ChoiceField
        value: str

    class Chosen(Message):
        """The user chose a value from the list, the current one or another."""

    def __init__(
        self,
        label: str,
        choices: Sequence[tuple[str, str] | ChoiceValue],
        value: str,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._label = label
        self._choices = [ChoiceValue(*choice) for choice in choices]
        self._index = self._index_of(value)
        self._search = PrefixSearch()

    @property
    def value(self) -> str:
        """The current value."""
        return self._choices[self._index].value

    def _index_of(self, value: str) -> int:
        return next(index for index, choice in enumerate(self._choices) if choice.value == value)

    def load_value(self, value: str) -> None:
        """Show another value, without posting `Changed`."""
        self._index = self._index_of(value)
        self.refresh()

    def action_choose(self, step: int) -> None:
        """Choose the value `step` positions further on. After the last value, continue with the first."""
        self._choose(self._choices[(self._index + step) % len(self._choices)].value)

    def action_choose_end(self, index: int) -> None:
        """Choose the first value (index 0) or the last one (index -1)."""
        self._choose(self._choices[index].value)

    def action_open_list(self) -> None:
        """Open the list of the values."""
        from csrtui.tui.modals.choices_and_palette import ChoiceListModal

        def choose(value: str | None) -> None:
            if value is not None:
                self._choose(value)
                self.post_message(self.Chosen())

        self.app.push_screen(ChoiceListModal(self._label, self._choices, self.value), choose)

    def on_click(self) -> None:
        """Open the list of the values."""
        self.action_open_list()

    def on_key(self, event: events.Key) -> None:
        """Choose the next value whose text begins with the typed characters."""
        index = self._search.find(self._choices, self._index, event.character)
        if index is not None:
            event.stop()
            self._choose(self._choices[index].value)

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - the field has only one line
        """Draw the field."""
        width, style, is_current = self.size.width, self.rich_style, self.has_focus
        text = self._choices[self._index].text
        aligned = self._label.ljust(self.label_width - 2)
        is_wide = width >= max(_MIN_FULL_LINE, cell_len(aligned) + cell_len(text) + _FRAME)
        label = aligned if is_wide else self._label
        text = cut(text, max(width - cell_len(label) - _FRAME, 1))
        segments = [
            Segment(">" if is_current else " ", style + Style(bold=True)),
            Segment(label, style + (Style(bold=True) if is_current else Style(dim=True))),
            Segment(" ", style),
            Segment(f"[{text} ▼]", style + Style(reverse=True) if is_current else style),
        ]
        return Strip(segments).adjust_cell_length(width, style)

    def _choose(self, value: str) -> None:
        if value != self.value:
            self.load_value(value)
            self.post_message(self.Changed(self, value))


class GroupField(ChoiceField):
    """The choice between one or more groups of pairs. It is hidden if there is only one."""

    def __init__(self, groups: Sequence[Group[Any]]) -> None:
        labels = [(str(index), group.label) for index, group in enumerate(groups)]
        super().__init__("Pairs", labels, "0", id="group")
        self._groups = groups
        self.display = len(groups) > 1

    @property
    def group(self) -> Group[Any]:
        """The chosen group."""
        return self._groups[int(self.value)]
