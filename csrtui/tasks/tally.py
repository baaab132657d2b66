"""Pairs counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from csrtui.core.pair import BackupStatus, NextStep, Pair, Stage
from csrtui.core.pair_line import PairLine, count_due
from csrtui.core.pair_query import Retired


class Tally(NamedTuple):
    """How many pairs there are.

    Attributes:
        pairs: All of them.
        bare: Those in use without a verified backup.
        due: Those whose renewal is due.
        retired: Those that are no longer used.
    """

    pairs: int = 0
    bare: int = 0
    due: int = 0
    retired: int = 0

    def __str__(self) -> str:
        """The line that counts: ``12 pairs · 2 not backed up · 1 due``."""
        return self.line(Retired.SHOWN)

    def seen(self, retired: Retired) -> int:
        """How many are shown, where retired ones are or are not."""
        return self.pairs - (self.retired if retired is Retired.HIDDEN else 0)

    def line(self, retired: Retired) -> str:
        """The line that counts; where retired pairs are hidden, the others, and then how many are hidden.

        ``12 pairs · 2 not backed up · 1 due · 3 retired hidden``
        """
        seen = self.seen(retired)
        hidden = self.pairs - seen
        parts = [f"{seen} pair{'s' if seen != 1 else ''}" if self.pairs else "no pairs"]
        if self.bare:
            parts.append(f"{self.bare} not backed up")
        if self.due:
            parts.append(f"{self.due} due")
        if hidden:
            parts.append(f"{hidden} retired hidden")
        return " · ".join(parts)


def tally_of(pairs: Iterable[Pair], now: datetime) -> Tally:
    """Count pairs."""
    every = bare = due = retired = 0
    for pair in pairs:
        record = pair.record
        is_retired = record.stage is Stage.RETIRED
        every += 1
        bare += not is_retired and record.backup_status is not BackupStatus.VERIFIED
        due += record.next_step(now) is NextStep.RENEW
        retired += is_retired
    return Tally(every, bare, due, retired)


def tally_of_lines(lines: Sequence[PairLine], now: datetime) -> Tally:
    """Count pairs by their lines."""
    kinds = Counter(map(attrgetter("stage", "backup"), lines))
    retired = sum(count for (stage, _), count in kinds.items() if stage == Stage.RETIRED)
    bare = sum(
        count
        for (stage, backup), count in kinds.items()
        if stage != Stage.RETIRED and backup != BackupStatus.VERIFIED
    )
    return Tally(len(lines), bare, count_due(lines, now), retired)
