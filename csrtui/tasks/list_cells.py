"""The cells of many pairs in a list, in the words of `csrtui.tasks.pair_text`.

Pairs of one store have few days, ages and key types between them, so that each text is made once, column by column.
"""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.summary import PairSummary, thirds, time_at
from csrtui.tasks.pair_text import NEXT_STEPS, age, day, key_label

_A_DAY = 86_400_000_000
"""Microseconds."""

_Key = TypeVar("_Key", bound=Hashable)


def columns(summaries: Sequence[PairSummary], now: datetime) -> list[list[str]]:
    """Return the columns under `csrtui.tasks.pair_text.LIST_HEADER`, a cell for each pair in each.

    Args:
        summaries: The pairs, in order; at least one.
        now: What ages and days left are counted to.
    """
    moment_now = thirds(now) // 3
    names, types, created, backups, since, stages, _, expires, steps, due, *_ = zip(*summaries, strict=True)
    labels = _Remembered(key_label)
    days: _Remembered[int] = _Remembered(lambda date: _day(date, now))
    ages: _Remembered[int] = _Remembered(lambda count: age(timedelta(days=count)))
    return [
        list(names),
        [labels[one] for one in types],
        [days[at // _A_DAY] or day(time_at(at), now) for at in created],
        [
            backup if at is None else f"{backup} {ages[(moment_now - at) // _A_DAY]}"
            for backup, at in zip(backups, since, strict=True)
        ],
        list(stages),
        ["" if at is None else f"{(at - moment_now) // _A_DAY} d" for at in expires],
        _steps(steps, due, thirds(now)),
    ]


def list_row(summary: PairSummary, now: datetime) -> tuple[str, ...]:
    """Return a pair's cells under `csrtui.tasks.pair_text.LIST_HEADER`."""
    return tuple(column[0] for column in columns([summary], now))


def _steps(steps: Sequence[str], due: Sequence[int | None], now: int) -> list[str]:
    texts = {step.value: text for step, text in NEXT_STEPS.items()}
    renew = NEXT_STEPS[NextStep.RENEW]
    return [
        renew if at is not None and at <= now else texts[step] for step, at in zip(steps, due, strict=True)
    ]


def _day(date: int, now: datetime) -> str:
    """The text of a day; empty for the one about a year ago on which the moment decides whether the year is told."""
    first, last = date * _A_DAY, (date + 1) * _A_DAY - 1
    texts = {day(time_at(at), now) for at in (first, last)}
    return texts.pop() if len(texts) == 1 else ""


class _Remembered(dict[_Key, str]):
    """Texts, each made when it is asked for first."""

    def __init__(self, make: Callable[[_Key], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: _Key) -> str:
        self[key] = text = self._make(key)
        return text
