"""Judging the backups of a pair: whether any is there, unchanged, proved, and on another disk."""

from collections.abc import Iterator, Mapping

from csrtui.core.doctor.ailment import Ailment, Code
from csrtui.core.doctor.seen import CopySeen, CopyState
from csrtui.core.finding import Level
from csrtui.core.pair import Backup, PairRecord, Stage
from csrtui.core.shell import command
from csrtui.core.visible import visible

_ASIDE = ("--to", "DIR")


def judge_copies(folder: str, record: PairRecord, copies: Mapping[str, CopySeen]) -> Iterator[Ailment]:
    """Judge the backups on record; those of a retired pair only where they are damaged.

    Args:
        folder: The pair's folder.
        record: What is on record.
        copies: What was found, by path.
    """
    pair = folder.rpartition("/")[2]
    again = command("csrtui", "backup", pair, *_ASIDE)
    if not record.backups and not record.retired:
        text = f"the key of {pair} has no backup: if this machine loses it, the certificate is lost"
        # Nothing is wrong with a pair that was just made: its backup is its next step.
        lighter = Level.NOTE if record.stage is Stage.NEW else None
        yield Ailment(Code.BACKUP_NONE, folder, text, again, pair, lighter)
    good = []
    for backup in record.backups:
        seen = copies.get(backup.path, CopySeen(CopyState.MISSING))
        shown = visible(backup.path)
        if seen.state is CopyState.MISSING:
            if not record.retired:
                text = f"the backup {shown} is not there, or its disk is away"
                verify = command("csrtui", "verify", pair)
                yield Ailment(Code.BACKUP_MISSING, backup.path, text, verify, pair)
        elif seen.sha256 != backup.sha256:
            why = visible(seen.fault) or "it is not what was written"
            text = f"the backup {shown} is damaged: {why}"
            yield Ailment(Code.BACKUP_DAMAGED, backup.path, text, again, pair)
        else:
            good.append((backup, seen))
    if good and not record.retired:
        yield from _judge_good(pair, good, again)


def _judge_good(pair: str, good: list[tuple[Backup, CopySeen]], again: str) -> Iterator[Ailment]:
    path = good[-1][0].path
    if not any(backup.verified for backup, _ in good):
        text = f"no backup of {pair} was ever proved by restoring it"
        yield Ailment(Code.BACKUP_UNVERIFIED, path, text, _restore_test(pair, good), pair)
    if not any(backup.signed for backup, _ in good):
        text = f"no backup of {pair} is signed: anyone who can write to its medium can change the text"
        yield Ailment(Code.BACKUP_UNSIGNED, path, text, again, pair)
    if all(seen.with_store for _, seen in good):
        text = f"every backup of {pair} is on the disk of the keystore: if that fails, both are gone"
        yield Ailment(Code.BACKUP_SAME_DISK, path, text, again, pair)


def _restore_test(pair: str, good: list[tuple[Backup, CopySeen]]) -> str:
    """Return the command that tests the newest backup with a passphrase, or else one to recipients with an identity."""
    if all(backup.to_recipients for backup, _ in good):
        return command("csrtui", "verify", good[-1][0].path, "--identity", "IDENTITY")
    return command("csrtui", "verify", pair, "--restore-test")
