"""Verify that backups exist and are unchanged and, with a passphrase or identity, that they can be restored.

A restore test on another machine is confirmed here with the signature of the pair's key.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event

from csrtui.core.backups import confirmation
from csrtui.core.backups.age import is_age
from csrtui.core.backups.backup_file import Expectation
from csrtui.core.backups.confirmation import Confirmation
from csrtui.core.backups.integrity import CHANGED_HINT
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import date_text, time_text
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.csr import Request
from csrtui.core.keys.pkcs8 import BatchDecryptor
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.store.file_facts import is_away
from csrtui.store.foreign_files import read_foreign
from csrtui.tasks.backup_contents import (
    BackupContents,
    build_result,
    find_pair,
    open_key,
    parse_contents,
    restore_test,
    unsigned_note,
)
from csrtui.tasks.list import pairs_with_key, read_all_pairs, read_pair
from csrtui.tasks.parallel import MAX_WORKERS, OnResult, Result, run_for_each
from csrtui.tasks.session import Session, change_record

NO_BACKUP = "has no backup"
"""The result for a pair without backups."""
_RESTORES = "restores"
_UNCHANGED = "exists and is unchanged"
_CHANGED = "damaged: its contents changed"
_FAILURE_LABEL = "not checked"


@dataclass(frozen=True, slots=True)
class _Check:
    """The result of checking one backup of a pair, and the backup with its new status."""

    backup: Backup
    text: str
    ok: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """The inputs that all checks of one run share.

    Attributes:
        expected: The key or CSR that a file must contain, or None.
        pairs: All pairs of the store. They are needed only to check files.
    """

    session: Session
    decryptor: BatchDecryptor | None
    identities: bytes | None = None
    expected: Expectation | None = None
    pairs: tuple[Pair, ...] = ()


def record_backup_states(session: Session, names: Iterable[str]) -> None:
    """Record which backups of these pairs exist and are unchanged, unless their disk is not connected. Ignore errors."""
    run = _Run(session, None)
    for name in names:
        with suppress(CsrtuiError):
            _verify_pair(run, name, only_connected=True)


def verify_many(
    session: Session,
    names: Sequence[str],
    passphrase: Secret | None = None,
    identities: bytes | None = None,
    *,
    on_result: OnResult = lambda _: None,
    cancel: Event | None = None,
    max_workers: int = MAX_WORKERS,
) -> list[Result]:
    """Check all backups of several pairs with `run_for_each`, record the status of each, and return the results.

    Without a passphrase, check only that each file exists and is unchanged. With a passphrase, run a full restore test.
    The encryption key is derived once for all backups with the same salt. A restore test of a backup for recipients
    needs `identities`, which is the text of an age identity file, or an SSH private key.
    """
    run = _Run(session, _decryptor(passphrase), identities)
    return run_for_each(
        names,
        lambda name: _verify_pair(run, name),
        failure_label=_FAILURE_LABEL,
        on_result=on_result,
        cancel=cancel,
        max_workers=max_workers,
    )


def verify_names_or_files(
    session: Session,
    names_or_paths: Sequence[str],
    passphrase: Secret | None = None,
    *,
    expected: Expectation | None = None,
    on_result: OnResult = lambda _: None,
) -> list[Result]:
    """Check the backups of pairs and backup files as `verify_many` does, and return the results.

    Names and paths may come in any order. An argument with a slash, or one that is not the name of a pair, is a path. Files
    are compared with `expected`.

    Raises:
        StoreError: The store cannot be used.
    """
    names = set(session.store.names())
    pairs = () if names.issuperset(names_or_paths) else read_all_pairs(session).pairs
    run = _Run(session, _decryptor(passphrase), expected=expected, pairs=pairs)

    def verify(text: str) -> list[Result]:
        if text in names:
            return _verify_pair(run, text)
        path = os.path.abspath(text)
        if "/" not in text and not os.path.lexists(path):
            return [
                Result(
                    ok=False, file=path, text=f"there is no pair {visible(text)}, and the file does not exist"
                )
            ]
        return [_verify_file(run, path)]

    return run_for_each(names_or_paths, verify, failure_label=_FAILURE_LABEL, on_result=on_result)


def verify_with_identity(
    session: Session,
    backup: BackupContents,
    passphrase: Secret | None = None,
    pairs: Sequence[Pair] | None = None,
) -> Result:
    """Check that a backup for recipients can be restored, and return the result.

    If the pair is in this store, its record is updated. If not, the result contains a token that confirms the restore
    to the store that made the backup.

    Args:
        backup: The backup, decrypted from its age file.
        pairs: All pairs of the store, or None to read them.

    Raises:
        InputError: A passphrase is needed, or the key is of an unknown type.
        RefusedError: The passphrase is wrong, the key does not match the CSR, or the file is not a backup of the pair
            that has this key.
        StoreError: The store cannot be used.
    """
    content = backup.content
    pair = find_pair(read_all_pairs(session).pairs if pairs is None else pairs, backup)
    key = open_key(content, passphrase)
    text = f"{_RESTORES}{unsigned_note(content)}"
    if pair is None:
        statement = Confirmation(backup.sha256, content.csr.spki_sha256, session.clock())
        token = confirmation.sign(statement, key)
        return build_result(content, file=backup.path, text=text, confirm=token)
    _record_proof(session, pair.name, backup, refuse_other_file=True)
    return build_result(content, pair=pair.name, file=backup.path, text=text)


def _decryptor(passphrase: Secret | None) -> BatchDecryptor | None:
    return None if passphrase is None else BatchDecryptor(passphrase)


def _verify_pair(run: _Run, name: str, *, only_connected: bool = False) -> list[Result]:
    session = run.session
    pair, csr = read_pair(session, name)
    checks = [_check(run, backup, csr) for backup in pair.record.backups]
    if not checks:
        return [Result(ok=False, pair=name, text=NO_BACKUP)]

    def update(record: PairRecord) -> PairRecord:
        recorded = {backup.path for backup in record.backups}
        for check in checks:
            if check.backup.path in recorded and not (only_connected and check.backup.is_away):
                record = record.with_backup(check.backup)
        if any(check.text == _RESTORES for check in checks) and all(check.ok for check in checks):
            record = record.with_event(session.clock(), "backups verified by restoring them", session.user)
        return record

    change_record(session, name, update)
    return [Result(ok=check.ok, pair=name, file=check.backup.path, text=check.text) for check in checks]


def _check(run: _Run, backup: Backup, csr: Request) -> _Check:
    now = run.session.clock()
    if not os.path.lexists(backup.path):
        return _missing(backup, now)
    try:
        data = read_foreign(backup.path, from_disk=True)
    except CsrtuiError as error:
        return _Check(backup.with_status(BackupStatus.DAMAGED, now), f"damaged: {error.message}", ok=False)
    if sha256(data).hexdigest() != backup.sha256:
        return _Check(backup.with_status(BackupStatus.DAMAGED, now), _CHANGED, ok=False)
    status = BackupStatus.VERIFIED if backup.verified else BackupStatus.UNVERIFIED
    to_recipients = is_age(data)
    if run.identities is None if to_recipients else run.decryptor is None:
        text = _unchanged(backup)
        if run.decryptor is not None:
            text += "; only its identity can test it again (verify --identity)"
        return _Check(backup.with_status(status, now), text, ok=True)
    try:
        content = parse_contents(data, run.identities if to_recipients else None)
        restore_test(content, csr, run.decryptor)
        if backup.signed and not content.is_signed:
            raise RefusedError("it is not signed, although the original was")
    except CsrtuiError as error:
        # The file is unchanged, so a wrong passphrase does not mean that the backup is bad.
        return _Check(backup.with_status(status, now), error.message, ok=False)
    return _Check(backup.with_restore_test(now)._replace(signed=content.is_signed), _RESTORES, ok=True)


def _missing(backup: Backup, now: datetime) -> _Check:
    if is_away(backup.path):
        return _Check(backup.with_disk_away(), "missing, or its disk is not connected", ok=False)
    missing = backup.with_status(BackupStatus.MISSING, now)
    return _Check(missing, f"missing since {date_text(missing.since or now)}", ok=False)


def _unchanged(backup: Backup) -> str:
    return _UNCHANGED if backup.verified else f"{_UNCHANGED}, but was never verified"


def _verify_file(run: _Run, path: str) -> Result:
    name = None
    try:
        data = read_foreign(path, from_disk=True)
        if is_age(data):
            return _verify_closed_age_file(run, path, data)
        backup = BackupContents(path, sha256(data).hexdigest(), parse_contents(data))
        content = backup.content
        if run.expected is not None:
            run.expected.check(content.csr)
        pair = find_pair(run.pairs, backup)
        name = pair.name if pair else None
        if run.decryptor is None:
            text = f"is complete{unsigned_note(content)}; give its passphrase for a restore test"
            return build_result(content, pair=name, file=path, text=text)
        open_key(content, run.decryptor)
    except RefusedError as error:
        return Result(ok=False, pair=name or error.pair, file=path, text=error.message)
    except InputError as error:
        # A changed file may be the only copy, so the text includes the hint.
        text = error.sentence if error.hint == CHANGED_HINT else error.message
        return Result(ok=False, pair=name, file=path, text=text)
    if name is not None:
        _record_proof(run.session, name, backup)
    text = _RESTORES if name else f"{_RESTORES}; its pair is not in this keystore"
    return build_result(content, pair=name, file=path, text=f"{text}{unsigned_note(content)}")


def _verify_closed_age_file(run: _Run, path: str, data: bytes) -> Result:
    """Check that an age file on record is unchanged, without an identity to open it, and return the result."""
    if run.expected is not None:
        raise InputError("its key can only be compared with --identity", "give --identity FILE")
    digest = sha256(data).hexdigest()
    for pair in run.pairs:
        for backup in pair.record.backups:
            if backup.sha256 == digest:
                return Result(ok=True, pair=pair.name, file=path, text=_unchanged(backup))
            if backup.path == path:
                return Result(ok=False, pair=pair.name, file=path, text=_CHANGED)
    text = "no pair of this keystore has it on record as a backup; its identity opens it (--identity FILE)"
    return Result(ok=False, file=path, text=text)


def _record_proof(
    session: Session, name: str, backup: BackupContents, *, refuse_other_file: bool = False
) -> None:
    """Record that a backup can be restored. A backup that is not on record is added to the record.

    With `refuse_other_file`, raise RefusedError if the pair's record has another file at this path, because age does
    not show who made a file.
    """
    now, content = session.clock(), backup.content

    def update(record: PairRecord) -> PairRecord:
        recorded = next((other for other in record.backups if other.path == backup.path), None)
        if recorded is not None and recorded.sha256 != backup.sha256:
            if refuse_other_file:
                raise RefusedError(
                    "it can be restored, but it is not the file that csrtui wrote there",
                    "back up again",
                    pair=name,
                )
            recorded = None
        new = Backup(BackupStatus.UNVERIFIED, backup.path, content.creation_time(now), sha256=backup.sha256)
        proved = (recorded or new).with_restore_test(now)._replace(signed=content.is_signed)
        return record.with_backup(proved).with_event(now, f"backup verified: {backup.path}", session.user)

    change_record(session, name, update)


_MAX_CLOCK_DIFFERENCE = timedelta(days=1)
"""The maximum time by which the clock of the other machine may be ahead."""


def confirm(session: Session, text: str) -> Result:
    """Mark a backup as verified because it was restored on another machine, and return the result.

    Args:
        text: The output of ``csrtui verify FILE --identity …`` on the other machine, or the token in it.

    Raises:
        InputError: The text does not contain a complete confirmation.
        RefusedError: The confirmation is forged, is for an unknown pair or file, or has a time in the future, or the
            file has changed since it was restored.
        StoreError: The store cannot be used.
    """
    (statement, signature), now = confirmation.read(text), session.clock()
    pair = _find_pair(session, statement)
    confirmation.check(statement, signature, csrs.public_key(read_pair(session, pair.name)[1].der))
    if statement.time > now + _MAX_CLOCK_DIFFERENCE:
        raise RefusedError(
            f"the confirmation is from the future: {time_text(statement.time)}",
            "correct the clocks of both machines",
        )
    confirmed = {
        backup.path: _confirmed(backup, statement.time, now)
        for backup in pair.record.backups
        if backup.sha256 == statement.file_sha256
    }

    def update(record: PairRecord) -> PairRecord:
        for backup in record.backups:
            new = confirmed.get(backup.path, backup)
            if backup.sha256 == statement.file_sha256 and backup != new:
                event = f"backup confirmed, restored elsewhere on {date_text(statement.time)}: {backup.path}"
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
        time: The time of the restore test, by the clock of the other machine. Impossible times are corrected.

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
