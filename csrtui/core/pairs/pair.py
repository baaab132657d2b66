"""A pair: a private key and the CSR made from it, its record, and its next step."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.base.validity import Validity
from csrtui.core.pairs.facts import Defect, Installation, KeyFacts, RequestFacts
from csrtui.core.pairs.history import SAME_KEY, HistoryEntry, lacks_issuer, was_installed
from csrtui.core.pairs.renewal_state import RenewalState, Successor
from csrtui.core.subject.fields import SubjectFields

SCHEMA = 1
"""The version of pair.json and of the JSON output of commands."""


class Stage(StrEnum):
    """The progress of a pair."""

    NEW = "new"
    SUBMITTED = "submitted"
    ISSUED = "issued"
    RETIRED = "retired"


INSTALLED, COMPROMISED = "installed", "compromised"
"""The stages that only people see: the certificate is installed, and the key is compromised."""
NO_CHAIN = "no chain"
"""The stage that lists show if the chain of a public CA's certificate lacks the issuer."""


class BackupStatus(StrEnum):
    """The result of the last check of a backup."""

    NONE = "none"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    MISSING = "missing"
    DAMAGED = "damaged"


class NextStep(StrEnum):
    """The next thing to do with a pair."""

    BACK_UP = "back-up"
    SUBMIT = "submit"
    IMPORT = "import"
    INSTALL = "install"
    RENEW = "renew"
    NONE = "none"
    RETIRE = "retire"
    """The pair that replaces this one is installed. Only people see this step. For programs, the step is `NONE`."""
    FINISH = "finish"
    """The pair that replaces this one is not installed yet. Only people see this step, as with `RETIRE`."""
    REVOKE = "revoke"
    """The key is compromised, and the certificate is still valid. Only people see this step, as with `RETIRE`."""


