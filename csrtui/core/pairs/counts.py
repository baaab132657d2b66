"""Count pairs by their status."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from csrtui.core.base.escaping import plural
from csrtui.core.pairs.query import Retired
from csrtui.core.pairs.summary import PairSummary, to_microseconds


class PairCounts(NamedTuple):
    """The numbers of pairs by status.

    Attributes:
        not_backed_up: Pairs in use without a verified backup.
        due: Pairs whose renewal is due and whose certificate has not expired.
        retired: Retired pairs, without those in `to_revoke`.
        expired: Pairs in use whose certificate has expired.
        to_revoke: Pairs with a compromised key whose certificate must be revoked.
    """

    total: int = 0
    not_backed_up: int = 0
    due: int = 0
    retired: int = 0
    expired: int = 0
    to_revoke: int = 0

    def __str__(self) -> str:
        """Return the counts of all pairs as a line: ``12 pairs · 2 expired · 1 due · 4 not backed up``."""
        return self.line(Retired.SHOWN)

    def visible(self, retired: Retired) -> int:
        """Return the number of pairs in the list, which can hide the retired ones."""
        return self.total - (self.retired if retired is Retired.HIDDEN else 0)

    def line(self, retired: Retired) -> str:
        """Return the counts as a line: ``12 pairs · 2 expired · 1 due · 4 not backed up · 3 retired hidden``."""
        visible = self.visible(retired)
        hidden = self.total - visible
        total = plural(visible, "pair") if self.total else "no pairs"
        return " · ".join([total, *self.statuses, *([f"{hidden} retired hidden"] if hidden else [])])

    @property
    def statuses(self) -> list[str]:
        """The counts of pairs that need attention: ``2 expired``, ``1 due``, ``4 not backed up``."""
        counts = (
            (self.to_revoke, "to revoke"),
            (self.expired, "expired"),
            (self.due, "due"),
            (self.not_backed_up, "not backed up"),
        )
        return [f"{count} {text}" for count, text in counts if count]


class StatusIndex:
    """An index of pairs by status at one time, which makes counting selected pairs fast.

    Args:
        summaries: The pairs. The index identifies them by `id`, so keep the objects alive.

    Attributes:
        counts: The counts of all pairs.
    """

    def __init__(self, summaries: Sequence[PairSummary], now: datetime) -> None:
        moment = to_microseconds(now)
        expired = frozenset(id(summary) for summary in summaries if summary.is_expired_at(moment))
        due = frozenset(id(summary) for summary in summaries if summary.is_due_at(moment))
        retired = [summary for summary in summaries if summary.is_retired]
        to_revoke = frozenset(id(summary) for summary in retired if summary.needs_revocation(moment))
        lacks_backup = frozenset(id(summary) for summary in summaries if summary.lacks_backup)
        # In the order of `PairCounts`.
        self._members = (
            lacks_backup,
            due - expired,
            frozenset(map(id, retired)) - to_revoke,
            expired,
            to_revoke,
        )
        self.counts = PairCounts(len(summaries), *map(len, self._members))

    def count(self, selected: Sequence[PairSummary]) -> PairCounts:
        """Return the counts of some of the pairs."""
        counts = [len(members.intersection(map(id, selected))) if members else 0 for members in self._members]
        return PairCounts(len(selected), *counts)


def count_pairs(summaries: Sequence[PairSummary], now: datetime) -> PairCounts:
    """Return the counts of pairs by their status at the time `now`."""
    return StatusIndex(summaries, now).counts
