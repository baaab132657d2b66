"""A field with a few fixed values, chosen with the arrows, the space bar or a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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


_LINE_OF_ITS_OWN = 30
"""From this width on, the field has a line to itself, and its value stands under those of the text fields."""
_LABEL = 13


class ChoiceField(Widget, can_focus=True):
    """One line: a label, and the value chosen; with focus the value stands in reverse between ``<`` and ``>``.

    Args:
        label: What is chosen.
        choices: The values, each with the text that people see.
        value: The value at first.
        id: The widget's id.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "choose(-1)", "Previous value", show=False),
        Binding("right,space", "choose(1)", "Next value", show=False),
        Binding("home", "choose_end(0)", "First value", show=False),
        Binding("end", "choose_end(-1)", "Last value", show=False),
    ]
    DEFAULT_CSS = """
    ChoiceField { width: 1fr; height: 1; color: $foreground; }
    """
    ALLOW_SELECT = False

    class Changed(Message):
        """Another value was chosen by the user.

        Args:
            field: The field.
            value: The value.
        """

        def __init__(self, field: ChoiceField, value: str) -> None:
            super().__init__()
            self.field = field
            self.value = value

        @property
        def control(self) -> ChoiceField:
            """The field."""
            return self.field

    def __init__(
        self,
        label: str,
        choices: Sequence[tuple[str, str]],
        value: str,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._label = label
        self._values = [choice for choice, _ in choices]
        self._texts = dict(choices)
        self._value = value

    @property
    def value(self) -> str:
        """The value chosen."""
        return self._value

    def load_value(self, value: str) -> None:
        """Show another value, without saying so to anybody."""
        self._value = value
        self.refresh()

    def action_choose(self, step: int) -> None:
        """Choose the value `step` places further on, round the end."""
        self._choose(self._values[(self._values.index(self._value) + step) % len(self._values)])

    def action_choose_end(self, place: int) -> None:
        """Choose the first or the last value."""
        self._choose(self._values[place])

    def on_key(self, event: events.Key) -> None:
        """Choose the next value that begins with the letter typed."""
        letter = (event.character or "").casefold()
        if len(letter) != 1 or not letter.isalnum():
            return
        event.stop()
        at = self._values.index(self._value)
        for value in (*self._values[at + 1 :], *self._values[: at + 1]):
            if self._texts[value].casefold().startswith(letter):
                self._choose(value)
                return

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is one line
        """Draw the field."""
        width = self.size.width
        label = self._label.ljust(_LABEL) if width >= _LINE_OF_ITS_OWN else self._label
        text = cut(self._texts[self._value], max(width - len(label) - 5, 1))
        style = self.rich_style
        if self.has_focus:
            parts = [Segment(f"< {text} >", style + Style(reverse=True))]
        else:
            parts = [Segment(f"  {text}  ", style)]
        label_style = style + Style(bold=True) if self.has_focus else style + Style(dim=True)
        return Strip([Segment(f"{label} ", label_style), *parts]).adjust_cell_length(width, style)

    def _choose(self, value: str) -> None:
        if value != self._value:
            self._value = value
            self.refresh()
            self.post_message(self.Changed(self, value))
