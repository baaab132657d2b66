"""Pairs: a private key and the CSR made from it, what is known of them, and the one next step."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from csrtui.core.base.finding import CaKind
from csrtui.core.base.times import Validity
from csrtui.core.subject.fields import SubjectFields

SCHEMA = 1
"""The version of pair.json and of the JSON that commands print."""


class Stage(StrEnum):
    """How far a pair has come."""

    NEW = "new"
    SUBMITTED = "submitted"
    ISSUED = "issued"
    RETIRED = "retired"


class BackupStatus(StrEnum):
    """What is known of the backups of a pair's key."""

    NONE = "none"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    MISSING = "missing"
    DAMAGED = "damaged"


class NextStep(StrEnum):
    """The one thing to do next with a pair."""

    BACK_UP = "back-up"
    SUBMIT = "submit"
    IMPORT = "import"
    INSTALL = "install"
    RENEW = "renew"
    NONE = "none"


class KeyFacts(NamedTuple):
    """What is known of the private key without opening it.

    Attributes:
        type: Its type as in `csrtui.core.keys.key_types.KeyType`; free text for an adopted key of another type.
        encrypted: Whether key.pem is under a passphrase.
        spki_sha256: The SPKI fingerprint, 64 hex digits.
    """

    type: str
    encrypted: bool
    spki_sha256: str


class RequestFacts(NamedTuple):
    """What identifies the CSR: SHA-256 of its DER (64 hex digits) and the hash it was signed with."""

    sha256: str
    signature_hash: str | None


class Backup(NamedTuple):
    """A backup of a pair's key and where it stands.

    Attributes:
        status: What the last look at it said.
        path: The file, absolute.
        created: When it was written.
        verified: When it was last restored for proof, or None.
        sha256: SHA-256 of the file as it was written, 64 hex digits.
        since: Since when it has been missing or damaged, or None.
        signed: Whether its text is signed with the pair's key.
    """

    status: BackupStatus
    path: str
    created: datetime
    verified: datetime | None = None
    sha256: str = ""
    since: datetime | None = None
    signed: bool = False

    @property
    def to_recipients(self) -> bool:
        """Whether it is encrypted to recipients (age): an identity opens it, and no passphrase."""
        return self.path.endswith(".age")

    def seen(self, status: BackupStatus, now: datetime) -> "Backup":
        """The backup after a look at it that gave `status`; a restore that proved it is `proved`."""
        away = status in {BackupStatus.MISSING, BackupStatus.DAMAGED}
        since = (self.since if self.status is status else now) if away else None
        return self._replace(status=status, since=since)

    def proved(self, now: datetime) -> "Backup":
        """The backup after it was restored for proof."""
        return self._replace(status=BackupStatus.VERIFIED, verified=now, since=None)


class Event(NamedTuple):
    """Something that happened to a pair: when, what, and which user of this machine did it."""

    time: datetime
    what: str
    user: str


