"""Looking at backups again: whether they are there and unchanged, and with a passphrase whether they restore."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Event, Lock

from csrtui.core.backups.age import is_age
from csrtui.core.backups.expectation import Expectation
from csrtui.core.backups.integrity import WAY_OUT
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys.batch_encryption import Opener
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.store import backups
from csrtui.tasks.backup_contents import (
    BackupRead,
    pair_of,
    parse_contents,
    restore_test,
    result_of,
    unsigned_note,
)
from csrtui.tasks.batch import WORKERS, Report, Result, each_of
from csrtui.tasks.list import list_pairs, read_pair
from csrtui.tasks.session import Session, change_record

NO_BACKUP = "has no backup"
"""What is said of a pair of which nothing can be verified."""
_RESTORES = "restores"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at one backup gave."""

    backup: Backup
    text: str
    ok: bool


class _Run:
    """What all that are looked at in one run share.

    Args:
        session: Whose store.
        passphrase: For restore tests, or None: then there are none.
        identities: For restore tests of backups to recipients, or None.
        expected: Which key or CSR a file has to contain, or None.
    """

    def __init__(
        self,
        session: Session,
        passphrase: Secret | None,
        identities: bytes | None = None,
        expected: Expectation | None = None,
    ) -> None:
        self.session = session
        self.opener = None if passphrase is None else Opener(passphrase)
        self.identities = identities
        self.expected = expected
        self._pairs: tuple[Pair, ...] | None = None
        self._lock = Lock()

    def pairs(self) -> tuple[Pair, ...]:
        """All pairs of the store, listed once.

        Raises:
            StoreError: The store cannot be used.
        """
        with self._lock:
            if self._pairs is None:
                self._pairs = list_pairs(self.session).pairs
            return self._pairs


def verify_pair(session: Session, name: str, passphrase: Secret | None = None) -> list[Result]:
    """Look at every backup of a pair, and note what was found.

    Args:
        session: Whose store.
        name: The pair.
        passphrase: For a full restore test; without it, whether each file is there and unchanged.

    Raises:
        InputError: There is no such pair.
        StoreError: The store cannot be used.
    """
    return _verify_pair(_Run(session, passphrase), name)


def _verify_pair(run: _Run, name: str) -> list[Result]:
    session = run.session
    pair, asked = read_pair(session, name)
    looks = [_look(run, backup, asked) for backup in pair.record.backups]
    if not looks:
        return [Result(ok=False, pair=name, text=NO_BACKUP)]

    def noted(record: PairRecord) -> PairRecord:
        known = {backup.path for backup in record.backups}
        for look in looks:
            if look.backup.path in known:
                record = record.with_backup(look.backup)
        if any(look.text == _RESTORES for look in looks) and all(look.ok for look in looks):
            record = record.with_event(session.clock(), "backups verified by restoring them", session.user)
        return record

    change_record(session, name, noted)
    return [Result(ok=look.ok, pair=name, file=look.backup.path, text=look.text) for look in looks]


def verify_many(
    session: Session,
    names: Sequence[str],
    passphrase: Secret | None = None,
    identities: bytes | None = None,
    *,
    report: Report = lambda _: None,
    stop: Event | None = None,
    workers: int = WORKERS,
) -> list[Result]:
    """Look at the backups of several pairs, on several cores; return what was found, in their order.

    Args:
        session: Whose store.
        names: The pairs; one that cannot be looked at does not hold up the others.
        passphrase: As for `verify_pair`. Its key is derived once for all backups of one salt.
        identities: For a restore test of backups to recipients, the text of a file of age identities, or an ssh private key.
        report: Told of each pair as it is done, from another thread, with the worst that was found.
        stop: Once set, no further pair is begun. An interrupt (Ctrl+C) does the same.
        workers: How many at once.
    """
    run = _Run(session, passphrase, identities)
    return each_of(
        names,
        lambda name: _verify_pair(run, name),
        undone="not looked at",
        report=report,
        stop=stop,
        workers=workers,
    )


def verify_wanted(
    session: Session,
    wanted: Sequence[str],
    passphrase: Secret | None = None,
    *,
    expected: Expectation | None = None,
    report: Report = lambda _: None,
    stop: Event | None = None,
    workers: int = WORKERS,
) -> list[Result]:
    """Do as `verify_many` with what may be names of pairs and paths of files, in any order.

    What has a slash in it, or is not the name of a pair of the store, is a path. A file is compared with `expected`.

    Raises:
        StoreError: The store cannot be used.
    """
    run = _Run(session, passphrase, expected=expected)
    names = set(session.store.names())

    def one(text: str) -> list[Result]:
        if text in names:
            return _verify_pair(run, text)
        path = os.path.abspath(text)
        if "/" not in text and not backups.is_there(path):
            return [Result(ok=False, file=path, text=f"there is no pair {visible(text)}, and no such file")]
        return [_verify_file(run, path)]

    return each_of(wanted, one, undone="not looked at", report=report, stop=stop, workers=workers)


