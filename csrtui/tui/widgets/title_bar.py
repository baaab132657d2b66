"""The first line: the program, the machine, and which pane has the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tui.widgets.text_block import Part


class TitleBar(TextBlock):
    """The program and the machine at the left, the panes at the right, the one with the cursor in brackets.

    Args:
        id: The widget's id.
        classes: Its classes.
    """

    DEFAULT_CSS = """
    TitleBar { height: 1; }
    """

    _host = ""
    _tabs: Sequence[tuple[str, bool]] = ()

    def show_tabs(self, host: str, tabs: Sequence[tuple[str, bool]]) -> None:
        """Show the machine's name, and each pane's label with whether the cursor is there."""
        self._host, self._tabs = host, tabs
        self._draw()

    def on_resize(self) -> None:
        """Fit the width."""
        self._draw()

    def _draw(self) -> None:
        right: list[Part] = [
            (f"[{label}]" if here else f" {label} ", "strong" if here else "label")
            for label, here in self._tabs
        ]
        taken = sum(cell_len(text) for text, _ in right) + 1
        left = cut(
            f" csrtui · {self._host}" if self._host else " csrtui", max(self.size.width - taken - 1, 0)
        )
        gap = " " * max(self.size.width - cell_len(left) - taken, 1)
        self.show([((left, ""), (gap, ""), *right)])
