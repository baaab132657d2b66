"""The rows of the list of pairs in the keystore pane."""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from textual.content import Content

from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import BackupStatus
from csrtui.tasks.list import UnreadablePair
from csrtui.tasks.pair_text import LIST_HEADER, list_row
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import datetime

    from csrtui.core.pairs.summary import PairSummary

_WIDTHS: Final = {"Key": 9, "Made": 9, "Backup": 13, "Stage": 9, "Left": 5, "Next": 7}
_OMISSION_ORDER: Final = ("Key", "Made", "Stage", "Left", "Backup")
"""The columns that are left out on a narrow screen, first one first."""
_NAME: Final = attrgetter("name")
_MIN_NAME_WIDTH: Final = 18
_UNREADABLE: Final = "cannot be read; Enter says why"


class PairRows:
    """The rows of a `LineList` of pairs. Pairs that cannot be read come first, then the others in order.

    Args:
        summaries: The pairs, in order.
        problems: The pairs that cannot be read.
        now: The current time, for ages and days left.
    """

    def __init__(
        self, summaries: Sequence[PairSummary], problems: Sequence[UnreadablePair], now: datetime
    ) -> None:
        self._summaries = summaries
        self._problems = problems
        self._now = now

    def __len__(self) -> int:
        return len(self._problems) + len(self._summaries)

    @property
    def unreadable(self) -> int:
        """The number of pairs that cannot be read."""
        return len(self._problems)

    def item(self, index: int) -> PairSummary | UnreadablePair:
        """Return the pair of row `index`."""
        count = len(self._problems)
        return self._problems[index] if index < count else self._summaries[index - count]

    def key(self, index: int) -> Hashable:
        """Return the name of the pair in a row. Names are unique."""
        return self.item(index).name

    def find(self, key: Hashable) -> int | None:
        """Return the index of the row with this pair name, or None if no row has it."""
        names = chain((problem.name for problem in self._problems), map(_NAME, self._summaries))
        return next((index for index, name in enumerate(names) if name == key), None)

    def header(self, width: int) -> str:
        """Return the names of the columns."""
        columns, name_width = _columns(width)
        return " ".join([pad("Name", name_width), *(pad(column, _WIDTHS[column]) for column in columns)])

    def row(self, index: int, width: int) -> Content:
        """Return the line that shows pair `index`."""
        item = self.item(index)
        columns, name_width = _columns(width)
        if isinstance(item, UnreadablePair):
            name = pad(visible(item.name), name_width)
            return Content.assemble(name, " ", (_UNREADABLE, "bold $error"))
        cells = dict(zip(LIST_HEADER, list_row(item, self._now), strict=True))
        parts: list[str | tuple[str, str]] = [pad(visible(item.name), name_width)]
        for column in columns:
            parts.append(" ")
            cell, style = pad(visible(cells[column]), _WIDTHS[column]), _style(column, item, self._now)
            parts.append((cell, style) if style else cell)
        return Content.assemble(*parts)


def _columns(width: int) -> tuple[list[str], int]:
    """Return the columns that fit beside the name, and the width of the name column in cells."""
    columns = list(_WIDTHS)
    for column in _OMISSION_ORDER:
        if _name_width(columns, width) >= _MIN_NAME_WIDTH:
            break
        columns.remove(column)
    return columns, max(_name_width(columns, width), 1)


def _name_width(columns: Sequence[str], width: int) -> int:
    return width - sum(_WIDTHS[column] + 1 for column in columns)


def _style(column: str, summary: PairSummary, now: datetime) -> str:
    """Return the style of a cell.

    Only cells that need attention are coloured, and their text always shows the same as the colour.
    """
    if summary.is_retired:
        return "dim"
    if column == "Backup":
        if summary.backup == BackupStatus.VERIFIED:
            return ""
        return "bold $error" if summary.backup == BackupStatus.DAMAGED else "$warning"
    if column in {"Left", "Next"} and summary.is_due(now):
        return "bold $warning"
    return ""
