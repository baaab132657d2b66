"""A form of one-line fields in titled groups. It draws the titles, the labels and the notes beside its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from csrtui.tui.widgets.text_block import TEXT_STYLES
from csrtui.tui.wrapping import cut, title_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from csrtui.tui.widgets.text_block import Line

LABEL_WIDTH = 17
"""The cells before a field: the cursor mark, the label and a gutter of two cells."""
GUTTER = 2


class FieldLabel(NamedTuple):
    """The label of a field."""

    text: str
    is_required: bool = False

    def line(self, *, is_current: bool) -> Line:
        """Return the label with its cursor mark, padded to `LABEL_WIDTH`."""
        text = f"{self.text} *" if self.is_required else self.text
        text = cut(text, LABEL_WIDTH - GUTTER - 1).ljust(LABEL_WIDTH - 1)
        return ((">" if is_current else " ", "strong"), (text, "strong" if is_current else "label"))


class FieldGroups(Widget):
    """A container of fields that draws a label before each field, and a title above each group.

    It draws them itself, because a widget for each would delay the first picture. A group has a title if its first
    field leaves a line free above it (``margin-top``).
    """

    DEFAULT_CSS = """
    FieldGroups { width: 1fr; height: auto; layout: vertical; color: $foreground; }
    """
    ALLOW_SELECT = False

    def labels(self) -> Mapping[str, FieldLabel]:
        """Return the labels, by the ids of their fields."""
        return {}

    def titles(self) -> Mapping[str, tuple[str, str]]:
        """Return the title and the note of each group, by the id of the group's first field."""
        return {}

    def note(self, field: str) -> str:  # noqa: ARG002 - for subclasses
        """Return the text to show after the field with this id."""
        return ""

    def refresh_line(self, field: str) -> None:
        """Redraw the label and the note of the field with this id."""
        widget = self._fields.get(field)
        if widget is not None:
            self.refresh(Region(0, self._line_of(widget) - self.scroll_offset.y, self.size.width, 1))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Redraw the labels when the form scrolls."""
        super().watch_scroll_y(old_value, new_value)
        self.refresh()

    @property
    def _fields(self) -> dict[str, Widget]:
        """The fields that are displayed, by their ids."""
        return {child.id: child for child in self.children if child.id is not None and child.display}

    def _line_of(self, field: Widget) -> int:
        return field.virtual_region.y

    def render_line(self, y: int) -> Strip:
        """Draw a line of the form, which its fields then cover."""
        style, width = self.rich_style, self.size.width
        segments = [
            Segment(text, style + TEXT_STYLES[name]) for text, name in self._line(y + self.scroll_offset.y)
        ]
        return Strip(segments).adjust_cell_length(width, style)

    def _line(self, y: int) -> Line:
        for name, field in self._fields.items():
            line = self._line_of(field)
            if y == line and name in self.labels():
                return self._field_line(name, field)
            if y == line - 1 and field.styles.margin.top and name in self.titles():
                title, note = self.titles()[name]
                return title_line(title, note, self.size.width)
        return ()

    def _field_line(self, name: str, field: Widget) -> Line:
        end = field.virtual_region.right
        room = self.size.width - end - GUTTER
        note = cut(self.note(name), room) if room > 0 else ""
        gap = " " * (end - LABEL_WIDTH + GUTTER)
        return (*self.labels()[name].line(is_current=field.has_focus), (f"{gap}{note}", "label"))
