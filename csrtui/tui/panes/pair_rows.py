"""The pairs as rows of the keystore's list."""

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
_GIVEN_UP: Final = ("Key", "Made", "Stage", "Left", "Backup")
"""Which columns go first when there is no room."""
_NAME: Final = attrgetter("name")
_NAME_WANTS: Final = 18
_UNREADABLE: Final = "cannot be read: Enter says why"


class PairRows:
    """Rows for a `LineList`: pairs that cannot be read first, then the others as they are sorted.

    Args:
        summaries: The pairs in their order.
        problems: The pairs that cannot be read.
        now: The time that ages and days left are counted to.
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
        """How many of them cannot be read."""
        return len(self._problems)

    def item(self, index: int) -> PairSummary | UnreadablePair:
        """Return the pair of row `index`."""
        before = len(self._problems)
        return self._problems[index] if index < before else self._summaries[index - before]

    def key(self, index: int) -> Hashable:
        """The name, which no other row has."""
        return self.item(index).name

    def find(self, key: Hashable) -> int | None:
        """Where the pair of that name is."""
        names = chain((problem.name for problem in self._problems), map(_NAME, self._summaries))
        return next((index for index, name in enumerate(names) if name == key), None)

    def header(self, width: int) -> str:
        """The columns' names."""
        columns, name_width = _columns(width)
        return " ".join([pad("Name", name_width), *(pad(column, _WIDTHS[column]) for column in columns)])

    def row(self, index: int, width: int) -> Content:
        """One pair."""
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
    """The columns that fit beside the name, and the name's width."""
    columns = list(_WIDTHS)
    for column in _GIVEN_UP:
        if _room(columns, width) >= _NAME_WANTS:
            break
        columns.remove(column)
    return columns, max(_room(columns, width), 1)


def _room(columns: Sequence[str], width: int) -> int:
    return width - sum(_WIDTHS[column] + 1 for column in columns)


def _style(column: str, summary: PairSummary, now: datetime) -> str:
    """Colour only for what wants attention; the words say the same."""
    if summary.is_retired:
        return "dim"
    if column == "Backup":
        if summary.backup == BackupStatus.VERIFIED:
            return ""
        return "bold $error" if summary.backup == BackupStatus.DAMAGED else "$warning"
    if column in {"Left", "Next"} and summary.is_due(now):
        return "bold $warning"
    return ""
