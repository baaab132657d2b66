"""Bringing a pair back from its backup."""

import os
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core import backup_file, keys, pkcs8, request
from csrtui.core.backup_file import BackupFile, KeptKey
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import to_pem
from csrtui.core.errors import InputError, RefusedError
from csrtui.core.finding import CaKind
from csrtui.core.pair import Backup, BackupStatus, Event, KeyFacts, Pair, PairRecord, RequestFacts, Validity
from csrtui.core.pair_json import dump_record
from csrtui.core.pairname import pair_name
from csrtui.core.platforms import OTHER
from csrtui.core.proof import proves
from csrtui.core.secret import Secret
from csrtui.store import backups
from csrtui.store.keystore import PairFiles
from csrtui.tasks.adoption_candidate import names_of
from csrtui.tasks.looking import pairs_with_key
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys import PrivateKey


class BackupRead(NamedTuple):
    """A backup that can be restored, once its passphrase is known.

    Attributes:
        path: Its file, absolute.
        digest: SHA-256 of the file, 64 hex digits.
        found: What is in it.
    """

    path: str
    digest: str
    found: BackupFile


def read_backup(session: Session, path: str) -> BackupRead:
    """Read a backup, for `restore_read`: nobody has to be asked for the passphrase of what is none.

    Raises:
        InputError: The file is not there, no backup, or damaged.
        RefusedError: The pair in it is in the store already.
        StoreError: The store cannot be used.
    """
    path = os.path.abspath(path)
    data = backups.read_back(path)
    found = backup_file.parse(data)
    refuse_known(session, found)
    return BackupRead(path, sha256(data).hexdigest(), found)


def restore(session: Session, path: str, passphrase: Secret) -> Pair:
    """Read a backup and restore the pair in it; raises what `read_backup` and `restore_read` do."""
    return restore_read(session, read_backup(session, path), passphrase)


def restore_read(session: Session, read: BackupRead, passphrase: Secret) -> Pair:
    """Make a pair of the store from a backup of this or another machine.

    Its key lies in the store as it lay there before: under the passphrase, or without one. The pair counts as
    made when its key can be proved to have been there: when it was backed up, or when its first certificate
    began. What a backup does not hold (server software, history, when it was submitted) begins anew.

    Raises:
        InputError: It is too dear to open.
        RefusedError: The passphrase does not open it, or key and CSR do not fit.
        StoreError: The store cannot be used; nothing was kept.
    """
    key = pkcs8.decrypt(read.found.key, passphrase)
    if not proves(key, read.found.asked):
        raise RefusedError("the key in the backup is not the key of its request", "use another copy of it")
    return keep(session, read.path, read.digest, read.found, key)


def keep(session: Session, path: str, digest: str, found: BackupFile, key: "PrivateKey") -> Pair:
    """Make a pair of the store from a backup that is opened and proved.

    Args:
        session: Whose store.
        path: The backup's file, absolute.
        digest: SHA-256 of the file, 64 hex digits.
        found: What is in it.
        key: Its key.

    Raises:
        RefusedError: The certificate in it is damaged.
        StoreError: The store cannot be used; nothing was kept.
    """
    now = session.clock()
    proved = Backup(BackupStatus.UNVERIFIED, path, found.made(now), sha256=digest).proved(now)
    fitting = _fitting(found)
    record = _record(session, found, proved, fitting)
    name = session.store.add(
        found.name or pair_name(record.subject.common_name or (record.names or ("pair",))[0]),
        PairFiles(
            key=_kept(found, key),
            request=request.to_pem(found.asked.der),
            record=dump_record(record),
            certificate=fitting.pem or None,
        ),
    )
    return Pair(name, session.store.pair_path(name), record, has_certificate=bool(fitting.pem))


def refuse_known(session: Session, found: BackupFile) -> None:
    """See that the pair in a backup is not in the store.

    Raises:
        RefusedError: It is.
    """
    known = pairs_with_key(session, found.asked.spki_sha256)
    if known:
        raise RefusedError(
            f"the pair in the backup is in the keystore: {known[0].name}",
            "a pair is never restored over another",
            pair=known[0].name,
        )


def _kept(found: BackupFile, key: "PrivateKey") -> bytes:
    return found.key_pem if found.kept is KeptKey.ENCRYPTED else keys.private_pem(key)


def _record(session: Session, found: BackupFile, proved: Backup, fitting: "_Fitting") -> PairRecord:
    asked, now = found.asked, session.clock()
    return PairRecord(
        created=min([now, proved.created, *fitting.begins]),
        subject=asked.subject,
        subject_text=asked.subject_text,
        names=names_of(asked),
        ca=CaKind.PUBLIC if asked.key_type is None or asked.key_type.public_ca else CaKind.PRIVATE,
        platform=OTHER,
        key=KeyFacts(
            keys.name_of(request.public_key(asked.der)),
            found.kept is KeptKey.ENCRYPTED,
            asked.spki_sha256,
        ),
        request=RequestFacts(asked.sha256, asked.signature_hash),
        backups=(proved,),
        validity=fitting.validity,
        history=(Event(now, f"restored from {proved.path}", session.user),),
    )


class _Fitting(NamedTuple):
    """What a backup holds of certificates.

    Attributes:
        pem: All of them, the first of the key first; empty where none is the key's.
        validity: The life of that one, or None.
        begins: When those of the key begin.
    """

    pem: bytes = b""
    validity: Validity | None = None
    begins: tuple[datetime, ...] = ()


def _fitting(found: BackupFile) -> _Fitting:
    if not found.certificates:
        return _Fitting()
    try:
        certificates = read_certificates(found.certificates)
    except InputError as error:
        raise RefusedError("the certificate in the backup is damaged", "use another copy of it") from error
    own = [one for one in certificates if one.spki_sha256 == found.asked.spki_sha256]
    if not own:
        return _Fitting()
    chain = (own[0], *(one for one in certificates if one is not own[0]))
    return _Fitting(to_pem(chain), own[0].validity, tuple(one.validity.not_before for one in own))
