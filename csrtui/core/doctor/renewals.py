"""Check the recorded times of pairs, and that both pairs of a renewal refer to each other and the new one is in use."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from csrtui.core.base.escaping import visible
from csrtui.core.base.validity import utc_text
from csrtui.core.doctor.finding import DoctorFinding, FindingCode
from csrtui.core.doctor.remedy import command, csrtui, instruction
from csrtui.core.pairs.pair import PairRecord, Stage

TOLERANCE: Final = timedelta(minutes=5)
"""The maximum difference between two clocks that is not reported."""

_CHECK_CLOCK: Final = instruction(
    "Check the clock of this machine. If it is right now, it was wrong when the time was recorded, and the finding ends "
    "at that time."
)
WAIT_OR_CHECK_CLOCK: Final = instruction(
    "Wait for that time. If it has passed, set the clock of this machine."
)
_WRONG_CLOCK: Final = instruction(
    "Nothing has to be done: the clock was wrong when one of the two times was recorded, and no command depends on them."
)


def check_times(path: str, pair: str, record: PairRecord, now: datetime) -> Iterator[DoctorFinding]:
    """Yield a finding for each impossible time in a record.

    Args:
        path: The path of pair.json.
        pair: The pair's name.
        record: The pair's record.
        now: The time, in UTC.
    """
    shown, latest = visible(path), now + TOLERANCE
    if record.created > latest:
        text = f"{shown} has a creation time in the future: {utc_text(record.created)}"
        yield DoctorFinding(FindingCode.CREATED_IN_FUTURE, path, text, _CHECK_CLOCK, pair)
        return
    times = [("submitted", record.submitted), ("retired", record.retired)]
    for backup in record.backups:
        times += [("backed up", backup.created), ("verified", backup.verified)]
    for event, time in times:
        if time is not None and time > latest:
            text = f"{shown} says that the pair was {event} {utc_text(time)}, which is in the future"
            yield DoctorFinding(FindingCode.TIME_IN_FUTURE, path, text, _CHECK_CLOCK, pair)
        elif time is not None and time < record.created - TOLERANCE and event in {"submitted", "retired"}:
            text = f"{shown} says that the pair was {event} {utc_text(time)}, before it was created"
            yield DoctorFinding(FindingCode.BEFORE_CREATED, path, text, _WRONG_CLOCK, pair)


@dataclass(frozen=True, slots=True)
class RenewalLink:
    """The predecessor and successor of a pair, from its record.

    Attributes:
        name: The pair's name.
        path: The pair's folder.
        renews: The pair that this pair replaces, or None.
        renewed_by: The pair that replaces this pair, or None.
        is_retired: Whether the pair is no longer used.
    """

    name: str
    path: str
    renews: str | None
    renewed_by: str | None
    is_retired: bool


def renewal_link(name: str, path: str, record: PairRecord) -> RenewalLink:
    """Return the predecessor and successor of a pair."""
    return RenewalLink(name, path, record.renews, record.renewed_by, record.stage is Stage.RETIRED)


def check_renewals(links: Iterable[RenewalLink], names: Container[str]) -> dict[str, DoctorFinding]:
    """Return the findings about broken renewals, by pair name. You would not be reminded to renew such a pair.

    Args:
        links: The links of all readable pairs in the store.
        names: The names of all pairs in the store.
    """
    by_name = {link.name: link for link in links}
    successors = {link.renews: link.name for link in by_name.values() if not link.is_retired}
    findings = {}
    for link in by_name.values():
        if link.is_retired:
            continue
        if link.renewed_by is not None:
            reason = _broken_reason(link.renewed_by, by_name, names)
            if reason is not None:
                text = f"says that {visible(link.renewed_by)} replaces it, but {reason}: you will not be reminded to renew it"
                findings[link.name] = _finding(FindingCode.RENEWAL_BROKEN, link, text)
        elif link.name in successors:
            text = f"does not say that {successors[link.name]} was made to replace it: the renewal was interrupted"
            findings[link.name] = _finding(FindingCode.RENEWAL_NOT_NOTED, link, text)
    return findings


def _broken_reason(name: str, by_name: Mapping[str, RenewalLink], names: Container[str]) -> str | None:
    """Return why a pair does not replace another pair, or None if it does or if that is unknown."""
    link = by_name.get(name)
    if link is None:
        return None if name in names else "that pair does not exist"
    # A successor counts even if it has been renewed and retired since.
    return "that pair is retired" if link.is_retired and link.renewed_by is None else None


def _finding(code: FindingCode, link: RenewalLink, text: str) -> DoctorFinding:
    path = f"{link.path}/pair.json"
    return DoctorFinding(
        code, path, f"{visible(path)} {text}", command(*csrtui("renew", link.name)), link.name
    )
