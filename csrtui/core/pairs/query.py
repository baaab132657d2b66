"""The pairs that a list shows and their order: the user's filter, and the ways to sort."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from csrtui.core.pairs.pair import BackupStatus, NextStep, Stage
from csrtui.core.pairs.summary import PairSummary, thirds

SortKey = Callable[[PairSummary], Any]
"""Returns the value that a summary is sorted by; the values of one key compare with each other."""


class Retired(Enum):
    """Whether retired pairs are selected."""

    SHOWN = auto()
    HIDDEN = auto()


class SortOrder(Enum):
    """The ways to sort pairs."""

    URGENCY = "what wants attention first"
    NAME = "by name"
    MADE = "newest first"
    LEFT = "days left"

    @property
    def following(self) -> "SortOrder":
        """The next order; the first one follows the last."""
        orders = list(SortOrder)
        return orders[(orders.index(self) + 1) % len(orders)]


class Need(Enum):
    """A reason why a pair needs attention."""

    BACKUP = auto()
    """It is in use and has no verified backup."""
    VERIFICATION = auto()
    """It has backups, which can be verified again."""

    def applies_to(self, summary: PairSummary) -> bool:
        """Return whether a pair needs attention for this reason."""
        if self is Need.BACKUP:
            return summary.lacks_backup
        return summary.backup != BackupStatus.NONE


class Query(NamedTuple):
    """The conditions that a pair must meet to be shown.

    Attributes:
        words: Words that its search text must contain, all of them, casefolded.
        next_step: Its next step, or None for any.
        retired: Whether it may be retired.
    """

    words: tuple[str, ...] = ()
    next_step: NextStep | None = None
    retired: Retired = Retired.SHOWN

    @classmethod
    def typed(cls, text: str, next_step: NextStep | None = None, retired: Retired = Retired.SHOWN) -> "Query":
        """Return the query for a text as the user typed it: its words, in any case."""
        return cls(tuple(text.casefold().split()), next_step, retired)

    def select(self, summaries: Sequence[PairSummary], now: datetime) -> list[PairSummary]:
        """Return the summaries that meet the query, in their order."""
        selected = list(summaries)
        if self.retired is Retired.HIDDEN:
            selected = [summary for summary in selected if summary.stage != Stage.RETIRED]
        if self.next_step is not None:
            selected = [summary for summary in selected if summary.next_step(now) is self.next_step]
        for word in self.words:
            selected = [summary for summary in selected if word in summary.search_text]
        return selected


def shown_for(text: str, retired: Retired) -> Retired:
    """Return whether retired pairs are shown for a typed text: the word *retired* shows them."""
    return Retired.SHOWN if Stage.RETIRED in text.casefold().split() else retired


def sort_key(order: SortOrder, now: datetime) -> SortKey:
    """Return the sort key for an order."""
    if order is SortOrder.URGENCY:
        return _by_urgency(now)
    return _KEYS[order]


def _by_urgency(now: datetime) -> SortKey:
    now_thirds = thirds(now)

    def key(summary: PairSummary) -> tuple[int, float, str]:
        is_due = summary.due is not None and summary.due <= now_thirds
        return (summary.due_rank if is_due else summary.rank, summary.weight, summary.name)

    return key


_KEYS: dict[SortOrder, SortKey] = {
    SortOrder.NAME: lambda summary: summary.name,
    SortOrder.MADE: lambda summary: (-summary.created, summary.name),
    SortOrder.LEFT: lambda summary: (summary.expires is None, summary.expires or 0, summary.name),
}
