"""The cells of many pairs in a list, in the words of `csrtui.tasks.wording`.

Pairs of one store have few days, ages and key types between them, so that each text is made once.
"""

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import TypeVar

from csrtui.core.pair import NextStep
from csrtui.core.pair_line import PairLine, thirds, time_at
from csrtui.tasks.wording import NEXT_STEPS, age, day, key_label

_A_DAY = 86_400_000_000
"""Microseconds."""

_T = TypeVar("_T", bound=Hashable)


class Cells:
    """Makes the cells under `csrtui.tasks.wording.LIST_HEADER`.

    Args:
        now: What ages and days left are counted to.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._thirds = thirds(now)
        self._moment = self._thirds // 3
        self._label = _remembered(key_label)
        self._age = _remembered(_age)
        self._steps: dict[str, str] = {step.value: text for step, text in NEXT_STEPS.items()}
        self._left = _remembered(_left)
        self._days: dict[int, str] = {}

    def of(self, line: PairLine) -> tuple[str, ...]:
        """Return the cells of a pair."""
        backup = line.backup
        if line.backup_since is not None:
            backup = f"{backup} {self._age((self._moment - line.backup_since) // _A_DAY)}"
        is_due = line.due is not None and line.due <= self._thirds
        return (
            line.name,
            self._label(line.key_type),
            self._day(line.created),
            backup,
            line.stage,
            "" if line.expires is None else self._left((line.expires - self._moment) // _A_DAY),
            self._steps[NextStep.RENEW if is_due else line.step],
        )

    def _day(self, moment: int) -> str:
        date = moment // _A_DAY
        if date not in self._days:
            first, last = date * _A_DAY, (date + 1) * _A_DAY - 1
            texts = {day(time_at(at), self._now) for at in (first, last)}
            # On one day, about a year ago, the moment decides whether the year is told.
            self._days[date] = texts.pop() if len(texts) == 1 else ""
        return self._days[date] or day(time_at(moment), self._now)


def _age(days: int) -> str:
    return age(timedelta(days=days))


def _left(days: int) -> str:
    return f"{days} d"


def _remembered(make: Callable[[_T], str]) -> Callable[[_T], str]:
    known: dict[_T, str] = {}

    def text(of: _T) -> str:
        if of not in known:
            known[of] = make(of)
        return known[of]

    return text
