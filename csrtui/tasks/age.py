"""Backups to recipients: made without a passphrase, and opened where the identity is."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event
from typing import TYPE_CHECKING, cast

from csrtui.core import age, backup_file, confirmation, keys, pkcs8
from csrtui.core.backup_file import BackupFile, Envelope, KeptKey
from csrtui.core.confirmation import Confirmation
from csrtui.core.errors import InputError, RefusedError, StoreError
from csrtui.core.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.core.proof import proves
from csrtui.core.recipients import Recipient
from csrtui.core.secret import Secret
from csrtui.core.visible import visible
from csrtui.store import backups
from csrtui.tasks import restore
from csrtui.tasks.many import WORKERS, Report, each_of
from csrtui.tasks.pair_list import pairs_with_key
from csrtui.tasks.recording import change_record
from csrtui.tasks.results import Result
from csrtui.tasks.review import read_pair
from csrtui.tasks.session import Session
from csrtui.tasks.unlocking import open_key

if TYPE_CHECKING:
    from csrtui.core.keys import PrivateKey

_TRIES = 60
"""Seconds that a backup's name may be ahead of the clock, where others of the same second are there."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to back up with, the same for every pair of a run: the folder, and who can open the files."""

    folder: str
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A backup out of its age file.

    Attributes:
        path: The file, absolute.
        sha256: SHA-256 of the file, 64 hex digits.
        found: What is in it; the key is under a passphrase if it was so in the keystore.
    """

    path: str
    sha256: str
    found: BackupFile


def back_up(session: Session, name: str, order: Order) -> Backup:
    """Write a backup of a pair that the recipients can open, and note it, unverified, in the pair's record.

    The key is written as it lies in the store, under its passphrase or within the age file alone.

    Raises:
        InputError: There is no such pair or folder, or pyrage is not installed.
        RefusedError: The disk gives back something else than was written.
        StoreError: The store or the disk refuses, or the key is damaged; there is no backup.
    """
    pair = read_pair(session, name)[0]
    now = session.clock()
    data = age.encrypt(_text(session, pair, now), order.recipients)
    path = backups.write(order.folder, _names(name, now), data)
    backup = Backup(BackupStatus.UNVERIFIED, path, now, sha256=sha256(data).hexdigest())
    same = backups.read_back(path) == data
    noted = backup if same else backup.seen(BackupStatus.DAMAGED, now)
    what = f"{'backed up to recipients' if same else 'backup failed'}: {path}"
    change_record(session, name, lambda record: record.with_backup(noted).with_event(now, what, session.user))
    if not same:
        raise RefusedError(
            "the disk gives back something else than was written", f"do not rely on {visible(path)}"
        )
    return noted


def back_up_many(
    session: Session,
    names: Sequence[str],
    order: Order,
    *,
    report: Report = lambda _: None,
    stop: Event | None = None,
    workers: int = WORKERS,
) -> list[Result]:
    """Back up several pairs, on several cores; return what came of each, in their order.

    Args:
        session: Where, when and by whom.
        names: The pairs.
        order: What with.
        report: Told of each as it is done, from another thread.
        stop: Once set, no further pair is begun; those under way are finished.
        workers: How many at once.

    Raises:
        InputError: pyrage is not installed.
    """
    age.load_pyrage()

    def one(name: str) -> list[Result]:
        backup = back_up(session, name, order)
        text = "backed up, unverified: verify it where the identity is"
        return [Result(ok=True, pair=name, file=backup.path, text=text)]

    return each_of(names, one, undone="not backed up", report=report, stop=stop, workers=workers)


def open_backup(path: str, identities: bytes) -> Opened:
    """Return what is in a backup to recipients.

    Args:
        path: The age file.
        identities: The text of a file of age identities, or an ssh private key.

    Raises:
        InputError: It is no such file, or is damaged, or the identities cannot be used.
        RefusedError: They do not open it.
    """
    path = os.path.abspath(path)
    data = backups.read_back(path)
    found = backup_file.parse(age.decrypt(data, identities), Envelope.AGE)
    return Opened(path, sha256(data).hexdigest(), found)


def verify(session: Session, opened: Opened, passphrase: Secret | None = None) -> Result:
    """Prove that a backup restores.

    A pair of this store notes it. For any other store, the result holds the word to confirm it with there.

    Args:
        session: Whose store.
        opened: The backup.
        passphrase: Of its key, where that is under one.

    Raises:
        InputError: A passphrase is needed, or the key is of a kind that is not known.
        RefusedError: The passphrase does not open it, or its key and its CSR do not fit.
        StoreError: The store cannot be used.
    """
    found, now = opened.found, session.clock()
    key = unlock(found, passphrase)
    said = Confirmation(opened.sha256, found.asked.spki_sha256, now)
    name = next((pair.name for pair in pairs_with_key(session, said.spki_sha256)), None)
    if name is None:
        token = confirmation.sign(said, key)
        return Result(ok=True, file=opened.path, text="restores", confirm=token)

    def noted(record: PairRecord) -> PairRecord:
        known = (backup for backup in record.backups if backup.path == opened.path)
        backup = next(
            known, Backup(BackupStatus.UNVERIFIED, opened.path, found.made(now), sha256=opened.sha256)
        )
        if backup.sha256 != opened.sha256:
            raise RefusedError(
                "it restores, but it is not the file that was written there", "back up again", pair=name
            )
        return record.with_backup(backup.proved(now)).with_event(
            now, f"backup verified: {opened.path}", session.user
        )

    change_record(session, name, noted)
    return Result(ok=True, pair=name, file=opened.path, text="restores")


def restore_pair(session: Session, opened: Opened, passphrase: Secret | None = None) -> Pair:
    """Make a pair of the store from a backup, its key as it lay in the store before.

    Raises:
        InputError: A passphrase is needed, or the key is of a kind that is not known.
        RefusedError: The passphrase does not open it, key and CSR do not fit, or the pair is in the
            store already.
        StoreError: The store cannot be used; nothing was kept.
    """
    restore.refuse_known(session, opened.found)
    key = unlock(opened.found, passphrase)
    return restore.keep(session, opened.path, opened.sha256, opened.found, key)


def unlock(found: BackupFile, passphrase: Secret | None = None) -> "PrivateKey":
    """Return the key out of a backup, having proved that it is the key of the CSR and works.

    Raises:
        InputError: A passphrase is needed, or the key is of a kind that is not known.
        RefusedError: The passphrase does not open it, or it is another key.
    """
    key = _key(found, passphrase)
    if not proves(key, found.asked):
        raise RefusedError("the key in the backup is not the key of its request", "use another copy of it")
    return key


def look_at_file(pairs: Iterable[Pair], path: str, data: bytes) -> Result:
    """Say of an age file, which is not opened, whether it is there as it was written.

    Args:
        pairs: Those that know what was written.
        path: Where it is, absolute.
        data: What is in it.
    """
    digest = sha256(data).hexdigest()
    for pair in pairs:
        for backup in pair.record.backups:
            if backup.sha256 == digest:
                proved = "" if backup.verified else ", but never proved"
                return Result(ok=True, pair=pair.name, file=path, text=f"there and unchanged{proved}")
            if backup.path == path:
                return Result(ok=False, pair=pair.name, file=path, text="damaged: not what was written")
    text = "no pair of this keystore has it as its backup; --identity FILE opens it"
    return Result(ok=False, file=path, text=text)


def _text(session: Session, pair: Pair, now: datetime) -> bytes:
    """The text of a backup, seen to be one that restores as far as can be told without a passphrase."""
    asked = read_pair(session, pair.name)[1]
    if pair.record.key.encrypted:
        kept, key_pem = KeptKey.ENCRYPTED, session.store.read_key(pair.name)
    else:
        key = open_key(session, pair)
        if not proves(key, asked):
            raise StoreError(
                f"the key of {pair.name} is not the key of its request", "restore the pair from a backup"
            )
        kept, key_pem = KeptKey.PLAIN, keys.private_pem(key)
    text = backup_file.compose(
        pair.name,
        now,
        kept=kept,
        key_pem=key_pem,
        asked=asked,
        certificates=session.store.read(pair.name).certificate or b"",
        envelope=Envelope.AGE,
    )
    if backup_file.parse(text, Envelope.AGE).kept is not kept:
        raise StoreError(f"the key of {pair.name} does not lie in the store as its record says")
    return text


def _names(name: str, now: datetime) -> Iterator[str]:
    return (
        backup_file.file_name(name, now + timedelta(seconds=ahead), Envelope.AGE) for ahead in range(_TRIES)
    )


def _key(found: BackupFile, passphrase: Secret | None) -> "PrivateKey":
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    if found.kept is KeptKey.ENCRYPTED:
        if passphrase is None:
            raise InputError("the key in the backup is under a passphrase", "give the passphrase of the key")
        return pkcs8.decrypt(found.key, passphrase)
    try:
        return cast("PrivateKey", load_der_private_key(found.key, None))
    except Exception as error:  # which can come out is nowhere written down
        raise InputError("the private key in the backup is damaged", "use another copy of it") from error
