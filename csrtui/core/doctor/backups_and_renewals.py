"""Check the backups and the renewal in the record of a pair.

A backup must exist, be unchanged and verified, and be on another disk. Both pairs of a renewal must exist, and
the new pair must be in use.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from csrtui.core.base import escaping
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding import (
    BackupFacts,
    BackupFileState,
    DoctorFinding,
    FindingCode,
    Remedy,
    best_backup,
    command,
    csrtui,
    instruction,
    is_good,
    template,
)
from csrtui.core.pairs.pair import Backup, PairRecord, Stage


def check_backups(
    folder: str, record: PairRecord, backup_facts: Mapping[str, BackupFacts], *, can_back_up: bool
) -> Iterator[DoctorFinding]:
    """Yield the findings about the backups of a pair. For a retired pair, report only damaged backups.

    If a newer backup is good, a missing backup is not a finding, and a damaged backup is only a note. `can_back_up`
    states whether the key and CSR are valid, so that another backup can be made.
    """
    yield from _BackupCheck(folder, record, backup_facts, can_back_up).findings()


@dataclass(frozen=True, slots=True)
class _BackupCheck:
    """The arguments of `check_backups`, with a method for each check."""

    folder: str
    record: PairRecord
    backup_facts: Mapping[str, BackupFacts]
    can_back_up: bool

    def findings(self) -> Iterator[DoctorFinding]:
        is_retired = self.record.retired is not None
        if not self.record.backups and not is_retired and self.can_back_up:
            yield self._missing_backup()
        for backup in self.record.backups:
            facts = self.backup_facts.get(backup.path, BackupFacts(BackupFileState.MISSING))
            if facts.state is BackupFileState.MISSING:
                if not is_retired and not self._is_superseded(backup):
                    text = f"the backup {visible(backup.path)} is missing, or its disk is not connected"
                    yield self._finding(FindingCode.BACKUP_MISSING, backup, text, self._new_backup())
            elif not is_good(backup, self.backup_facts):
                yield self._damaged(backup, facts)
        best = best_backup(self.record, self.backup_facts)
        if best is not None and not is_retired:
            yield from self._check_good_backups(best)

    @property
    def _pair(self) -> str:
        return self.folder.rpartition("/")[2]

    def _finding(self, code: FindingCode, backup: Backup, text: str, remedy: Remedy) -> DoctorFinding:
        return DoctorFinding(code, backup.path, text, remedy, self._pair)

    def _new_backup(self) -> Remedy:
        if not self.can_back_up:
            return instruction("Fix the key and the CSR of the pair first, then back it up.")
        return template(*csrtui("backup", self._pair, "--to", "DIR"))

    def _is_superseded(self, backup: Backup) -> bool:
        """Return whether a newer backup is good and was verified by a restore test."""
        return any(
            other.created > backup.created
            and other.verified is not None
            and is_good(other, self.backup_facts)
            for other in self.record.backups
        )

    def _missing_backup(self) -> DoctorFinding:
        text = f"the key of {self._pair} has no backup: if this machine loses it, the certificate is useless"
        if origin := self.record.key_origin:
            text = f"{self._pair} has no backup. It has the same key as {visible(origin)}, whose backups may contain it"
        # For a new pair this is not a problem, because the backup is its next step.
        lower_level = Level.NOTE if self.record.stage is Stage.NEW else None
        return DoctorFinding(
            FindingCode.BACKUP_NONE, self.folder, text, self._new_backup(), self._pair, lower_level
        )

    def _damaged(self, backup: Backup, facts: BackupFacts) -> DoctorFinding:
        path = visible(backup.path)
        text = f"the backup {path} is damaged: {visible(facts.fault) or 'its contents changed'}"
        remedy, lower_level = self._new_backup(), None
        if self._is_superseded(backup):
            lower_level = Level.NOTE
            remedy = instruction(f"Use a newer backup. {path} is no longer needed.")
        elif self.record.retired is not None:
            remedy = instruction(f"Keep another copy of {path} if the key of {self._pair} is still needed.")
        return DoctorFinding(FindingCode.BACKUP_DAMAGED, backup.path, text, remedy, self._pair, lower_level)

    def _check_good_backups(self, best: Backup) -> Iterator[DoctorFinding]:
        good = [backup for backup in self.record.backups if is_good(backup, self.backup_facts)]
        if best.verified is None:
            text = f"no backup of {self._pair} was ever verified by a restore test"
            yield self._finding(FindingCode.BACKUP_UNVERIFIED, best, text, self._restore_test(best, good))
        if not any(backup.signed for backup in good):
            text = (
                f"no backup of {self._pair} is signed: anyone who can write to its medium can change the text"
            )
            yield self._finding(FindingCode.BACKUP_UNSIGNED, best, text, self._new_backup())
        if all(self.backup_facts[backup.path].with_store for backup in good):
            text = f"all backups of {self._pair} are on the keystore's own disk"
            yield self._finding(FindingCode.BACKUP_SAME_DISK, best, text, self._new_backup())
        if all(self.record.is_newer_than(backup) for backup in good):
            text = (
                f"the backups of {self._pair} are older than its certificate: a restore brings back the key and the CSR, "
                "but not the certificate"
            )
            yield self._finding(FindingCode.BACKUP_OUTDATED, best, text, self._new_backup())

    def _restore_test(self, best: Backup, good: list[Backup]) -> Remedy:
        if all(backup.to_recipients for backup in good):
            return template(*csrtui("verify", "--identity", "IDENTITY", best.path))
        return command(*csrtui("verify", "--restore-test", self._pair))


@dataclass(frozen=True, slots=True)
class RenewalLink:
    """The predecessor and the successor in a pair's record.

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


