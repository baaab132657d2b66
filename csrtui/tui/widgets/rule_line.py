"""A rule between two parts of a screen. It can show a message and the number of lines below the view."""

from __future__ import annotations

from rich.cells import cell_len

from csrtui.core.base.escaping import plural, visible
from csrtui.tasks.pair_text import with_screen_dates
from csrtui.tui.widgets.text_block import TextLine, TextView
from csrtui.tui.wrapping import cut, title_line

_END = "──"
_MESSAGE_FRAME = 5
"""Number of cells around a message: two strokes and a blank before it, a blank and a stroke after it."""


class RuleLine(TextLine):
    """A horizontal line that shows the message of `tell` until `clear` is called.

    Args:
        view: The text above the line. If the text continues below its view, the line shows how many lines follow.
        id: The widget's id.
    """

    message = ""

    def __init__(self, view: TextView | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._view = view

    def on_mount(self) -> None:
        """Update the line when the text above is scrolled."""
        if self._view is not None:
            self.watch(self._view, "lines_below", self.draw, init=False)

    def tell(self, text: str) -> None:
        """Show a message in the line."""
        self.message = with_screen_dates(visible(text))
        self.draw()

    @property
    def is_cut(self) -> bool:
        """Whether the message is longer than the line."""
        return cut(self.message, self._room) != self.message

    def clear(self) -> None:
        """Remove the message."""
        if self.message:
            self.message = ""
            self.draw()

    def draw(self) -> None:
        """Draw the line."""
        width, suffix = self.size.width - len(self._suffix), (self._suffix, "label")
        if not self.message:
            self.show([(("─" * width, "label"), suffix)])
            return
        text = cut(self.message, self._room)
        rest = max(width - len(_END) - 2 - cell_len(text), 0)
        self.show([((f"{_END} ", "label"), (text, "strong"), (" " + "─" * rest, "label"), suffix)])

    @property
    def _suffix(self) -> str:
        """The number of lines below the view, as text. Empty if the message would not fit beside it."""
        count = 0 if self._view is None else self._view.lines_below
        text = f" {plural(count, 'more line')}: PgDn {_END}" if count else ""
        return text if cell_len(self.message) + _MESSAGE_FRAME + len(text) <= self.size.width else ""

    @property
    def _room(self) -> int:
        return max(self.size.width - len(self._suffix) - _MESSAGE_FRAME, 1)


class TitleLine(TextLine):
    """A rule with a title at its left end and a note at its right end.

    Args:
        title: The title.
        id: The widget's id.
    """

    note = ""

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._title = title

    def show_title(self, title: str, note: str = "") -> None:
        """Show a title and a note."""
        self._title, self.note = title, visible(note)
        self.draw()

    def draw(self) -> None:
        """Draw the line."""
        self.show([title_line(self._title, self.note, self.size.width)])
