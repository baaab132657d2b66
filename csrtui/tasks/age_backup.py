"""Back up to recipients, without a passphrase, and open such backups where an identity is."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event

from csrtui.core.backups import age, backup_file, confirmation
from csrtui.core.backups.backup_file import Envelope, KeptKey
from csrtui.core.backups.confirmation import Confirmation
from csrtui.core.backups.details import Details
from csrtui.core.backups.recipients import (
    MAX_BYTES,
    Recipient,
    limited,
    looks_like_recipient,
    read_recipients,
)
from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.store import backups
from csrtui.store.files import read_foreign
from csrtui.tasks.backup import certificates_of, refuse_foreign_key
from csrtui.tasks.backup_contents import BackupRead, pair_of, result_of, unsigned_note
from csrtui.tasks.backup_contents import open_key as open_backup_key
from csrtui.tasks.batch import WORKERS, Report, Result, each_of
from csrtui.tasks.list import list_pairs, read_pair
from csrtui.tasks.passphrase import open_key
from csrtui.tasks.session import Session, change_record

_TRIES = 60
"""Seconds that a backup's name may be ahead of the clock, where others of the same second are there."""


@dataclass(frozen=True, slots=True)
class RecipientBackupSpec:
    """What to back up with, the same for every pair of a run: the folder, and who can open the files."""

    folder: str
    recipients: tuple[Recipient, ...]


def back_up(session: Session, name: str, order: RecipientBackupSpec) -> Backup:
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
    digest, signed = sha256(data).hexdigest(), not pair.record.key.encrypted
    backup = Backup(BackupStatus.UNVERIFIED, path, now, sha256=digest, signed=signed)
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
    order: RecipientBackupSpec,
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
        if not backup.signed:
            text += "; not signed, because the key is under a passphrase"
        return [Result(ok=True, pair=name, file=backup.path, text=text)]

    return each_of(names, one, undone="not backed up", report=report, stop=stop, workers=workers)


def verify(
    session: Session,
    opened: BackupRead,
    passphrase: Secret | None = None,
    pairs: Sequence[Pair] | None = None,
) -> Result:
    """Prove that a backup restores.

    A pair of this store notes it. For any other store, the result holds the word to confirm it with there.

    Args:
        session: Whose store.
        opened: The backup, out of its age file.
        passphrase: Of its key, where that is under one.
        pairs: All pairs of the store, where they were read already.

    Raises:
        InputError: A passphrase is needed, or the key is of a kind that is not known.
        RefusedError: The passphrase does not open it, its key and its CSR do not fit, or it is not a backup of
            the pair with its key.
        StoreError: The store cannot be used.
    """
    content, now = opened.content, session.clock()
    pair = pair_of(list_pairs(session).pairs if pairs is None else pairs, opened)
    key = open_backup_key(content, passphrase)
    if pair is None:
        said = Confirmation(opened.sha256, content.asked.spki_sha256, now)
        token = confirmation.sign(said, key)
        return result_of(content, file=opened.path, text=f"restores{unsigned_note(content)}", confirm=token)
    name = pair.name

    def noted(record: PairRecord) -> PairRecord:
        known = (backup for backup in record.backups if backup.path == opened.path)
        new = Backup(
            BackupStatus.UNVERIFIED,
            opened.path,
            content.made(now),
            sha256=opened.sha256,
            signed=content.signed,
        )
        backup = next(known, new)
        if backup.sha256 != opened.sha256:
            raise RefusedError(
                "it restores, but it is not the file that was written there", "back up again", pair=name
            )
        proved = backup.proved(now)._replace(signed=content.signed)
        return record.with_backup(proved).with_event(now, f"backup verified: {opened.path}", session.user)

    change_record(session, name, noted)
    return result_of(content, pair=name, file=opened.path, text=f"restores{unsigned_note(content)}")


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
    """Return the text of a backup, having seen that it restores as far as can be told without a passphrase."""
    asked = read_pair(session, pair.name)[1]
    key = None if pair.record.key.encrypted else open_key(session, pair)
    if key is not None:
        refuse_foreign_key(pair, asked, key)
    kept = KeptKey.ENCRYPTED if key is None else KeptKey.PLAIN
    text = backup_file.compose(
        pair.name,
        now,
        kept=kept,
        key_pem=session.store.read_key(pair.name) if key is None else key_types.private_pem(key),
        asked=asked,
        certificates=certificates_of(session, pair),
        envelope=Envelope.AGE,
        details=Details.of(pair.record),
        signer=key,
    )
    if backup_file.parse(text, Envelope.AGE).kept is not kept:
        raise StoreError(f"the key of {pair.name} does not lie in the store as its record says")
    return text


def _names(name: str, now: datetime) -> Iterator[str]:
    return (
        backup_file.file_name(name, now + timedelta(seconds=ahead), Envelope.AGE) for ahead in range(_TRIES)
    )


_USUAL = ("~/.ssh/id_ed25519.pub", "~/.ssh/id_rsa.pub")
"""Where most people have the public half of a key that can open backups."""


def recipients_of(texts: Iterable[str]) -> tuple[Recipient, ...]:
    """Return the recipients that texts and files of them name, each once, in their order.

    Args:
        texts: ``age1…``, an SSH public key, or the path of a file of them, each.

    Raises:
        InputError: One is none, or a file of them cannot be read.
    """
    found = [recipient for text in texts for recipient in _recipients(text)]
    return limited(tuple(dict.fromkeys(found)))


def split_recipients(text: str) -> list[str]:
    """Return what a field of recipients names: they are separated by commas, and ``~`` is written out."""
    return [os.path.expanduser(part) for part in map(str.strip, text.split(",")) if part]


def usual_recipient() -> str:
    """Return the path of the user's own SSH public key, or an empty text where there is none."""
    return next((path for path in _USUAL if os.path.isfile(os.path.expanduser(path))), "")


def _recipients(text: str) -> tuple[Recipient, ...]:
    if looks_like_recipient(text):
        return read_recipients(text)
    data = read_foreign(text, MAX_BYTES)
    try:
        return read_recipients(data.decode("utf-8", "backslashreplace"))
    except InputError as error:
        raise InputError(f"{visible(text)}: {error.what}", error.hint) from error
