"""Counts of pairs by status."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from csrtui.core.pairs.query import Retired
from csrtui.core.pairs.summary import PairSummary, count_due


class PairCounts(NamedTuple):
    """The number of pairs, by status.

    Attributes:
        total: All pairs.
        not_backed_up: Pairs in use without a verified backup.
        due: Pairs whose renewal is due.
        retired: Retired pairs.
    """

    total: int = 0
    not_backed_up: int = 0
    due: int = 0
    retired: int = 0

    def __str__(self) -> str:
        """Return the line that counts all pairs: ``12 pairs · 2 not backed up · 1 due``."""
        return self.line(Retired.SHOWN)

    def visible(self, retired: Retired) -> int:
        """Return the number of pairs that are shown."""
        return self.total - (self.retired if retired is Retired.HIDDEN else 0)

    def line(self, retired: Retired) -> str:
        """Return the line that counts: ``12 pairs · 2 not backed up · 1 due · 3 retired hidden``.

        Args:
            retired: If retired pairs are hidden, the line counts the others, then the hidden ones.
        """
        visible = self.visible(retired)
        hidden = self.total - visible
        parts = [f"{visible} pair{'s' if visible != 1 else ''}" if self.total else "no pairs"]
        if self.not_backed_up:
            parts.append(f"{self.not_backed_up} not backed up")
        if self.due:
            parts.append(f"{self.due} due")
        if hidden:
            parts.append(f"{hidden} retired hidden")
        return " · ".join(parts)


def count_pairs(summaries: Sequence[PairSummary], now: datetime) -> PairCounts:
    """Return the counts of pairs at `now`."""
    return PairCounts(
        len(summaries),
        sum([summary.lacks_backup for summary in summaries]),
        count_due(summaries, now),
        sum([summary.is_retired for summary in summaries]),
    )
