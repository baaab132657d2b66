"""Judging the times on record: what lies in the future, and what came before its cause."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from csrtui.core.doctor.ailment import Ailment, Code
from csrtui.core.pair import PairRecord, utc_text
from csrtui.core.visible import visible

TOLERANCE: Final = timedelta(minutes=5)
"""How far clocks may differ before it is said."""

_REMEDY = "timedatectl"


def judge_times(path: str, pair: str, record: PairRecord, now: datetime) -> Iterator[Ailment]:
    """Judge the times in a record.

    Args:
        path: The file pair.json.
        pair: The pair's name.
        record: What is on record.
        now: The time, in UTC.
    """
    shown, latest = visible(path), now + TOLERANCE
    if record.created > latest:
        text = f"{shown} says that the pair was made {utc_text(record.created)}, which is in the future"
        yield Ailment(Code.CREATED_IN_FUTURE, path, text, _REMEDY, pair)
        return
    for what, time in _later_times(record):
        if time > latest:
            text = f"{shown} says that the pair was {what} {utc_text(time)}, which is in the future"
            yield Ailment(Code.TIME_IN_FUTURE, path, text, _REMEDY, pair)
        elif time < record.created - TOLERANCE and what in {"submitted", "retired"}:
            text = f"{shown} says that the pair was {what} {utc_text(time)}, before it was made"
            yield Ailment(Code.BEFORE_CREATED, path, text, _REMEDY, pair)


def _later_times(record: PairRecord) -> Iterator[tuple[str, datetime]]:
    times = [("submitted", record.submitted), ("retired", record.retired)]
    for backup in record.backups:
        times += [("backed up", backup.created), ("verified", backup.verified)]
    for what, time in times:
        if time is not None:
            yield what, time
