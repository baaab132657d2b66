"""The pairs as rows of the keystore's list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from csrtui.core.pair import BackupStatus, NextStep, Pair, Stage
from csrtui.core.visible import visible
from csrtui.tasks.review import Problem
from csrtui.tasks.wording import LIST_HEADER, list_row
from csrtui.tui.wrapping import pad

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import datetime

    from csrtui.tasks.holdings import Items

_WIDTHS: Final = {"Key": 9, "Made": 9, "Backup": 13, "Stage": 9, "Left": 5, "Next": 7}
_GIVEN_UP: Final = ("Key", "Made", "Stage", "Left", "Backup")
"""Which columns go first when there is no room."""
_NAME_WANTS: Final = 18
_UNREADABLE: Final = "cannot be read: Enter says why"


class PairRows:
    """Rows for a `LineList`: pairs that cannot be read first, then the others as they are sorted.

    Args:
        items: The pairs in their order.
        problems: What cannot be read.
        now: What ages and days left are counted to.
    """

    def __init__(self, items: Items, problems: Sequence[Problem], now: datetime) -> None:
        self._items = items
        self._problems = problems
        self._now = now

    def __len__(self) -> int:
        return len(self._problems) + len(self._items)

    @property
    def unreadable(self) -> int:
        """How many of them cannot be read."""
        return len(self._problems)

    def item(self, index: int) -> Pair | Problem:
        """Return what row `index` stands for."""
        before = len(self._problems)
        return self._problems[index] if index < before else self._items.item(index - before)

    def read_anew(self) -> None:
        """Read the pairs again that are looked at next."""
        self._items.read_anew()

    def key(self, index: int) -> Hashable:
        """The name, which no other row has."""
        return self.item(index).name

    def find(self, key: Hashable) -> int | None:
        """Where the pair of that name is."""
        if not isinstance(key, str):
            return None
        for place, problem in enumerate(self._problems):
            if problem.name == key:
                return place
        among_pairs = self._items.place(key)
        return None if among_pairs is None else len(self._problems) + among_pairs

    def header(self, width: int) -> str:
        """The columns' names."""
        columns, name_width = _columns(width)
        return " ".join([pad("Name", name_width), *(pad(column, _WIDTHS[column]) for column in columns)])

    def row(self, index: int, width: int) -> Content:
        """One pair."""
        item = self.item(index)
        columns, name_width = _columns(width)
        if isinstance(item, Problem):
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


def _style(column: str, pair: Pair, now: datetime) -> str:
    """Colour only for what wants attention; the words say the same."""
    record = pair.record
    if record.stage is Stage.RETIRED:
        return "dim"
    if column == "Backup":
        if record.backup_status is BackupStatus.VERIFIED:
            return ""
        return "bold $error" if record.backup_status is BackupStatus.DAMAGED else "$warning"
    if column in {"Left", "Next"} and record.next_step(now) is NextStep.RENEW:
        return "bold $warning"
    return ""
