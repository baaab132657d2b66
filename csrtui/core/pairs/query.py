"""Select and sort the pairs in a list."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from csrtui.core.base.validity import MONTHS
from csrtui.core.pairs.pair import COMPROMISED, BackupStatus, NextStep, Stage
from csrtui.core.pairs.summary import OVERDUE, RETIRED_STAGES, PairSummary, deadlines, to_microseconds

SortKey = Callable[[PairSummary], Any]
"""A function that returns the sort key of a summary."""


class Retired(Enum):
    """The choice to show or hide retired pairs."""

    SHOWN = auto()
    HIDDEN = auto()


class SortOrder(Enum):
    """The ways to sort pairs."""

    URGENCY = "urgency"
    NAME = "name"
    CREATED = "made"
    DAYS_LEFT = "left"

    @property
    def next_order(self) -> "SortOrder":
        """The order that follows this one. The first order follows the last."""
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


class Period(NamedTuple):
    """A month of the chart of expiries (year * 12 + month - 1), or all months after it."""

    month: int
    is_later: bool = False

    @classmethod
    def parse(cls, word: str) -> "Period | None":
        """Return the period that a casefolded word of a query names (``feb-2027``, ``>feb-2027``), or None."""
        if not (match := re.fullmatch(_MONTH_WORD, word)):
            return None
        later, name, year = match.groups()
        return cls(int(year) * 12 + _MONTHS.index(name), bool(later))

    def contains(self, month: int | None) -> bool:
        """Return whether a month of `deadlines` is in the period."""
        if month is None or month == OVERDUE:
            return False
        return month > self.month if self.is_later else month == self.month


class Query(NamedTuple):
    """The conditions that a pair must meet to be shown.

    Attributes:
        words: The casefolded words that must all match. A word matches if the pair's search text contains it, or if a
            word for the pair's status begins with it (`renew`, `due`, `overdue`, `expired`, `not backed up`). ``next:``
            matches every pair with a next step, and ``next:renew`` only those with this one. The words for the periods
            of the chart of expiries match only the pairs counted there: ``overdue``, ``feb-2027``, and ``>feb-2027``
            for all later months.
        next_step: The next step that the pair must have, as people or programs see it, or None for any.
        retired: Whether retired pairs are shown. A pair whose certificate must be revoked is always shown.
    """

    words: tuple[str, ...] = ()
    next_step: NextStep | None = None
    retired: Retired = Retired.SHOWN

    @classmethod
    def parse(cls, text: str, next_step: NextStep | None = None, retired: Retired = Retired.SHOWN) -> "Query":
        """Return the query for the words in a text. Case does not matter."""
        return cls(tuple(text.casefold().split()), next_step, retired)

    @property
    def period(self) -> Period | None:
        """The first month that the words name, or None."""
        return next(filter(None, map(Period.parse, self.words)), None)

    def select(self, summaries: Sequence[PairSummary], now: datetime) -> list[PairSummary]:
        """Return the summaries that match the query, in the given order."""
        selected = list(summaries)
        for word in self.words:  # words first, because they usually leave the fewest pairs
            selected = _select_word(word, selected, now)
        if self.retired is Retired.HIDDEN:
            moment = to_microseconds(now)
            selected = [
                summary
                for summary in selected
                if summary.stage not in RETIRED_STAGES or summary.needs_revocation(moment)
            ]
        if self.next_step is not None:
            # For programs, the next step is `NONE` if only people see a step.
            for_people = (NextStep.RETIRE, NextStep.FINISH, NextStep.REVOKE)
            steps = {self.next_step, *(for_people if self.next_step is NextStep.NONE else ())}
            selected = _with_step(selected, steps, now)
        return selected

    def narrows(self, other: "Query") -> bool:
        """Return whether `other` selects at least all pairs that this query selects.

        For example, this is true after the user has typed one more letter. A query with a status word such as ``due``
        never narrows another one, because it matches pairs that ``du`` does not match.
        """
        return (
            other.next_step is None
            and (other.retired is Retired.SHOWN or self.retired is Retired.HIDDEN)
            and not any(_has_other_meaning(word) for word in self.words)
            and all(any(part in word for word in self.words) for part in other.words)
        )


def _select_word(word: str, summaries: Sequence[PairSummary], now: datetime) -> list[PairSummary]:
    """Return the summaries that a casefolded word matches."""
    if period := Period.parse(word):
        return [summary for summary in summaries if any(map(period.contains, deadlines(summary, now)))]
    if word.startswith(ANY_STEP):
        return _with_step(summaries, _steps_of(word.removeprefix(ANY_STEP)), now)
    moment = to_microseconds(now)
    tests = [test for words, test in _STATUS_WORDS if _begins(word, words)]
    if steps := {step.value for step, words in _STEP_WORDS.items() if _begins(word, words)}:
        tests.append(lambda summary, moment: summary.step_at(moment) in steps)
    if not tests:
        return [summary for summary in summaries if word in summary.search_text]
    first, *others = tests
    return [
        summary
        for summary in summaries
        if first(summary, moment)
        or word in summary.search_text
        or (others and any(test(summary, moment) for test in others))
    ]


def _with_step(summaries: Sequence[PairSummary], steps: set[NextStep], now: datetime) -> list[PairSummary]:
    """Return the summaries with one of these next steps."""
    values, moment = {step.value for step in steps}, to_microseconds(now)
    return [summary for summary in summaries if summary.step_at(moment) in values]


def _has_other_meaning(word: str) -> bool:
    """Return whether a word can also match pairs whose search text does not contain it."""
    return (
        Period.parse(word) is not None
        or word.startswith(ANY_STEP)
        or any(
            _begins(word, words) for words in (*_STEP_WORDS.values(), *(words for words, _ in _STATUS_WORDS))
        )
    )


def _steps_of(text: str) -> set[NextStep]:
    """Return the steps that begin with a text. Without a text, these are all steps but `NONE`."""
    return {step for step in NextStep if step.value.startswith(text) and (text or step is not NextStep.NONE)}


def _begins(word: str, words: Sequence[str]) -> bool:
    """Return whether `word` is one of `words` or, if it is long enough, the beginning of one."""
    return word in words or (len(word) >= _MIN_PREFIX and any(text.startswith(word) for text in words))


ANY_STEP = "next:"
"""The word that matches every pair with a next step, and the prefix of the words for a single step."""
_MIN_PREFIX = 3
_MONTHS = [month.casefold() for month in MONTHS]
_MONTH_WORD = rf"(?a)(>?)({'|'.join(_MONTHS)})-(\d{{4}})"
_STATUS_WORDS: tuple[tuple[tuple[str, ...], Callable[[PairSummary, int], bool]], ...] = (
    (("due",), lambda summary, moment: summary.is_due_at(moment) and not summary.is_expired_at(moment)),
    (("expired",), PairSummary.is_expired_at),
    (("overdue",), lambda summary, moment: summary.is_due_at(moment) or summary.is_expired_at(moment)),
    (("not", "backed", "up"), lambda summary, _: summary.lacks_backup),
)
"""The words for each status, and a function that tests a pair at a time in microseconds."""
_STEP_WORDS = {step: (step.value, *step.value.split("-")) for step in NextStep}


def retired_filter(text: str, retired: Retired) -> Retired:
    """Return whether to show retired pairs. The words "retired" and "compromised" in a filter text show them."""
    return (
        retired if {Stage.RETIRED.value, COMPROMISED}.isdisjoint(text.casefold().split()) else Retired.SHOWN
    )


def sort_key(order: SortOrder, now: datetime) -> SortKey:
    """Return the sort key for an order."""
    if order is not SortOrder.URGENCY:
        return _KEYS[order]
    moment = to_microseconds(now)

    def urgency(summary: PairSummary) -> tuple[int, float, str]:
        is_due = summary.due is not None and summary.due <= moment
        is_later = is_due or (summary.step == NextStep.REVOKE and not summary.needs_revocation(moment))
        return (summary.due_rank if is_later else summary.rank, summary.weight, summary.name)

    return urgency


_KEYS: dict[SortOrder, SortKey] = {
    SortOrder.NAME: lambda summary: summary.name,
    SortOrder.CREATED: lambda summary: (-summary.created, summary.name),
    SortOrder.DAYS_LEFT: lambda summary: (summary.expires is None, summary.expires or 0, summary.name),
}
