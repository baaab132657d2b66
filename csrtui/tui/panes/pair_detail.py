"""The details of the selected pair, below the list or beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.widget import Widget

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.tasks.list import UnreadablePair, read_pairs
from csrtui.tui.commands import commands_of, key_of
from csrtui.tui.messages import error_texts
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut_name, hanging, wrapped

if TYPE_CHECKING:
    from datetime import datetime

    from textual.timer import Timer

    from csrtui.core.pairs.pair import Pair
    from csrtui.core.pairs.summary import PairSummary
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_REST: Final = 0.15
"""The number of seconds for which the cursor must rest on a pair before the pair is read."""
_TWO_LINES: Final = 2
LABEL: Final = 13
"""The width of the labels of a pair's details, in cells."""


class PairDetail(TextBlock):
    """The details of a pair: two lines, or groups with titles if there is room."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._session = session
        self._item: PairSummary | UnreadablePair | None = None
        self._pair: Pair | UnreadablePair | None = None
        self._is_read = False
        self._timer: Timer | None = None

    def follow(self, item: PairSummary | UnreadablePair | None) -> None:
        """Show the pair of a row as soon as the cursor has rested on it. None clears the details."""
        if item == self._item:
            return
        self._item, self._is_read = item, False
        if self._timer is not None:
            self._timer.stop()
        if item is None:
            self._pair = None
            self._draw()
        else:
            self._timer = self.set_timer(_REST, self.on_show)

    def on_show(self) -> None:
        """Read and show the pair, unless the details are hidden. Also called when they are no longer hidden."""
        is_hidden = not all(node.display for node in self.ancestors_with_self if isinstance(node, Widget))
        if self._item is not None and not self._is_read and not is_hidden:
            self._is_read = True
            self.run_worker(self._show_pair(self._item), group="detail")

    async def _show_pair(self, item: PairSummary | UnreadablePair) -> None:
        """Read and show the pair, unless the cursor has moved on."""
        pair = await run_in_thread(lambda: next(read_pairs(self._session, [item.name]), None))
        if item is self._item and not isinstance(pair, CsrtuiError):  # the list shows the error
            self._pair = pair
            self._draw()

    def on_resize(self) -> None:
        """Redraw the details for the new size: two lines, or all groups if there is room."""
        self._draw()

    def _draw(self) -> None:
        width, now = max(self.size.width - 2, 1), self._session.clock()
        if self._pair is None:
            self.show([])
        elif isinstance(self._pair, UnreadablePair):
            texts = error_texts(self._pair.error, commands_of(self.app))
            self.show([line for text in texts for line in wrapped(text, width, "error")])
        elif self.size.height <= _TWO_LINES:
            self.show(_two_lines(self._pair, now, self._step_text(self._pair, now), width))
        else:
            self.show(_groups(self._pair, now, self._step_text(self._pair, now), width))

    def _step_text(self, pair: Pair, now: datetime) -> str:
        from csrtui.tasks.pair_groups import step_text

        return step_text(pair.record, now, partial(key_of, commands=commands_of(self.app)))


def _two_lines(pair: Pair, now: datetime, step_text: str, width: int) -> list[Line]:
    from csrtui.tasks.pair_groups import relation_text

    parts = visible(relation_text(pair.record, now)).split(", ")
    while (
        len(parts) > 1 and len(", ".join(parts)) > width - min(cell_len(visible(pair.name)), width // 2) - 3
    ):
        parts.pop()  # the least important part
    relation = ", ".join(parts)
    name = cut_name(visible(pair.name), max(width - len(relation) - 3, width // 2))
    return [
        ((f" {name}", "strong"), (f"   {relation}", "")),
        ((f" {visible(step_text)}", ""),),
    ]


def _groups(pair: Pair, now: datetime, step_text: str, width: int) -> list[Line]:
    from csrtui.tasks.pair_groups import pair_groups, status_text

    lines = wrapped(pair.name, width, "strong")
    lines += wrapped(status_text(pair.record, now), width)
    lines += wrapped(step_text, width)
    for group in pair_groups(pair, now):
        lines += [(), ((f" {group.title}", "strong"),)]
        for label, text in group.lines:
            lines += hanging(f" {label:<{LABEL}}", text, width + 1, "label")
    return lines
