"""Confirm that a backup was restored on another machine. The pair's own key must have signed the confirmation."""

import os
from datetime import datetime, timedelta
from hashlib import sha256

from csrtui.core.backups import confirmation
from csrtui.core.backups.confirmation import Confirmation
from csrtui.core.base.errors import RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.base.validity import utc_text
from csrtui.core.certificates import csr as csrs
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.store.files import read_foreign
from csrtui.tasks.batch import Result
from csrtui.tasks.list import pairs_with_key, read_pair
from csrtui.tasks.session import Session, change_record

_MAX_CLOCK_DIFFERENCE = timedelta(days=1)
"""The maximum time by which the clock of the other machine may be ahead."""


def confirm(session: Session, text: str) -> Result:
    """Mark a backup as verified because it was restored on another machine, and return the result.

    Args:
        session: The session of the store.
        text: The output of ``csrtui verify FILE --identity …`` on the other machine, or the token in it.

    Raises:
        InputError: The text does not contain a complete confirmation.
        RefusedError: The confirmation is forged, is for an unknown pair or file, or has a time in the future, or the
            file has changed since it was restored.
        StoreError: The store cannot be used.
    """
    signed = confirmation.read(text)
    statement, now = signed.confirmation, session.clock()
    pair = _find_pair(session, statement)
    confirmation.check(signed, csrs.public_key(read_pair(session, pair.name)[1].der))
    time = utc_text(statement.time)
    if statement.time > now + _MAX_CLOCK_DIFFERENCE:
        raise RefusedError(f"the confirmation is from the future: {time}", "set the clocks of both machines")
    confirmed = {
        backup.path: _confirmed(backup, statement.time, now)
        for backup in pair.record.backups
        if backup.sha256 == statement.file_sha256
    }

    def update(record: PairRecord) -> PairRecord:
        for backup in record.backups:
            new = confirmed.get(backup.path, backup)
            if backup.sha256 == statement.file_sha256 and backup != new:
                event = f"backup confirmed, restored elsewhere at {time}: {backup.path}"
                record = record.with_backup(new).with_event(now, event, session.user)
        return record

    change_record(session, pair.name, update)
    best = min(confirmed.values(), key=lambda backup: backup.status is not BackupStatus.VERIFIED)
    missing = "" if best.status is BackupStatus.VERIFIED else "; the file is missing from its recorded path"
    return Result(ok=True, pair=pair.name, file=best.path, text=f"confirmed: restored elsewhere{missing}")


def _find_pair(session: Session, statement: Confirmation) -> Pair:
    """Return the pair that has both the key and the backup of a confirmation.

    The key is not enough, because several pairs can share a key.

    Raises:
        RefusedError: There is no such pair.
    """
    pairs = pairs_with_key(session, statement.spki_sha256)
    if not pairs:
        raise RefusedError(
            "the confirmation is for a pair that is not in this keystore",
            "run the command on the machine that made the backup",
        )
    for pair in pairs:
        if any(backup.sha256 == statement.file_sha256 for backup in pair.record.backups):
            return pair
    raise RefusedError(
        f"the confirmation is for a file that is not on record as a backup of {pairs[0].name}",
        "the file was changed before it was opened, or made elsewhere; copy it again and verify the copy",
        pair=pairs[0].name,
    )


def _confirmed(backup: Backup, time: datetime, now: datetime) -> Backup:
    """Return a backup with its restore test recorded, and marked as missing if its file is missing.

    Args:
        backup: The backup.
        time: The time of the restore test, by the clock of the other machine. Impossible times are corrected.
        now: The time, in UTC.

    Raises:
        RefusedError: The file has changed since it was restored.
    """
    restored = min(max(time, backup.created, backup.verified or backup.created), now)
    verified = backup.with_restore_test(restored)
    if not os.path.lexists(backup.path):
        since = backup.since if backup.status is BackupStatus.MISSING else None
        return verified.with_status(BackupStatus.MISSING, since or now)
    if sha256(read_foreign(backup.path, from_disk=True)).hexdigest() != backup.sha256:
        raise RefusedError(f"{visible(backup.path)} has changed since it was restored", "back up again")
    return verified
