"""A pair as a line of a list: what is shown of it, in so few and so plain values that a cache can hold them.

Times are microseconds since 1970 (UTC). What depends on the clock is not among them but worked out when it is
read: a line that was written a year ago says today what the record itself would say.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from csrtui.core.pair import BackupStatus, NextStep, Pair, Stage, Validity, urgency
from csrtui.core.pair_query import Need, Query, Retired, SortKey
from csrtui.core.visible import visible

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_AFTER_ALL = datetime.max.replace(tzinfo=UTC)


class PairLine(NamedTuple):
    """What a list tells of a pair.

    Attributes:
        name: The pair's name.
        key_type: The type of its key, made visible.
        created: When it was made.
        backup: The status of its best backup.
        backup_since: Since when that has been so, or None where that is not known.
        stage: How far it has come.
        begins: When the life of its certificate begins, or None.
        expires: When that ends, or None.
        step: Its next step while no renewal is due.
        due: From when on its next step is to renew, in thirds of a microsecond, which makes it exact; or None.
        rank: Its place in the order of urgency while no renewal is due; smaller is more urgent.
        due_rank: Its place from `due` on.
        weight: What it is sorted by among those of one rank.
    """

    name: str
    key_type: str
    created: int
    backup: str
    backup_since: int | None
    stage: str
    begins: int | None
    expires: int | None
    step: str
    due: int | None
    rank: int
    due_rank: int
    weight: float

    def next_step(self, now: datetime) -> NextStep:
        """The one thing to do next."""
        is_due = self.due is not None and self.due <= thirds(now)
        return NextStep.RENEW if is_due else NextStep(self.step)

    def is_bare(self) -> bool:
        """Whether the pair is in use and has no verified backup."""
        return self.backup != BackupStatus.VERIFIED and self.stage != Stage.RETIRED

    def meets(self, query: Query, now: datetime) -> bool:
        """Whether the pair is to be shown, but for the words looked for: those a line does not hold."""
        if query.retired is Retired.HIDDEN and self.stage == Stage.RETIRED:
            return False
        if query.next_step is not None and self.next_step(now) is not query.next_step:
            return False
        if query.need is Need.BACKUP:
            return self.is_bare()
        return query.need is None or self.backup != BackupStatus.NONE


_DUE = attrgetter("due")
_NOT_DUE = attrgetter("rank", "weight", "name")


def count_due(lines: Sequence[PairLine], now: datetime) -> int:
    """Return of how many the next step is to renew."""
    moment_now = thirds(now)
    return sum([due <= moment_now for due in map(_DUE, lines) if due is not None])


def by_urgency(lines: Sequence[PairLine], now: datetime) -> list[PairLine]:
    """Return the lines sorted, what wants attention first: as `urgency` does pairs."""
    if not count_due(lines, now):
        return sorted(lines, key=_NOT_DUE)
    moment_now = thirds(now)

    def key(line: PairLine) -> SortKey:
        is_due = line.due is not None and line.due <= moment_now
        return (line.due_rank if is_due else line.rank, line.weight, line.name)

    return sorted(lines, key=key)


def line_of(pair: Pair) -> PairLine:
    """Return the line of a pair."""
    record, backup = pair.record, pair.record.backup
    since = None
    if backup is not None:
        since = backup.verified if backup.status is BackupStatus.VERIFIED else backup.since
    step = record.next_step(_BEFORE_ALL)
    renewable = record.next_step(_AFTER_ALL) is NextStep.RENEW
    rank, weight, _ = urgency(pair, _BEFORE_ALL)
    return PairLine(
        pair.name,
        visible(record.key.type),
        moment(record.created),
        record.backup_status.value,
        None if since is None else moment(since),
        record.stage.value,
        moment(record.validity.not_before) if record.validity else None,
        moment(record.validity.not_after) if record.validity else None,
        step.value,
        _due(record.validity) if record.validity and renewable else None,
        rank,
        urgency(pair, _AFTER_ALL)[0],
        weight,
    )


def moment(time: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def thirds(time: datetime) -> int:
    """Return a time as thirds of a microsecond since 1970, as `PairLine.due` is."""
    return 3 * moment(time)


def time_at(at: int) -> datetime:
    """Return the time that is so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=at)


def _due(validity: Validity) -> int:
    """The moment at which `Validity.is_due` turns true: a third of the life before its end."""
    return 2 * moment(validity.not_after) + moment(validity.not_before)
