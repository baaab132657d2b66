"""The first line of a screen, with the program, the host and the panes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.message import Message

from csrtui.tui.widgets.text_block import TextLine
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from csrtui.tui.widgets.text_block import Part


class TitleBar(TextLine):
    """A line with the program and host on the left and the panes on the right. The focused pane is in brackets.

    Args:
        id: The widget's id.
        classes: The widget's CSS classes.
    """

    @dataclass(eq=False, repr=False)
    class TabClicked(Message):
        """A tab was clicked.

        Attributes:
            index: The index of the tab, from 0.
        """

        index: int

    _host = ""
    _tabs: Sequence[tuple[str, bool]] = ()

    def show_tabs(self, host: str, tabs: Sequence[tuple[str, bool]]) -> None:
        """Show the host name and the tabs. A tab is the label of a pane, and whether the pane has the focus."""
        self._host, self._tabs = host, tabs
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Report a click on a tab."""
        start = self.size.width - 1 - sum(cell_len(label) + 2 for label, _ in self._tabs)
        for index, (label, _) in enumerate(self._tabs):
            end = start + cell_len(label) + 2
            if start <= event.x < end:
                self.post_message(self.TabClicked(index))
            start = end

    def draw(self) -> None:
        """Draw the line."""
        right: list[Part] = [
            (f"[{label}]" if is_focused else f" {label} ", "strong" if is_focused else "label")
            for label, is_focused in self._tabs
        ]
        right_width = sum(cell_len(text) for text, _ in right) + 1
        title = f" csrtui · {self._host}" if self._host else " csrtui"
        left = cut(title, max(self.size.width - right_width - 1, 0))
        gap = " " * max(self.size.width - cell_len(left) - right_width, 1)
        self.show([((left, ""), (gap, ""), *right)])
