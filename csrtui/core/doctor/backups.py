"""Check the backups of a pair: that one exists, unchanged, proved, and on another disk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Level
from csrtui.core.doctor.facts import CopySeen, CopyState
from csrtui.core.doctor.finding_codes import Ailment, Code
from csrtui.core.doctor.remedy import Remedy, best_backup, command, csrtui, instruction, is_good, template
from csrtui.core.pairs.pair import Backup, PairRecord, Stage


def judge_copies(
    folder: str, record: PairRecord, copies: Mapping[str, CopySeen], *, can_back_up: bool
) -> Iterator[Ailment]:
    """Yield the findings about the backups of a pair; for a retired pair only damaged backups.

    A missing backup is not a finding, and a damaged one only a note, when a newer backup is good.

    Args:
        folder: The pair's folder.
        record: Its record.
        copies: What was found of the backups on record, by path.
        can_back_up: Whether key and CSR are whole, so that another backup can be made.
    """
    yield from _Backups(folder, record, copies, can_back_up).ailments()


@dataclass(frozen=True, slots=True)
class _Backups:
    folder: str
    record: PairRecord
    copies: Mapping[str, CopySeen]
    can_back_up: bool

    def ailments(self) -> Iterator[Ailment]:
        retired = self.record.retired is not None
        if not self.record.backups and not retired and self.can_back_up:
            yield self._none()
        for backup in self.record.backups:
            seen = self.copies.get(backup.path, CopySeen(CopyState.MISSING))
            if seen.state is CopyState.MISSING:
                if not retired and not self._is_superseded(backup):
                    text = f"the backup {visible(backup.path)} is missing, or its disk is not connected"
                    yield Ailment(Code.BACKUP_MISSING, backup.path, text, self._another(), self._pair)
            elif not is_good(backup, self.copies):
                yield self._damaged(backup, seen)
        best = best_backup(self.record, self.copies)
        if best is not None and not retired:
            yield from self._good(best)

    @property
    def _pair(self) -> str:
        return self.folder.rpartition("/")[2]

    def _another(self) -> Remedy:
        if not self.can_back_up:
            return instruction("Fix the key and the CSR of the pair first, then back it up.")
        return template(*csrtui("backup", self._pair, "--to", "DIR"))

    def _is_superseded(self, backup: Backup) -> bool:
        """Whether a newer backup is good and proved."""
        return any(
            other.created > backup.created and other.verified is not None and is_good(other, self.copies)
            for other in self.record.backups
        )

    def _none(self) -> Ailment:
        text = f"the key of {self._pair} has no backup: if this machine loses it, the certificate is useless"
        # A pair that was just made has no problem: its backup is its next step.
        lighter = Level.NOTE if self.record.stage is Stage.NEW else None
        return Ailment(Code.BACKUP_NONE, self.folder, text, self._another(), self._pair, lighter)

    def _damaged(self, backup: Backup, seen: CopySeen) -> Ailment:
        shown = visible(backup.path)
        text = f"the backup {shown} is damaged: {visible(seen.fault) or 'its contents changed'}"
        remedy, lighter = self._another(), None
        if self._is_superseded(backup):
            lighter = Level.NOTE
            remedy = instruction(f"Use a newer backup. Nothing depends on {shown} any longer.")
        elif self.record.retired is not None:
            remedy = instruction(f"Keep another copy of {shown} if the key of {self._pair} is still needed.")
        return Ailment(Code.BACKUP_DAMAGED, backup.path, text, remedy, self._pair, lighter)

    def _good(self, best: Backup) -> Iterator[Ailment]:
        good = [backup for backup in self.record.backups if is_good(backup, self.copies)]
        if best.verified is None:
            text = f"no backup of {self._pair} was ever proved by restoring it"
            yield Ailment(Code.BACKUP_UNVERIFIED, best.path, text, self._proof(best, good), self._pair)
        if not any(backup.signed for backup in good):
            text = (
                f"no backup of {self._pair} is signed: anyone who can write to its medium can change the text"
            )
            yield Ailment(Code.BACKUP_UNSIGNED, best.path, text, self._another(), self._pair)
        if all(self.copies[backup.path].with_store for backup in good):
            text = f"all backups of {self._pair} are on the keystore's own disk"
            yield Ailment(Code.BACKUP_SAME_DISK, best.path, text, self._another(), self._pair)

    def _proof(self, best: Backup, good: list[Backup]) -> Remedy:
        if all(backup.to_recipients for backup in good):
            return template(*csrtui("verify", "--identity", "IDENTITY", best.path))
        return command(*csrtui("verify", "--restore-test", self._pair))
