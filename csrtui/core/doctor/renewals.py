"""Check the recorded times of a pair, and that both pairs of a renewal refer to each other and the new one is in use."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from csrtui.core.base.escaping import visible
from csrtui.core.base.times import utc_text
from csrtui.core.doctor.finding_codes import Ailment, Code
from csrtui.core.doctor.remedy import command, csrtui, instruction
from csrtui.core.pairs.pair import PairRecord, Stage

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


@dataclass(frozen=True, slots=True)
class Tie:
    """What a pair's record says about its predecessor and its successor.

    Attributes:
        name: The pair's name.
        path: Its folder.
        renews: The pair that it replaces, or None.
        renewed_by: The pair that replaces it, or None.
        is_retired: Whether it is no longer used.
    """

    name: str
    path: str
    renews: str | None
    renewed_by: str | None
    is_retired: bool


def tie_of(name: str, path: str, record: PairRecord) -> Tie:
    """Return what a pair's record says about other pairs."""
    return Tie(name, path, record.renews, record.renewed_by, record.stage is Stage.RETIRED)


def judge_renewals(ties: Iterable[Tie], names: Container[str]) -> dict[str, Ailment]:
    """Return the findings, by the name of the pair that would expire without a reminder.

    Args:
        ties: Of the pairs of the store that can be read.
        names: Of all pairs of the store.
    """
    by_name = {tie.name: tie for tie in ties}
    followers = {tie.renews: tie.name for tie in by_name.values() if not tie.is_retired}
    found = {}
    for tie in by_name.values():
        if tie.is_retired:
            continue
        if tie.renewed_by is not None:
            lost = _lost(tie.renewed_by, by_name, names)
            if lost is not None:
                text = f"says that {visible(tie.renewed_by)} replaces it, but {lost}: you will not be reminded to renew it"
                found[tie.name] = _ailment(Code.RENEWAL_BROKEN, tie, text)
        elif tie.name in followers:
            text = (
                f"does not say that {followers[tie.name]} was made to replace it: the renewal was interrupted"
            )
            found[tie.name] = _ailment(Code.RENEWAL_NOT_NOTED, tie, text)
    return found


def _lost(name: str, by_name: Mapping[str, Tie], names: Container[str]) -> str | None:
    """Return why a pair does not replace another, or None if it does or that is not known."""
    tie = by_name.get(name)
    if tie is None:
        return None if name in names else "that pair does not exist"
    # A successor that was itself renewed and then retired did replace the pair.
    return "that pair is retired" if tie.is_retired and tie.renewed_by is None else None


def _ailment(code: Code, old: Tie, text: str) -> Ailment:
    path = f"{old.path}/pair.json"
    return Ailment(code, path, f"{visible(path)} {text}", command(*csrtui("renew", old.name)), old.name)
