"""Select and sort the pairs in a list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from csrtui.core.pairs.pair import BackupStatus, NextStep, Stage
from csrtui.core.pairs.summary import PairSummary, to_microseconds

SortKey = Callable[[PairSummary], Any]
"""A function that returns the value by which a summary is sorted."""


class Retired(Enum):
    """Whether retired pairs are selected."""

    SHOWN = auto()
    HIDDEN = auto()


class SortOrder(Enum):
    """The ways to sort pairs."""

    URGENCY = "most urgent first"
    NAME = "by name"
    CREATED = "newest first"
    DAYS_LEFT = "days left"

    @property
    def next_order(self) -> "SortOrder":
        """The next order. After the last order, it is the first."""
        orders = list(SortOrder)
        return orders[(orders.index(self) + 1) % len(orders)]


class Need(Enum):
    """A reason why a pair needs attention."""

    BACKUP = auto()
    """The pair is in use and has no verified backup."""
    VERIFICATION = auto()
    """The pair has backups, which can be verified again."""

    def applies_to(self, summary: PairSummary) -> bool:
        """Return whether a pair needs attention for this reason."""
        if self is Need.BACKUP:
            return summary.lacks_backup
        return summary.backup != BackupStatus.NONE


class Query(NamedTuple):
    """The conditions that a pair must meet to be shown.

    Attributes:
        words: The casefolded words that the pair's search text must all contain.
        next_step: The next step that the pair must have, or None for any.
        retired: Whether the pair may be retired.
    """

    words: tuple[str, ...] = ()
    next_step: NextStep | None = None
    retired: Retired = Retired.SHOWN

    @classmethod
    def parse(cls, text: str, next_step: NextStep | None = None, retired: Retired = Retired.SHOWN) -> "Query":
        """Return the query for the words in a text. Case does not matter."""
        return cls(tuple(text.casefold().split()), next_step, retired)

    def select(self, summaries: Sequence[PairSummary], now: datetime) -> list[PairSummary]:
        """Return the summaries that match the query, in the given order."""
        selected = list(summaries)
        if self.retired is Retired.HIDDEN:
            selected = [summary for summary in selected if summary.stage != Stage.RETIRED]
        if self.next_step is not None:
            selected = [summary for summary in selected if summary.next_step(now) is self.next_step]
        for word in self.words:
            selected = [summary for summary in selected if word in summary.search_text]
        return selected


def retired_filter(text: str, retired: Retired) -> Retired:
    """Return whether to show retired pairs for a typed filter text. The word "retired" in it shows them."""
    return Retired.SHOWN if Stage.RETIRED in text.casefold().split() else retired


def sort_key(order: SortOrder, now: datetime) -> SortKey:
    """Return the sort key for an order."""
    if order is not SortOrder.URGENCY:
        return _KEYS[order]
    moment = to_microseconds(now)

    def urgency(summary: PairSummary) -> tuple[int, float, str]:
        is_due = summary.due is not None and summary.due <= moment
        return (summary.due_rank if is_due else summary.rank, summary.weight, summary.name)

    return urgency


_KEYS: dict[SortOrder, SortKey] = {
    SortOrder.NAME: lambda summary: summary.name,
    SortOrder.CREATED: lambda summary: (-summary.created, summary.name),
    SortOrder.DAYS_LEFT: lambda summary: (summary.expires is None, summary.expires or 0, summary.name),
}
