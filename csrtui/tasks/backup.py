"""Backing up: the key is written, encrypted, and the file is proved by restoring it from the disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event
from typing import TYPE_CHECKING

from csrtui.core.backups import backup_file
from csrtui.core.backups.backup_file import KeptKey
from csrtui.core.backups.details import Details
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr
from csrtui.core.certificates.certificate import to_pem
from csrtui.core.certificates.key_proof import proves
from csrtui.core.keys.batch_encryption import Opener, Sealer
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair
from csrtui.store import backups
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks.backup_contents import parse_contents, restore_test
from csrtui.tasks.batch import WORKERS, Report, Result, each_of
from csrtui.tasks.list import read_pair
from csrtui.tasks.passphrase import open_key
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

_TRIES = 60
"""Seconds that a backup's name may be ahead of the clock, where others of the same second are there."""


@dataclass(frozen=True, slots=True)
class BackupSpec:
    """What to back up with, the same for every pair of a run.

    Attributes:
        folder: Where to.
        passphrase: What the backup is encrypted under. Of a key that is under a passphrase in the store,
            it has to be that one.
        again: The passphrase as it was typed the second time, which the proof uses.
    """

    folder: str
    passphrase: Secret
    again: Secret


class _Run:
    """What the pairs of a run share, so that a key is derived for the run and not for each of them.

    The proof has its own: it derives from the passphrase as typed the second time and from the salt that the
    file gives back.
    """

    def __init__(self, session: Session, order: BackupSpec) -> None:
        self.folder = order.folder
        self.store = Opener(order.passphrase)
        self.sealer = Sealer(order.passphrase, session.entropy)
        self.proof = Opener(order.again)


def back_up(session: Session, name: str, order: BackupSpec) -> Backup:
    """Write a backup of a pair, prove it, and note it in the pair's record.

    Only a file that was read back from the disk, decrypted with the passphrase as typed the second time,
    and whose key is the CSR's and signs, is *verified*.

    Raises:
        InputError: There is no such pair or folder.
        RefusedError: The passphrase is not the key's, or the backup does not prove itself.
        StoreError: The store or the disk refuses; there is no backup, or the error says where it is.
    """
    return _back_up(session, name, _Run(session, order))


def _back_up(session: Session, name: str, run: _Run) -> Backup:
    pair, asked = read_pair(session, name)
    now = session.clock()
    path, data = _write(session, pair, asked, run, now)
    backup = Backup(BackupStatus.UNVERIFIED, path, now, sha256=sha256(data).hexdigest(), signed=True)
    try:
        _prove(path, data, asked, run.proof)
    except CsrtuiError as error:
        damaged = backup.seen(BackupStatus.DAMAGED, now)
        change_record(
            session,
            name,
            lambda record: record.with_backup(damaged).with_event(
                now, f"backup failed: {path}", session.user
            ),
        )
        raise RefusedError(
            f"the backup does not prove itself: {error.what}", f"do not rely on {visible(path)}"
        ) from error
    proved = backup.proved(now)
    try:
        change_record(
            session,
            name,
            lambda record: record.with_backup(proved).with_event(
                now, f"backed up and verified: {path}", session.user
            ),
        )
    except NotConfirmedError as error:
        raise NotConfirmedError(f"the proof of the backup {visible(path)}") from error
    except StoreError as error:
        raise StoreError(
            f"the backup {visible(path)} is proved, but that is not noted in the pair's record: {error.what}",
            error.hint,
        ) from error
    return proved


def back_up_many(
    session: Session,
    names: Sequence[str],
    order: BackupSpec,
    *,
    report: Report = lambda _: None,
    stop: Event | None = None,
    workers: int = WORKERS,
) -> list[Result]:
    """Back up several pairs, on several cores; return what came of each, in their order.

    The key that encrypts them is derived once; see `csrtui.core.keys.batch_encryption` for why that is as safe.

    Args:
        session: Where, when and by whom.
        names: The pairs.
        order: What with.
        report: Told of each as it is done, from another thread.
        stop: Once set, no further pair is begun; those under way are finished. An interrupt (Ctrl+C) does
            the same.
        workers: How many at once.
    """
    run = _Run(session, order)

    def one(name: str) -> list[Result]:
        backup = _back_up(session, name, run)
        return [Result(ok=True, pair=name, file=backup.path, text="backed up and verified")]

    return each_of(names, one, undone="not backed up", report=report, stop=stop, workers=workers)


def _write(session: Session, pair: Pair, asked: csr.Request, run: _Run, now: datetime) -> tuple[str, bytes]:
    kept = KeptKey.ENCRYPTED if pair.record.key.encrypted else KeptKey.PLAIN
    try:
        key = open_key(session, pair, run.store)
    except RefusedError as error:
        raise RefusedError(
            f"the key of {pair.name} is under another passphrase, and its backup is made under the same one",
            "give the passphrase of the key itself",
        ) from error
    refuse_foreign_key(pair, asked, key)
    data = backup_file.compose(
        pair.name,
        now,
        kept=kept,
        key_pem=run.sealer.seal(key),
        asked=asked,
        certificates=certificates_of(session, pair),
        details=Details.of(pair.record),
        signer=key,
    )
    return backups.write(run.folder, _names(pair.name, now), data), data


def refuse_foreign_key(pair: Pair, asked: csr.Request, key: "PrivateKey") -> None:
    """See that a pair's key is that of its CSR, and the CSR is signed by it: a backup must not vouch for another.

    Raises:
        StoreError: It is not.
    """
    if not proves(key, asked):
        raise StoreError(
            f"the key of {pair.name} is not the key of its request", "restore the pair from a backup"
        )
    if not csr.signature_holds(asked.der):
        raise StoreError(
            f"the request of {pair.name} is not signed by its key: it was exchanged or damaged",
            "restore the pair from a backup",
        )


def certificates_of(session: Session, pair: Pair) -> bytes:
    """Return the certificates of a pair in PEM, and nothing that somebody wrote around them; empty without any."""
    stored = session.store.read(pair.name).certificate
    try:
        return to_pem(read_certificates(stored)) if stored else b""
    except InputError:  # the doctor names it, and the key is what the backup is for
        return b""


def _names(name: str, now: datetime) -> Iterator[str]:
    return (backup_file.file_name(name, now + timedelta(seconds=ahead)) for ahead in range(_TRIES))


def _prove(path: str, written: bytes, asked: csr.Request, opener: Opener) -> None:
    data = backups.read_back(path)
    if data != written:
        raise RefusedError("the disk gives back something else than was written")
    content = parse_contents(data)
    if not content.signed:
        raise RefusedError("its signature is not valid")
    restore_test(content, asked, opener)
