"""The summary of a pair: the values that lists display, sort and search, and that a cache stores.

Times are microseconds since 1970-01-01 UTC. A summary does not depend on the current time: values such as the next step
are computed when they are read. So a cached summary stays valid as long as the record is unchanged.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from csrtui.core.base.escaping import visible
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.history import ca_names
from csrtui.core.pairs.pair import (
    COMPROMISED,
    BackupStatus,
    NextStep,
    Pair,
    PairRecord,
    Stage,
)
from csrtui.core.pairs.renewal_state import UNREADABLE, RenewalState, Successor, renewal_state
from csrtui.core.servers.platforms import PLATFORMS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_AFTER_ALL = datetime.max.replace(tzinfo=UTC)


URGENCY = (
    NextStep.REVOKE,
    NextStep.RENEW,
    NextStep.BACK_UP,
    NextStep.SUBMIT,
    NextStep.INSTALL,
    NextStep.IMPORT,
    NextStep.FINISH,
    NextStep.RETIRE,
    NextStep.NONE,
)
"""The steps, most urgent first."""


def urgency_key(pair: Pair, now: datetime) -> tuple[int, float, str]:
    """Return a sort key: urgency of the next step, then expiry (without a certificate: newest first), then name.

    A pair whose renewal is due stays among the first until its certificate is replaced. A retired pair comes last,
    unless its certificate must be revoked.
    """
    record = pair.record
    weight = record.deadline.not_after.timestamp() if record.deadline else -record.created.timestamp()
    is_last = record.stage is Stage.RETIRED and not record.needs_revocation(now)
    retired = len(URGENCY) if is_last else 0
    step = NextStep.RENEW if record.is_due(now) else record.visible_step(_BEFORE_ALL)
    return (retired + URGENCY.index(step), weight, pair.name)


class PairSummary(NamedTuple):
    """The values of a pair that lists need.

    Attributes:
        name: The pair's name.
        key_type: The type of the pair's key, safe to display.
        created: The time at which the pair was created.
        backup: The status of the best backup.
        backup_since: The time since which that backup has been verified, missing or damaged, or None if unknown.
        stage: The pair's stage as lists show it (`PairRecord.listed_stage`).
        expires: The time at which the certificate that a server may use expires (`PairRecord.deadline`), or None if
            there is no certificate.
        step: The next step until a renewal has to be started (`PairRecord.visible_step`). `REVOKE` ends when the
            certificate expires.
        due: The time from which that certificate must be replaced (`Validity.due`), or None if it need not be.
        rank: The urgency rank until the renewal is due, or until `REVOKE` ends. A smaller rank is more urgent.
        due_rank: The urgency rank from then on.
        weight: The sort key for pairs with the same rank. A smaller weight comes first.
        search_text: The casefolded text in which filter words are searched. It includes the SPKI fingerprint.
        renews: The name of the pair that this pair replaces, or None.
        renewed_by: The name of the installed pair that replaces this pair, or None.
        is_installed: Whether a certificate was installed, the newest or an earlier one.
        renew_from: The time from which the next step is to renew, or None if it never is.
    """

    name: str
    key_type: str
    created: int
    backup: str
    backup_since: int | None
    stage: str
    expires: int | None
    step: str
    due: int | None
    rank: int
    due_rank: int
    weight: float
    search_text: str
    renews: str | None
    renewed_by: str | None
    is_installed: bool
    renew_from: int | None

    def is_due_at(self, moment: int) -> bool:
        """Return whether a renewal is due at a time in microseconds."""
        return self.due is not None and self.due <= moment

    def is_expired_at(self, moment: int) -> bool:
        """Return whether the pair is in use and its certificate has expired at a time in microseconds."""
        return self.expires is not None and self.expires < moment and self.is_in_use

    @property
    def is_in_use(self) -> bool:
        """Whether the pair is neither retired nor replaced by another pair."""
        return self.renewed_by is None and not self.is_retired

    def step_at(self, moment: int) -> str:
        """Return the value of the next step at a time in microseconds."""
        if self.step == NextStep.REVOKE.value:
            return self.step if self.needs_revocation(moment) else NextStep.NONE.value
        is_renewal = self.renew_from is not None and self.renew_from <= moment
        return NextStep.RENEW.value if is_renewal else self.step

    def needs_revocation(self, moment: int) -> bool:
        """Return whether the certificate must be revoked at a time in microseconds."""
        return self.step == NextStep.REVOKE and self.expires is not None and moment <= self.expires

    @property
    def is_retired(self) -> bool:
        """Whether the pair is retired."""
        return self.stage in RETIRED_STAGES

    @property
    def lacks_backup(self) -> bool:
        """Whether the pair is in use and has no verified backup."""
        return self.backup != BackupStatus.VERIFIED and self.stage not in RETIRED_STAGES


RETIRED_STAGES = frozenset({Stage.RETIRED.value, COMPROMISED})
"""The stages of a retired pair."""


OVERDUE = -1
"""The period of a deadline that has passed."""


def deadlines(summary: PairSummary, now: datetime) -> tuple[int | None, int | None]:
    """Return the periods in which the renewal of a pair becomes due and in which its certificate expires.

    A period is a month in UTC, as year * 12 + month - 1. It is `OVERDUE` if the deadline has passed, and None if there
    is no deadline.

    An expired certificate is no longer due, and a pair that is not in use has no deadlines. Lists, counts and the chart
    of expiries all use these definitions.
    """
    if summary.expires is None or not summary.is_in_use:
        return None, None
    moment = to_microseconds(now)
    if summary.is_expired_at(moment):
        return None, OVERDUE
    due = None if summary.due is None else OVERDUE if summary.is_due_at(moment) else _month(summary.due)
    return due, _month(summary.expires)


def _month(microseconds: int) -> int:
    time = from_microseconds(microseconds)
    return time.year * 12 + time.month - 1


def summarize(pair: Pair) -> PairSummary:
    """Return the summary of a pair."""
    record, backup, since = pair.record, pair.record.backup, None
    if backup is not None:
        since = backup.verified if backup.status is BackupStatus.VERIFIED else backup.since
    deadline, due = record.deadline, record.is_due(_AFTER_ALL)
    is_renewed_later = record.next_step(_AFTER_ALL) is NextStep.RENEW
    rank, weight, _ = urgency_key(pair, _BEFORE_ALL)
    return PairSummary(
        pair.name,
        visible(record.key.type),
        to_microseconds(record.created),
        record.backup_status.value,
        None if since is None else to_microseconds(since),
        record.listed_stage,
        to_microseconds(deadline.not_after) if deadline else None,
        record.visible_step(_BEFORE_ALL).value,
        to_microseconds(deadline.due) if deadline and due else None,
        rank,
        urgency_key(pair, _AFTER_ALL)[0],
        weight,
        _search_text(pair.name, record),
        record.renews,
        None if record.is_in_use else record.renewed_by,
        record.successor_facts.is_installed,
        to_microseconds(record.validity.due) if record.validity and is_renewed_later else None,
    )


def summarize_alone(pair: Pair) -> PairSummary:
    """Return the summary of a pair for `with_renewals`. Apart from the successor's name, it ignores a renewal."""
    summary = summarize(pair._replace(record=pair.record._replace(renewal=RenewalState.BROKEN)))
    return summary._replace(renewed_by=pair.record.renewed_by)