def _verify_file(run: _Run, path: str) -> Result:
    path = os.path.abspath(path)
    name = None
    try:
        data = backups.read_back(path)
        if is_age(data):
            return _look_at_age(run, path, data)
        read = BackupRead(path, sha256(data).hexdigest(), parse_contents(data))
        content = read.content
        name = _judge_file(run, read)
        if run.opener is None:
            text = f"is whole{unsigned_note(content)}; give its passphrase for a restore test"
            return result_of(content, pair=name, file=path, text=text)
        restore_test(content, content.asked, run.opener)
    except CsrtuiError as error:
        if isinstance(error, RefusedError):
            return Result(ok=False, pair=name or error.pair, file=path, text=error.what)
        if isinstance(error, InputError):
            return Result(ok=False, pair=name, file=path, text=_with_way_out(error))
        raise
    if name is not None:
        _adopt(run.session, name, read)
    text = "restores" if name else "restores; its pair is not in this keystore"
    return result_of(content, pair=name, file=path, text=f"{text}{unsigned_note(content)}")


def _judge_file(run: _Run, read: BackupRead) -> str | None:
    """Return the name of the pair whose backup a file is, or None where its key is not in the store.

    Raises:
        RefusedError: It is not what was expected, or not a backup of the pair with its key.
    """
    if run.expected is not None:
        run.expected.judge(read.content.asked)
    pair = pair_of(run.pairs(), read)
    return pair.name if pair else None


def _look_at_age(run: _Run, path: str, data: bytes) -> Result:
    from csrtui.tasks.age_backup import look_at_file

    if run.expected is not None:
        raise InputError("without --identity it is not known which key is in it", "give --identity FILE")
    return look_at_file(run.pairs(), path, data)


def _with_way_out(error: InputError) -> str:
    """Return the text of an error about a backup that was changed, with what to do if it is the only copy."""
    return f"{error.what}; {error.hint}" if error.hint == WAY_OUT else error.what


def _look(run: _Run, backup: Backup, asked: csr.Request) -> Look:
    now = run.session.clock()
    if not backups.is_there(backup.path):
        away = backup.seen(BackupStatus.MISSING, now)
        return Look(away, f"missing since {away.since or now:%Y-%m-%d}", ok=False)
    try:
        data = backups.read_back(backup.path)
    except CsrtuiError as error:
        return Look(backup.seen(BackupStatus.DAMAGED, now), f"damaged: {error.what}", ok=False)
    if sha256(data).hexdigest() != backup.sha256:
        return Look(backup.seen(BackupStatus.DAMAGED, now), "damaged: not what was written", ok=False)
    status = BackupStatus.VERIFIED if backup.verified else BackupStatus.UNVERIFIED
    to_recipients = is_age(data)
    if run.identities is None if to_recipients else run.opener is None:
        text = "there and unchanged" if backup.verified else "there and unchanged, but never proved"
        if run.opener is not None:
            text += "; only verify --identity, where that is, tests it again"
        return Look(backup.seen(status, now), text, ok=True)
    try:
        content = parse_contents(data, run.identities if to_recipients else None)
        restore_test(content, asked, run.opener)
        if backup.signed and not content.signed:
            raise RefusedError("it is not signed, although it was when it was made")
    except CsrtuiError as error:
        # The file is what was written: a passphrase that does not open it says nothing against it.
        return Look(backup.seen(status, now), error.what, ok=False)
    return Look(backup.proved(now)._replace(signed=content.signed), _RESTORES, ok=True)


def _adopt(session: Session, name: str, read: BackupRead) -> None:
    now, path, digest = session.clock(), read.path, read.sha256

    def noted(record: PairRecord) -> PairRecord:
        same = (backup for backup in record.backups if (backup.path, backup.sha256) == (path, digest))
        new = Backup(
            BackupStatus.UNVERIFIED, path, read.content.made(now), sha256=digest, signed=read.content.signed
        )
        known = next(same, new)
        proved = known.proved(now)._replace(signed=read.content.signed)
        return record.with_backup(proved).with_event(now, f"backup verified: {path}", session.user)

    change_record(session, name, noted)