class Backup(NamedTuple):
    """A backup of a pair's key, and its status.

    Attributes:
        status: The result of the last check.
        path: The absolute path of the file.
        created: The time at which the backup was written.
        verified: The time of the last restore test, or None.
        sha256: SHA-256 of the file when it was written, 64 hex digits.
        since: The time since which the backup has been missing or damaged, or None. None if only its disk is not
            connected.
        signed: Whether the text of the backup is signed with the pair's key.
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
        """Whether the backup is encrypted to recipients (age), so that an identity decrypts it, not a passphrase."""
        return self.path.endswith(".age")

    @property
    def is_intact(self) -> bool:
        """Whether the file existed and was unchanged at the last check."""
        return self.status in {BackupStatus.VERIFIED, BackupStatus.UNVERIFIED}

    @property
    def is_away(self) -> bool:
        """Whether the backup is missing because its disk is not connected."""
        return self.status is BackupStatus.MISSING and self.since is None

    def with_status(self, status: BackupStatus, now: datetime) -> "Backup":
        """Return the backup with the result of a check. For a restore test, use `with_restore_test`."""
        is_unusable = status in {BackupStatus.MISSING, BackupStatus.DAMAGED}
        previous = self.since if self.status is status else None
        return self._replace(status=status, since=(previous or now) if is_unusable else None)

    def with_disk_away(self) -> "Backup":
        """Return the backup with the status "missing", because its disk is not connected."""
        return self._replace(status=BackupStatus.MISSING, since=None)

    def with_restore_test(self, now: datetime) -> "Backup":
        """Return the backup after a successful restore test."""
        return self._replace(status=BackupStatus.VERIFIED, verified=now, since=None)


class PairRecord(NamedTuple):
    """All data of a pair except its key, CSR and certificate. It is stored in pair.json.

    Attributes:
        created: The time at which the pair was created.
        subject: The fields of the CSR's subject.
        subject_text: The CSR's subject as RFC 4514 text.
        names: The names in the CSR, the common name first.
        ca: The kind of CA that the CSR is for.
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        key: The facts about the key.
        request: The identity of the CSR.
        backups: The backups, oldest first.
        submitted: The time at which the CSR was submitted to a CA, or None.
        reused: The time at which the CSR was submitted again to renew a certificate, or None. Importing the next
            certificate clears it.
        validity: The validity of the newest imported certificate, or None.
        defect: The defect of that certificate, or None.
        previous: The validity of the certificate that a server may still use because the newest one is not installed,
            or None.
        installed: The time at which the newest certificate was exported for the server software, or None.
        retired: The time at which the pair was marked as no longer used, or None.
        renews: The name of the pair that this pair replaces, or None.
        renewed_by: The name of the pair that replaces this pair, or None.
        server: The place where this pair, or one that it renews, was installed last, or None.
        history: The events, oldest first.
        unknown: The members that a later version wrote, unchanged.
        purpose: The purpose that the CSR requests.
        compromised: The time at which the key was marked as compromised, or None.
        revoked: The time at which the user recorded that the CA has revoked the certificate, or None.
        renewal: The progress of the renewal by `renewed_by`. It is not stored, because it follows from the other pair.
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
    server: Installation | None = None
    history: tuple[HistoryEntry, ...] = ()
    unknown: Mapping[str, object] = MappingProxyType({})
    purpose: Purpose = Purpose.SERVER
    compromised: datetime | None = None
    renewal: RenewalState = RenewalState.INSTALLED
    previous: Validity | None = None
    revoked: datetime | None = None
    defect: Defect | None = None

    @property
    def stage(self) -> Stage:
        """The progress of the pair."""
        if self.retired:
            return Stage.RETIRED
        if self.validity:
            return Stage.ISSUED
        return Stage.SUBMITTED if self.submitted else Stage.NEW

    @property
    def visible_stage(self) -> str:
        """The progress of the pair as people see it: the stage, `INSTALLED` or `COMPROMISED`."""
        if self.compromised and self.retired:
            return COMPROMISED
        return INSTALLED if self.stage is Stage.ISSUED and self.installed else self.stage.value

    @property
    def listed_stage(self) -> str:
        """The progress of the pair as lists show it: `visible_stage`, or `NO_CHAIN`."""
        needs_chain = self.stage is Stage.ISSUED and self.ca is CaKind.PUBLIC
        return NO_CHAIN if needs_chain and lacks_issuer(self.history) else self.visible_stage

    @property
    def deadline(self) -> Validity | None:
        """The validity of the certificate that a server may still use, or None if the pair has no certificate.

        With a compromised key, it is that of the newest certificate, which must be revoked.
        """
        return self.validity if self.compromised else self.previous or self.validity

    @property
    def is_in_use(self) -> bool:
        """Whether the pair is neither retired nor replaced by another pair that is installed."""
        return not (self.retired or (self.renewed_by and self.renewal is RenewalState.INSTALLED))

    @property
    def is_renewal_started(self) -> bool:
        """Whether another pair is to replace this one, but is not installed yet."""
        return self.is_in_use and bool(self.renewed_by) and self.renewal is not RenewalState.BROKEN

    @property
    def is_unreplaced(self) -> bool:
        """Whether the pair is in use, and no other pair is to replace it."""
        return self.is_in_use and not self.is_renewal_started

    @property
    def backup(self) -> Backup | None:
        """The best backup: the newest one among those with the best status, or None."""
        newest_first = reversed(self.backups)
        return min(newest_first, key=lambda backup: _BEST_FIRST.index(backup.status), default=None)

    @property
    def backups_best_first(self) -> list[Backup]:
        """All backups: first the best one, then the others, newest first."""
        best, newest_first = self.backup, self.backups[::-1]
        return sorted(newest_first, key=lambda backup: backup is not best)

    @property
    def backup_status(self) -> BackupStatus:
        """The status of the best backup."""
        return self.backup.status if self.backup else BackupStatus.NONE

    def is_newer_than(self, backup: Backup) -> bool:
        """Return whether the certificate was imported after a backup was made, so that the backup lacks it."""
        imports = [event.time for event in self.history if event.text.startswith("certificate imported")]
        time = imports[-1] if imports else self.validity and self.validity.not_before
        return self.validity is not None and time is not None and backup.created < time

    @property
    def key_origin(self) -> str | None:
        """The name of the renewed pair whose key this pair has, or None if it has its own key."""
        return self.renews if any(event.text.endswith(SAME_KEY) for event in self.history[:1]) else None

    @property
    def awaits_identity(self) -> bool:
        """Whether the best backup is unverified and encrypted to recipients, so that only an identity can verify it."""
        backup = self.backup
        return backup is not None and backup.status is BackupStatus.UNVERIFIED and backup.to_recipients

    def next_step(self, now: datetime) -> NextStep:
        """Return the next step.

        A verified backup is required before the CSR is submitted. After that, a backup on a disconnected disk is
        enough. An unverified backup to recipients is always enough, because it can only be verified elsewhere. Each
        imported certificate must be installed, unless it is useless. After a CSR is submitted again, its certificate
        must be imported.
        """
        if not self.is_unreplaced:
            return NextStep.NONE
        if self.reused:
            return NextStep.IMPORT
        if self.validity and self.validity.is_due(now):
            return NextStep.RENEW
        stage = self.stage
        is_away = stage is not Stage.NEW and any(backup.is_away for backup in self.backups)
        if not (self.backup_status is BackupStatus.VERIFIED or is_away or self.awaits_identity):
            return NextStep.BACK_UP
        is_useless = self.defect is not None and self.defect.is_total
        if stage is Stage.ISSUED and not is_useless:
            return NextStep.NONE if self.installed else NextStep.INSTALL
        return NextStep.SUBMIT if stage is Stage.NEW else NextStep.IMPORT

    def visible_step(self, now: datetime) -> NextStep:
        """Return the next step to show to the user. For a renewed pair, it depends on the pair that replaces it."""
        if self.needs_revocation(now):
            return NextStep.REVOKE
        if self.is_renewal_started:
            return NextStep.FINISH
        if not (self.is_in_use or self.retired):
            return NextStep.RETIRE
        return self.next_step(now)

    def needs_revocation(self, now: datetime) -> bool:
        """Return whether the certificate must be revoked: its key is compromised, and it is still valid."""
        is_valid = self.validity is not None and now <= self.validity.not_after
        return self.visible_stage == COMPROMISED and self.revoked is None and is_valid

    def is_due(self, now: datetime) -> bool:
        """Return whether a certificate must be replaced on the server, even if its renewal has been started."""
        return self.is_in_use and self.deadline is not None and self.deadline.is_due(now)

    @property
    def successor_facts(self) -> Successor:
        """The facts about this pair that decide the renewal state of a pair that it replaces.

        Once this pair is installed, the other one stays replaced, even if a newer certificate is not installed yet.
        """
        is_installed = self.installed is not None or was_installed(self.history)
        return Successor(bool(self.retired), bool(self.validity), is_installed, self.renewed_by)

    def with_event(self, now: datetime, text: str, user: str) -> "PairRecord":
        """Return the record with an event added to its history."""
        return self._replace(history=(*self.history, HistoryEntry(now, text, user)))

    def with_backup(self, backup: Backup) -> "PairRecord":
        """Return the record with a backup added. It replaces a backup with the same path."""
        others = tuple(other for other in self.backups if other.path != backup.path)
        return self._replace(backups=(*others, backup))

    def with_submission(self, now: datetime, user: str, text: str = "submitted") -> "PairRecord":
        """Return the record after the CSR was submitted to a CA."""
        return self._replace(submitted=now).with_event(now, text, user)

    def with_certificate(
        self, validity: Validity, now: datetime, user: str, text: str, defect: Defect | None = None
    ) -> "PairRecord":
        """Return the record after a certificate with this validity was imported. It counts as not yet installed."""
        previous = self.deadline if self.deadline and self.deadline.not_after < validity.not_after else None
        record = self._replace(
            validity=validity, previous=previous, installed=None, reused=None, defect=defect
        )
        return record.with_event(now, text, user)

    def with_reused_csr(self, now: datetime, user: str, text: str) -> "PairRecord":
        """Return the record after the CSR was submitted again. Without a certificate, this is not a renewal."""
        return self._replace(reused=now if self.validity else None).with_event(now, text, user)

    def with_successor(self, name: str, now: datetime, user: str) -> "PairRecord":
        """Return the record after the pair `name` was created to replace this one."""
        return self._replace(renewed_by=name).with_event(now, f"renewed by {name}", user)

    def with_installation(
        self, now: datetime, user: str, text: str, platform: str, folder: str
    ) -> "PairRecord":
        """Return the record after the certificate was exported into a folder for server software.

        From then on, the pair is for that server software.
        """
        server = Installation(platform, folder, now)
        record = self._replace(platform=platform, installed=now, previous=None, server=server)
        return record.with_event(now, text, user)

    def with_platform(self, platform: str, now: datetime, user: str) -> "PairRecord":
        """Return the record with different server software. The CSR stays the same."""
        if platform == self.platform:
            return self
        event = f"server software changed from {self.platform} to {platform}"
        return self._replace(platform=platform).with_event(now, event, user)

    def with_ca(self, ca: CaKind, now: datetime, user: str) -> "PairRecord":
        """Return the record with another kind of CA. The CSR stays the same."""
        if ca is self.ca:
            return self
        return self._replace(ca=ca).with_event(now, f"CA changed from {self.ca.value} to {ca.value}", user)

    def with_retirement(self, now: datetime, user: str) -> "PairRecord":
        """Return the record after the pair was marked as no longer used."""
        return self._replace(retired=now).with_event(now, "retired", user)

    def with_compromise(self, now: datetime, user: str) -> "PairRecord":
        """Return the record with the key marked as compromised and the pair as no longer used."""
        record = self._replace(compromised=now, retired=self.retired or now)
        return record.with_event(now, "key marked as compromised", user)

    def with_revocation(self, now: datetime, user: str) -> "PairRecord":
        """Return the record after the CA has revoked the certificate."""
        return self._replace(revoked=now).with_event(now, "certificate revoked", user)

    def without_retirement(self, now: datetime, user: str) -> "PairRecord":
        """Return the record of a retired pair that is used again."""
        return self._replace(retired=None).with_event(now, "taken back into use", user)


_BEST_FIRST = (
    BackupStatus.VERIFIED, BackupStatus.UNVERIFIED, BackupStatus.MISSING, BackupStatus.DAMAGED, BackupStatus.NONE,
)  # fmt: skip


class Pair(NamedTuple):
    """A pair in the store.

    Attributes:
        name: The pair's name, which is unique in the store.
        path: The absolute path of the pair's folder.
        record: The pair's record.
        has_certificate: Whether the folder contains a certificate.
    """

    name: str
    path: str
    record: PairRecord
    has_certificate: bool = False