def check_renewals(links: Iterable[RenewalLink], names: Container[str]) -> Iterator[DoctorFinding]:
    """Yield the findings about records that contradict each other about a renewal.

    `links` are the links of all readable pairs in the store, and `names` the names of all pairs.
    """
    by_name = {link.name: link for link in links}
    successors = {link.renews: link.name for link in by_name.values() if not link.is_retired}
    for link in by_name.values():
        if link.is_retired:
            yield from _check_retired(link, names, successors)
            continue
        if link.renewed_by is not None:
            reason = _broken_reason(link, by_name, names)
            if reason is not None:
                text = f"says that {visible(link.renewed_by)} replaces it, but {reason}: it is not renewed"
                yield _finding(FindingCode.RENEWAL_BROKEN, link, text)
        elif link.name in successors:
            text = (
                f"does not say that {successors[link.name]} was made to replace it: the renewal was interrupted, "
                "or this pair was restored from a backup"
            )
            yield _finding(FindingCode.RENEWAL_NOT_NOTED, link, text)
        if link.renews is not None and link.renews not in names:
            text = f"says that it replaces {visible(link.renews)}, but that pair does not exist"
            finding = _finding(FindingCode.PREDECESSOR_MISSING, link, text)
            yield replace(finding, fix=_RESTORE_IF_NEEDED)


def _check_retired(
    link: RenewalLink, names: Container[str], successors: Container[str | None]
) -> Iterator[DoctorFinding]:
    """Yield a finding if the successor of a retired pair does not exist and no other pair replaces that successor."""
    name = link.renewed_by
    if name is not None and name not in names and name not in successors:
        text = f"says that {visible(name)} replaces it, but that pair does not exist: its key may be lost"
        yield replace(_finding(FindingCode.SUCCESSOR_MISSING, link, text), fix=_RESTORE_SUCCESSOR)


def _broken_reason(
    link: RenewalLink, by_name: Mapping[str, RenewalLink], names: Container[str]
) -> str | None:
    """Return the reason why a pair's successor does not replace it. None if it does, or if it cannot be read."""
    name = link.renewed_by or ""
    successor = by_name.get(name)
    if successor is None:
        return None if name in names else "that pair does not exist"
    if successor.is_retired and successor.renewed_by is None:
        return "that pair is retired"  # a successor counts even if it has been renewed and retired since
    visited = set[str]()
    while successor is not None and name not in visited:
        visited.add(name)
        name = successor.renewed_by or ""
        successor = by_name.get(name)
    return "that pair says the reverse" if link.name in visited else None


_RESTORE: Final = escaping.command(*csrtui("restore", "FILE"))
_RESTORE_IF_NEEDED: Final = instruction(
    f"No action is needed if that pair was deleted on purpose. Otherwise, restore it from its backup: {_RESTORE}."
)
_RESTORE_SUCCESSOR: Final = instruction(
    f"Restore that pair from its backup: {_RESTORE}. If it was deleted on purpose, move the folder of the retired pair out "
    "of the keystore too."
)


def _finding(code: FindingCode, link: RenewalLink, text: str) -> DoctorFinding:
    path = f"{link.path}/pair.json"
    return DoctorFinding(
        code, path, f"{visible(path)} {text}", command(*csrtui("renew", link.name)), link.name
    )
