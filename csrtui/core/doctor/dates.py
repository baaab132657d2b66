"""Check the times on record: which are in the future, and which precede their cause."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from csrtui.core.base.escaping import visible
from csrtui.core.base.times import utc_text
from csrtui.core.doctor.finding_codes import Ailment, Code
from csrtui.core.doctor.remedy import instruction
from csrtui.core.pairs.pair import PairRecord

TOLERANCE: Final = timedelta(minutes=5)
"""By how much clocks may differ before that is a finding."""

_CHECK_CLOCK: Final = instruction(
    "Check the clock of this machine. If it is right now, it was wrong when the time was recorded, and the finding ends "
    "at that time."
)
WAIT_OR_CHECK_CLOCK: Final = instruction(
    "Wait for that time. If it has passed, set the clock of this machine."
)
_WRONG_CLOCK: Final = instruction(
    "Nothing has to be done: the clock was wrong when one of both times was recorded, and no command depends on them."
)


def judge_times(path: str, pair: str, record: PairRecord, now: datetime) -> Iterator[Ailment]:
    """Yield a finding for each impossible time in a record.

    Args:
        path: The file pair.json.
        pair: The pair's name.
        record: What is on record.
        now: The time, in UTC.
    """
    shown, latest = visible(path), now + TOLERANCE
    if record.created > latest:
        text = f"{shown} has a creation time in the future: {utc_text(record.created)}"
        yield Ailment(Code.CREATED_IN_FUTURE, path, text, _CHECK_CLOCK, pair)
        return
    for what, time in _later_times(record):
        if time > latest:
            text = f"{shown} says that the pair was {what} {utc_text(time)}, which is in the future"
            yield Ailment(Code.TIME_IN_FUTURE, path, text, _CHECK_CLOCK, pair)
        elif time < record.created - TOLERANCE and what in {"submitted", "retired"}:
            text = f"{shown} says that the pair was {what} {utc_text(time)}, before it was created"
            yield Ailment(Code.BEFORE_CREATED, path, text, _WRONG_CLOCK, pair)


def _later_times(record: PairRecord) -> Iterator[tuple[str, datetime]]:
    times = [("submitted", record.submitted), ("retired", record.retired)]
    for backup in record.backups:
        times += [("backed up", backup.created), ("verified", backup.verified)]
    for what, time in times:
        if time is not None:
            yield what, time
