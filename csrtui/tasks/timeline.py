"""The life of a pair as a timeline: which of its days are marked, and in which words."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from csrtui.core.pairs.pair import PairRecord, Stage
from csrtui.core.pairs.timeline import Mark, Row, lay_out
from csrtui.tasks.pair_text import day, day_of_month


def timeline(record: PairRecord, now: datetime, width: int) -> tuple[Row, ...]:
    """Return the drawing of a pair's life in that many columns; nothing where there is no room for it."""
    days = sorted(_days(record), key=lambda one: one.time.date())
    past = [Mark(one.time.date(), one.past, day(one.time, now)) for one in days if one.time <= now]
    coming = [Mark(one.time.date(), one.coming, day(one.time, now)) for one in days if one.time > now]
    return lay_out(past, Mark(now.date(), "today", day_of_month(now)), coming, width)


class _Day(NamedTuple):
    """Something with its time, as it is called afterwards and before."""

    time: datetime
    past: str
    coming: str


def _days(record: PairRecord) -> Iterator[_Day]:
    """What is known of a pair, in the order in which it goes when it is all on one day."""
    yield _Day(record.created, "created", "created")
    if record.backups:
        yield _Day(min(backup.created for backup in record.backups), "backed up", "backed up")
    if record.submitted:
        yield _Day(record.submitted, "submitted", "submitted")
    if record.validity:
        yield _Day(record.validity.not_before, "issued", "valid from")
    if record.installed:
        yield _Day(record.installed, "installed", "installed")
    if record.validity:
        if record.stage is not Stage.RETIRED and record.renewed_by is None:
            yield _Day(record.validity.due, "renewal due", "renewal due")
        yield _Day(record.validity.not_after, "expired", "expires")
    if record.retired:
        yield _Day(record.retired, "retired", "retired")
