"""Taking another machine's word that a backup restored: only if the pair's own key signed it."""

from datetime import datetime, timedelta
from hashlib import sha256

from csrtui.core.backups import confirmation
from csrtui.core.backups.confirmation import Confirmation
from csrtui.core.base.errors import RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.base.times import utc_text
from csrtui.core.certificates import csr
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.store import backups
from csrtui.tasks.batch import Result
from csrtui.tasks.list import pairs_with_key, read_pair
from csrtui.tasks.session import Session, change_record

_CLOCKS_APART = timedelta(days=1)
"""How far the other machine's clock may be ahead of ours."""


def confirm(session: Session, text: str) -> Result:
    """Mark a backup verified that was restored on another machine.

    Args:
        session: Whose store the pair is in.
        text: What ``csrtui verify FILE --identity …`` printed there, or the token out of it.

    Raises:
        InputError: There is no confirmation in it, or it is cut short.
        RefusedError: It is forged, of a pair or a file that is not known here, from the future, or the
            file is not any more what was restored.
        StoreError: The store cannot be used.
    """
    signed = confirmation.read(text)
    said, now = signed.said, session.clock()
    pair = _pair(session, said)
    confirmation.check(signed, csr.public_key(read_pair(session, pair.name)[1].der))
    if said.time > now + _CLOCKS_APART:
        raise RefusedError(
            f"the confirmation is from the future: {utc_text(said.time)}", "set the clocks of both machines"
        )
    found = tuple(backup for backup in pair.record.backups if backup.sha256 == said.file_sha256)
    seen = {backup.path: _seen(backup, said.time, now) for backup in found}

    def noted(record: PairRecord) -> PairRecord:
        for backup in record.backups:
            if backup.sha256 == said.file_sha256 and backup.path in seen and backup != seen[backup.path]:
                what = f"backup confirmed, restored elsewhere at {utc_text(said.time)}: {backup.path}"
                record = record.with_backup(seen[backup.path]).with_event(now, what, session.user)
        return record

    change_record(session, pair.name, noted)
    best = min(seen.values(), key=lambda backup: backup.status is not BackupStatus.VERIFIED)
    away = (
        "" if best.status is BackupStatus.VERIFIED else "; the file itself is away from where it was written"
    )
    return Result(ok=True, pair=pair.name, file=best.path, text=f"confirmed: restored elsewhere{away}")


def _pair(session: Session, said: Confirmation) -> Pair:
    """The pair of that key which has a backup of that SHA-256; there is more than one where a key is used again."""
    pairs = pairs_with_key(session, said.spki_sha256)
    if not pairs:
        raise RefusedError(
            "the confirmation is of a pair that is not in this keystore",
            "look whether it is another machine's",
        )
    for pair in pairs:
        if any(backup.sha256 == said.file_sha256 for backup in pair.record.backups):
            return pair
    raise RefusedError(
        f"the confirmation is of a file that is no backup of {pairs[0].name} made here",
        "it was changed before it was opened, or made elsewhere; copy it again and verify that",
        pair=pairs[0].name,
    )


def _seen(backup: Backup, time: datetime, now: datetime) -> Backup:
    """The backup as confirmed: proved when it was restored, by clocks that may differ; there or away."""
    restored = min(max(time, backup.created, backup.verified or backup.created), now)
    proved = backup.proved(restored)
    if not backups.is_there(backup.path):
        since = backup.since if backup.status is BackupStatus.MISSING else None
        return proved.seen(BackupStatus.MISSING, since or now)
    if sha256(backups.read_back(backup.path)).hexdigest() != backup.sha256:
        raise RefusedError(
            f"{visible(backup.path)} is not any more the file that was restored", "back up again"
        )
    return proved
