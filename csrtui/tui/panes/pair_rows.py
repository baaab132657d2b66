"""The rows of the list of pairs in the keystore pane."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from textual.content import Content

from csrtui.core.base.escaping import visible
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.pair import NO_CHAIN, BackupStatus
from csrtui.core.pairs.query import SortOrder
from csrtui.core.pairs.summary import to_microseconds
from csrtui.tasks.list import UnreadablePair
from csrtui.tasks.pair_text import LIST_HEADER, deadline_text, list_row
from csrtui.tui.widgets.line_list import ItemRows
from csrtui.tui.wrapping import cut_name, pad

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence
    from datetime import datetime

    from csrtui.core.pairs.query import Period
    from csrtui.core.pairs.summary import PairSummary

_WIDTHS: Final = {"Key": 3, "Made": 11, "Backup": 13, "Stage": 9, "Deadline": 22, "Left": 6, "Next": 7}
_OMISSION_ORDER: Final = ("Made", "Key", "Stage", "Left", "Backup")
"""The columns that are left out on a narrow screen, first one first."""
_MINOR_COLUMNS: Final = frozenset({"Made", "Key"})
"""The columns that give way to a name that would otherwise be cut."""
_RIGHT_ALIGNED: Final = frozenset({"Left"})
_SORTED_COLUMN: Final = {
    SortOrder.URGENCY: "Next",
    SortOrder.NAME: "Name",
    SortOrder.CREATED: "Made",
    SortOrder.DAYS_LEFT: "Left",
}
_NAME: Final = attrgetter("name")
_MIN_NAME_WIDTH: Final = 18
_MAX_KEY_WIDTH: Final = 9
_GAP: Final = "  "
_NO_SUCCESSOR: Final = "no successor"
"""The stage of a retired pair if the pair that replaced it is missing."""
_UNREADABLE: Final = "cannot be read; Enter shows why"


class PairRows(ItemRows["PairSummary | UnreadablePair"]):
    """The rows of a `LineList` of pairs. Pairs that cannot be read come first, then the others in order.

    Args:
        period: The month to which the list is filtered, or None. In it, a column shows whether a pair is due or expires.
        missing: The names of pairs that replaced retired pairs but do not exist.
    """

    def __init__(
        self,
        summaries: Sequence[PairSummary],
        problems: Sequence[UnreadablePair],
        now: datetime,
        order: SortOrder = SortOrder.URGENCY,
        period: Period | None = None,
        *,
        missing: Collection[str] = (),
    ) -> None:
        self._summaries = summaries
        self._period = period
        self._missing = missing
        self._problems = problems
        self._now = now
        self.order = order

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

    def find_item(self, key: Hashable) -> PairSummary | UnreadablePair | None:
        """Return the pair with this name, or None if no row has it."""
        index = self.find(key)
        return None if index is None else self.item(index)

    def header(self, width: int) -> str:
        """Return the names of the columns. The one by which the pairs are sorted has an arrow: ``Name ▼``."""
        columns, name_width = self._columns(width)
        arrow = {_SORTED_COLUMN[self.order]: " ▼"}
        titles = [(column, f"{column}{arrow.get(column, '')}") for column in columns]
        cells = [self._align(column, title) for column, title in titles]
        return _GAP.join([pad(f"Name{arrow.get('Name', '')}", name_width), *cells])

    def name_width(self, width: int) -> int:
        """Return the width in cells of the name."""
        return self._columns(width)[1]

    def row(self, index: int, width: int) -> Content:
        """Return the line that shows pair `index`."""
        item = self.item(index)
        columns, name_width = self._columns(width)
        name = pad(cut_name(visible(item.name), name_width), name_width)
        if isinstance(item, UnreadablePair):
            return Content.assemble(name, _GAP, (_UNREADABLE, "bold $error"))
        cells = dict(zip(LIST_HEADER, list_row(item, self._now), strict=True))
        if item.renewed_by in self._missing:
            cells["Stage"] = _NO_SUCCESSOR
        if self._period is not None:
            cells["Deadline"] = deadline_text(item, self._period, self._now)
        parts: list[str | tuple[str, str]] = [name]
        for column in columns:
            parts.append(_GAP)
            cell = self._align(column, visible(cells[column]) or ("–" if column in _RIGHT_ALIGNED else ""))
            style = "$warning" if cells[column] == _NO_SUCCESSOR else _style(column, item, self._now)
            parts.append((cell, style) if style else cell)
        return Content.assemble(*parts)

    @cached_property
    def _name_lengths(self) -> frozenset[int]:
        return frozenset(map(len, map(_NAME, self._summaries)))

    def _columns(self, width: int) -> tuple[list[str], int]:
        """Return the columns that fit beside the name, and the width of the name column in cells."""
        columns = [column for column in _WIDTHS if column != ("Stage" if self._period else "Deadline")]
        limit = self._room_for_name([column for column in columns if column not in _MINOR_COLUMNS], width)
        longest = max((length for length in self._name_lengths if length <= limit), default=0)
        sorted_column = _SORTED_COLUMN[self.order]
        omissible = [column for column in _OMISSION_ORDER if column in columns]
        for column in sorted(omissible, key=sorted_column.__eq__):  # the sorted column goes last
            is_minor = column in _MINOR_COLUMNS and column != sorted_column
            if self._room_for_name(columns, width) >= max(longest if is_minor else 0, _MIN_NAME_WIDTH):
                break
            columns.remove(column)
        return columns, max(self._room_for_name(columns, width), 1)

    @cached_property
    def _widths(self) -> dict[str, int]:
        """The width of each column. The key column is as narrow as its labels permit, which leaves more room for names."""
        labels = [label_of_name(key_type) for key_type in {summary.key_type for summary in self._summaries}]
        stages = {summary.stage for summary in self._summaries} | {"Stage"}
        if self._missing and any(summary.renewed_by in self._missing for summary in self._summaries):
            stages.add(_NO_SUCCESSOR)
        return {
            **_WIDTHS,
            "Key": min(max([_WIDTHS["Key"], *map(len, labels)]), _MAX_KEY_WIDTH),
            "Stage": max(_WIDTHS["Stage"], *map(len, stages)),
        }

    def _room_for_name(self, columns: Sequence[str], width: int) -> int:
        return width - sum(self._widths[column] + len(_GAP) for column in columns)

    def _align(self, column: str, text: str) -> str:
        """Return a cell of exactly the width of its column."""
        width = self._widths[column]
        return pad(text.rjust(width) if column in _RIGHT_ALIGNED else text, width)


def _style(column: str, summary: PairSummary, now: datetime) -> str:
    """Return the style of a cell.

    Only cells that need attention are coloured, and their text always shows the same as the colour.
    """
    is_status = column in {"Stage", "Left", "Next"}
    moment = to_microseconds(now)
    if summary.needs_revocation(moment):
        return "bold $error" if is_status else ""
    if summary.is_retired:
        return "dim"
    if column == "Backup":
        if summary.backup == BackupStatus.VERIFIED:
            return "$success"
        return "bold $error" if summary.backup == BackupStatus.DAMAGED else "$warning"
    if is_status and summary.is_expired_at(moment):
        return "" if column == "Next" else "bold $error"
    needs_attention = (
        summary.stage == NO_CHAIN if column == "Stage" else is_status and summary.is_due_at(moment)
    )
    return "$warning" if needs_attention else ""
