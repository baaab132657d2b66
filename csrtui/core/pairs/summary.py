"""A pair's summary: the few plain values that lists show, sort and search, so that a cache can store them.

Times are microseconds since 1970-01-01 UTC. Nothing in a summary depends on the clock: values such as the next step
are computed from it when they are read, so a summary cached a year ago gives the same answers as the record itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from csrtui.core.base.escaping import visible
from csrtui.core.base.times import Validity
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.pair import BackupStatus, NextStep, Pair, PairRecord, Stage, urgency

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_AFTER_ALL = datetime.max.replace(tzinfo=UTC)


class PairSummary(NamedTuple):
    """The values of a pair that lists need.

    Attributes:
        name: The pair's name.
        key_type: The type of its key, safe to display.
        created: When the pair was created.
        backup: The status of its best backup.
        backup_since: When that backup was verified, or since when it has been missing or damaged; None if unknown.
        stage: Its stage.
        begins: When its certificate becomes valid, or None without a certificate.
        expires: When its certificate expires, or None.
        step: Its next step as long as no renewal is due.
        due: When its renewal becomes due, in thirds of a microsecond (which makes it exact); or None.
        rank: Its place in the order of urgency as long as no renewal is due; smaller is more urgent.
        due_rank: The same once the renewal is due.
        weight: Orders pairs of the same rank.
        search_text: The text that filter words are looked up in, casefolded; the SPKI fingerprint is part of it.
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
    search_text: str

    def is_due(self, now: datetime) -> bool:
        """Return whether the next step is to renew."""
        return self.due is not None and self.due <= thirds(now)

    def next_step(self, now: datetime) -> NextStep:
        """Return the next step."""
        return NextStep.RENEW if self.is_due(now) else NextStep(self.step)

    @property
    def is_retired(self) -> bool:
        """Whether the pair is retired."""
        return self.stage == Stage.RETIRED

    @property
    def lacks_backup(self) -> bool:
        """Whether the pair is in use and has no verified backup."""
        return self.backup != BackupStatus.VERIFIED and self.stage != Stage.RETIRED


_DUE = attrgetter("due")


def count_due(summaries: Sequence[PairSummary], now: datetime) -> int:
    """Return the number of pairs whose renewal is due."""
    now_thirds = thirds(now)
    return sum([due <= now_thirds for due in map(_DUE, summaries) if due is not None])


def summarize(pair: Pair) -> PairSummary:
    """Return the summary of a pair."""
    record, backup = pair.record, pair.record.backup
    since = None
    if backup is not None:
        since = backup.verified if backup.status is BackupStatus.VERIFIED else backup.since
    renewable = record.next_step(_AFTER_ALL) is NextStep.RENEW
    rank, weight, _ = urgency(pair, _BEFORE_ALL)
    return PairSummary(
        pair.name,
        visible(record.key.type),
        microseconds(record.created),
        record.backup_status.value,
        None if since is None else microseconds(since),
        record.stage.value,
        microseconds(record.validity.not_before) if record.validity else None,
        microseconds(record.validity.not_after) if record.validity else None,
        record.next_step(_BEFORE_ALL).value,
        _due(record.validity) if record.validity and renewable else None,
        rank,
        urgency(pair, _AFTER_ALL)[0],
        weight,
        _search_text(pair.name, record),
    )


def microseconds(time: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def thirds(time: datetime) -> int:
    """Return a time as thirds of a microsecond since 1970, the unit of `PairSummary.due`."""
    return 3 * microseconds(time)


def time_at(at: int) -> datetime:
    """Return the time that is `at` microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=at)


def _due(validity: Validity) -> int:
    """Return when `Validity.is_due` becomes true: one third of the validity before its end."""
    return 2 * microseconds(validity.not_after) + microseconds(validity.not_before)


def _search_text(name: str, record: PairRecord) -> str:
    """Join what a filter finds; internationalized names and the key type are included as people write them, too."""
    parts = (
        name,
        *record.names,
        *_u_labels(record.names),
        record.subject_text,
        record.key.type,
        label_of_name(record.key.type),
        record.key.spki_sha256,
        record.backup_status,
        record.stage,
        record.platform,
    )
    return " ".join(parts).casefold()


def _u_labels(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if "xn--" in name:
            from csrtui.core.names.international import to_unicode

            yield ".".join(map(to_unicode, name.split(".")))