def with_renewal_states(pairs: Iterable[Pair], unreadable: Iterable[str] = ()) -> list[Pair]:
    """Return all pairs of a store with the progress of their renewals.

    Args:
        pairs: The readable pairs.
        unreadable: The names of the other pairs.
    """
    pairs = list(pairs)
    facts = {pair.name: pair.record.successor_facts for pair in pairs} | dict.fromkeys(unreadable, UNREADABLE)
    results: dict[str, RenewalState] = {}
    return [
        pair._replace(record=record._replace(renewal=renewal_state(record.renewed_by, facts.get, results)))
        if (record := pair.record).renewed_by
        else pair
        for pair in pairs
    ]


def with_renewals(summaries: Sequence[PairSummary], unreadable: Iterable[str] = ()) -> Sequence[PairSummary]:
    """Return the summaries of all pairs of a store, each adjusted for the pair that replaces it.

    Args:
        summaries: The summaries of the readable pairs, from `summarize_alone`.
        unreadable: The names of the other pairs.
    """
    successors = {summary.renewed_by for summary in summaries if summary.renewed_by is not None}
    if not successors:
        return summaries
    facts = {
        summary.name: Successor(
            summary.is_retired, summary.expires is not None, summary.is_installed, summary.renewed_by
        )
        for summary in summaries
        if summary.name in successors
    } | dict.fromkeys(unreadable, UNREADABLE)
    results: dict[str, RenewalState] = {}
    return [
        summary
        if summary.renewed_by is None or summary.is_retired
        else _with_renewal(summary, renewal_state(summary.renewed_by, facts.get, results))
        for summary in summaries
    ]


def _with_renewal(summary: PairSummary, state: RenewalState) -> PairSummary:
    if state is RenewalState.BROKEN:
        return summary._replace(renewed_by=None)
    step = NextStep.RETIRE if state is RenewalState.INSTALLED else NextStep.FINISH
    rank = URGENCY.index(step)
    if step is NextStep.FINISH:
        return summary._replace(step=step.value, rank=rank, renewed_by=None, renew_from=None)
    return summary._replace(step=step.value, due=None, rank=rank, due_rank=rank, renew_from=None)


def to_microseconds(time: datetime) -> int:
    """Return a time in microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the time for a number of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _search_text(name: str, record: PairRecord) -> str:
    """Return the text that a filter searches. It has both spellings of internationalized names and of the key type.

    Names in the subject, such as the common name, are not repeated, because a short text is searched faster.
    """
    platform = PLATFORMS.get(record.platform)
    names = dict.fromkeys((name, *record.names))
    parts = (
        record.subject_text,
        *(text for text in names if text not in record.subject_text),
        *_u_labels(record.names),
        record.key.type,
        label_of_name(record.key.type),
        record.key.spki_sha256,
        record.backup_status.value,
        *dict.fromkeys((record.stage.value, record.visible_stage, record.listed_stage)),
        record.platform,
        platform.label if platform else "",
        f"{record.ca.value} ca",
        *ca_names(record.history),
    )
    return " ".join(parts).casefold()


def _u_labels(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if "xn--" in name:
            from csrtui.core.names.host_name import to_unicode

            yield ".".join(map(to_unicode, name.split(".")))