class PairRecord(NamedTuple):
    """Everything that is known of a pair besides its key, its CSR and its certificate: pair.json.

    Attributes:
        created: When the pair was made.
        subject: The subject of the CSR, field by field.
        subject_text: The same as RFC 4514 writes it.
        names: The names of the CSR, the common name first.
        ca: The kind of CA it is for.
        platform: The server software it is for, an id of `csrtui.core.servers.platforms`.
        key: What is known of the key.
        request: What identifies the CSR.
        backups: All backups that were made of it, oldest first.
        submitted: When the CSR went to a CA, or None.
        reused: When the CSR was handed out once more, to renew a certificate, or None; the next certificate
            that is imported ends it.
        validity: The life of the newest imported certificate, or None.
        installed: When that certificate was handed to the server software, or None.
        retired: When the pair was marked as no longer used, or None.
        renews: The name of the pair that this one replaces, or None.
        renewed_by: The name of the pair that replaces this one, or None.
        history: What happened to it, oldest first.
        unknown: Members that a later version has written; they are kept as they are.
    """

    created: datetime
    subject: SubjectFields
    subject_text: str
    names: tuple[str, ...]
    ca: CaKind
    platform: str
    key: KeyFacts
    request: RequestFacts
    backups: tuple[Backup, ...] = ()
    submitted: datetime | None = None
    reused: datetime | None = None
    validity: Validity | None = None
    installed: datetime | None = None
    retired: datetime | None = None
    renews: str | None = None
    renewed_by: str | None = None
    history: tuple[Event, ...] = ()
    unknown: Mapping[str, object] = MappingProxyType({})

    @property
    def stage(self) -> Stage:
        """How far the pair has come."""
        if self.retired:
            return Stage.RETIRED
        if self.validity:
            return Stage.ISSUED
        return Stage.SUBMITTED if self.submitted else Stage.NEW

    @property
    def backup(self) -> Backup | None:
        """The best backup, of several alike the newest; or None."""
        newest_first = reversed(self.backups)
        return min(newest_first, key=lambda backup: _BEST_FIRST.index(backup.status), default=None)

    @property
    def backup_status(self) -> BackupStatus:
        """The status of the best backup."""
        return self.backup.status if self.backup else BackupStatus.NONE

    def next_step(self, now: datetime) -> NextStep:
        """The one thing to do next.

        A key without a proved backup comes before handing the CSR out. Once the CSR is with the CA, a
        backup on a medium that is away is no reason to hold up the certificate. A certificate is to be
        installed from its import until its files were written for the server software; the next one anew.
        A renewal with the old CSR waits for its certificate.
        """
        stage = self.stage
        if stage is Stage.RETIRED or self.renewed_by:
            return NextStep.NONE
        if self.reused:
            return NextStep.IMPORT
        if self.validity and self.validity.is_due(now):
            return NextStep.RENEW
        sufficient = _SUFFICIENT_BEFORE_SUBMIT if stage is Stage.NEW else _SUFFICIENT_LATER
        if self.backup_status not in sufficient:
            return NextStep.BACK_UP
        if stage is Stage.ISSUED and not self.installed:
            return NextStep.INSTALL
        return _NEXT[stage]

    def with_event(self, now: datetime, what: str, user: str) -> "PairRecord":
        """The record with one more event in its history."""
        return self._replace(history=(*self.history, Event(now, what, user)))

    def with_backup(self, backup: Backup) -> "PairRecord":
        """The record with a backup added, or put in the place of the one at the same path."""
        others = tuple(other for other in self.backups if other.path != backup.path)
        return self._replace(backups=(*others, backup))

    def marked_submitted(self, now: datetime, user: str, what: str = "submitted") -> "PairRecord":
        """The record after its CSR went to a CA at `now`."""
        return self._replace(submitted=now).with_event(now, what, user)

    def marked_issued(self, validity: Validity, now: datetime, user: str, what: str) -> "PairRecord":
        """The record after a certificate of that life was imported; it is not installed yet."""
        return self._replace(validity=validity, installed=None, reused=None).with_event(now, what, user)

    def marked_reused(self, now: datetime, user: str, what: str) -> "PairRecord":
        """The record after its CSR was handed out once more; a pair without a certificate waits for its first."""
        return self._replace(reused=now if self.validity else None).with_event(now, what, user)

    def marked_renewed(self, by: str, now: datetime, user: str) -> "PairRecord":
        """The record after the pair called `by` was made to take its place."""
        return self._replace(renewed_by=by).with_event(now, f"renewed by {by}", user)

    def marked_installed(self, now: datetime, user: str, what: str) -> "PairRecord":
        """The record after its certificate was handed to the server software, `what` saying how."""
        return self._replace(installed=now).with_event(now, what, user)

    def marked_retired(self, now: datetime, user: str, what: str = "retired") -> "PairRecord":
        """The record after the pair was marked as no longer used."""
        return self._replace(retired=now).with_event(now, what, user)


_BEST_FIRST = (
    BackupStatus.VERIFIED,
    BackupStatus.UNVERIFIED,
    BackupStatus.MISSING,
    BackupStatus.DAMAGED,
    BackupStatus.NONE,
)
_SUFFICIENT_BEFORE_SUBMIT = frozenset({BackupStatus.VERIFIED})
_SUFFICIENT_LATER = frozenset({BackupStatus.VERIFIED, BackupStatus.MISSING})

_NEXT = {
    Stage.NEW: NextStep.SUBMIT,
    Stage.SUBMITTED: NextStep.IMPORT,
    Stage.ISSUED: NextStep.NONE,
}


class Pair(NamedTuple):
    """A pair in the store.

    Attributes:
        name: Its name, unique in the store.
        path: Its folder, absolute.
        record: What is known of it.
        has_certificate: Whether a certificate lies beside its CSR.
    """

    name: str
    path: str
    record: PairRecord
    has_certificate: bool = False


_URGENCY = (
    NextStep.RENEW,
    NextStep.BACK_UP,
    NextStep.SUBMIT,
    NextStep.INSTALL,
    NextStep.IMPORT,
    NextStep.NONE,
)


def urgency(pair: Pair, now: datetime) -> tuple[int, float, str]:
    """A sort key that puts first what wants attention first; newer before older, then by name."""
    record = pair.record
    when = record.validity.not_after.timestamp() if record.validity else -record.created.timestamp()
    retired = len(_URGENCY) if record.stage is Stage.RETIRED else 0
    return (retired + _URGENCY.index(record.next_step(now)), when, pair.name)


NEW_CSR = "a new CSR made for it"
"""How the event of an adoption ends that made a CSR from the certificate."""


def was_issued_for_request(record: PairRecord) -> bool:
    """Return whether the CA that issued the certificate of a pair saw its CSR; not if that was made at adoption.

    Args:
        record: Of a pair that has a certificate.
    """
    was_made = False
    for event in record.history:
        if event.what.startswith("key adopted from ") and event.what.endswith(NEW_CSR):
            was_made = True
        elif event.what.startswith("certificate imported"):
            was_made = False
    return not was_made
