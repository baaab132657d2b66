"""A dialog that shows texts until the user closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.escaping import visible
from csrtui.tui.modals.base import Modal
from csrtui.tui.widgets.text_block import TextView
from csrtui.tui.wrapping import hanging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tui.widgets.text_block import Line


class NoticeModal(Modal[None]):
    """A dialog with a list of texts.

    Args:
        title: The title.
        texts: The texts, each of one or two sentences. Empty texts are left out.
    """

    MARGIN = 4
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,q", "cancel", "Close", show=False, priority=True)
    ]
    FIRST_FOCUS = "#notice"

    def __init__(self, title: str, texts: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._texts = [text for text in texts if text]

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextView(id="notice")

    def draw(self) -> None:
        """Show the texts."""
        lines: list[Line] = [((visible(self._title), "strong"),), ()]
        for text in self._texts:
            lines += hanging("- ", text, self.inner_width)
        lines += [(), (("Enter", "key"), (" Close", ""))]
        self.show_list(lines, max(self.app.size.height - 4, 2))
