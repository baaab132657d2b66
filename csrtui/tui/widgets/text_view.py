"""A read-only text that can be scrolled with the keys of a pager."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.reactive import Reactive

from csrtui.tui.widgets.text_block import TextBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from csrtui.tui.widgets.text_block import Line


class TextView(TextBlock, can_focus=True):
    """A `TextBlock` that scrolls, for a text that may be longer than the screen.

    Args:
        id: The widget's id.
        classes: The widget's CSS classes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j,enter", "scroll(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "scroll(-1000000)", "Start", show=False),
        Binding("end,G", "scroll(1000000)", "End", show=False),
    ]

    lines_below: Reactive[int] = Reactive(0, repaint=False)
    """The number of lines below the visible ones."""

    _all_lines: Sequence[Line] = ()
    _top = 0

    @property
    def all_text(self) -> str:
        """The text of all lines, including those out of view."""
        return "\n".join("".join(text for text, _ in line) for line in self._all_lines)

    def show_all(self, lines: Sequence[Line]) -> None:
        """Replace the text. The scroll position stays the same if the new text is long enough."""
        self._all_lines = lines
        self._go_to(self._top)

    def action_scroll(self, step: int) -> None:
        """Scroll by `step` lines."""
        self._go_to(self._top + step)

    def action_page(self, step: int) -> None:
        """Scroll by `step` pages."""
        self._go_to(self._top + step * max(self.size.height - 1, 1))

    def on_resize(self) -> None:
        """When the view grows, scroll back so that no blank lines follow the text."""
        self._go_to(self._top)

    def _go_to(self, top: int) -> None:
        self._top = max(0, min(top, len(self._all_lines) - self.size.height))
        self.show(self._all_lines[self._top :])  # pass all lines to the end: the height may not be known yet
        self.lines_below = max(len(self._all_lines) - self._top - max(self.size.height, 1), 0)
