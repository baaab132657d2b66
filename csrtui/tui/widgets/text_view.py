"""Lines of text to be read, scrolled with the keys of a pager."""

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
    """A `TextBlock` that can be longer than the screen.

    Args:
        id: The widget's id.
        classes: Its classes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j,enter", "scroll(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "scroll(-1000000)", "Start", show=False),
        Binding("end,G", "scroll(1000000)", "End", show=False),
    ]

    below: Reactive[int] = Reactive(0, repaint=False)
    """How many lines are below those on the screen."""

    _whole: Sequence[Line] = ()
    _top = 0

    @property
    def all_text(self) -> str:
        """All lines, also those out of view."""
        return "\n".join("".join(text for text, _ in line) for line in self._whole)

    def show_all(self, lines: Sequence[Line]) -> None:
        """Show these lines, from the top if they are others."""
        self._whole = lines
        self._go_to(self._top)

    def action_scroll(self, step: int) -> None:
        """Move by `step` lines."""
        self._go_to(self._top + step)

    def action_page(self, step: int) -> None:
        """Move by `step` pages."""
        self._go_to(self._top + step * max(self.size.height - 1, 1))

    def on_resize(self) -> None:
        """Keep the screen full."""
        self._go_to(self._top)

    def _go_to(self, top: int) -> None:
        self._top = max(0, min(top, len(self._whole) - self.size.height))
        self.show(self._whole[self._top :])  # to its end: what the view is about to be is not known yet
        self.below = max(len(self._whole) - self._top - max(self.size.height, 1), 0)
