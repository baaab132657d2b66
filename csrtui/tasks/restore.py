"""Bringing a pair back from its backup."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.backups.backup_file import BackupFile, Envelope, KeptKey
from csrtui.core.backups.details import NO_DETAILS, PURPOSE
from csrtui.core.backups.expectation import Expectation
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.base.times import Validity, utc_text
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.certificate import to_pem
from csrtui.core.keys import key_types
from csrtui.core.pairs.pair import Backup, BackupStatus, Event, KeyFacts, Pair, PairRecord, RequestFacts
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.pair_name import pair_name
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.store.keystore import PairFiles
from csrtui.tasks.adopt.candidate import names_of
from csrtui.tasks.backup_contents import BackupRead, open_key, read_contents
from csrtui.tasks.key_quality import with_weaknesses
from csrtui.tasks.list import pairs_with_key
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


class Consent(NamedTuple):
    """What the user agreed to.

    Attributes:
        unsigned: To restore a backup that is not signed.
        decrypt_key: To store the key without a passphrase.
    """

    unsigned: bool = False
    decrypt_key: bool = False


NO_CONSENT = Consent()


class UnsignedError(RefusedError):
    """The backup is not signed, and nobody agreed to restore such a one."""


def read_backup(
    session: Session,
    path: str,
    identities: bytes | None = None,
    expected: Expectation | None = None,
) -> BackupRead:
    """Read a backup for `restore_read`, before anybody is csr for a passphrase.

    Args:
        session: Whose store it is to come into.
        path: The file.
        identities: For a backup to recipients: the text of a file of age identities, or an ssh private key.
        expected: Which key or CSR it has to contain.

    Raises:
        InputError: The file is not there, not a backup, or damaged.
        RefusedError: The pair in it is in the store already, it is not what was expected, or the
            identities do not open it.
        StoreError: The store cannot be used.
    """
    read = read_contents(path, identities)
    if expected is not None:
        expected.judge(read.content.asked)
    refuse_known(session, read.content)
    return read


def restore(session: Session, path: str, passphrase: Secret | None, consent: Consent = NO_CONSENT) -> Pair:
    """Read a backup and restore the pair in it; raises what `read_backup` and `restore_read` do."""
    return restore_read(session, read_backup(session, path), passphrase, consent)


def restore_read(
    session: Session, read: BackupRead, passphrase: Secret | None = None, consent: Consent = NO_CONSENT
) -> Pair:
    """Make a pair of the store from a backup of this or another machine.

    If the backup is signed, the key is stored as it was stored before, and what its text tells of the pair comes
    back; otherwise the key stays encrypted. `restore_notes` tells what did not come back.

    Args:
        session: Whose store.
        read: The backup.
        passphrase: What opens its key, or None where that has no passphrase.
        consent: What the user agreed to.

    Raises:
        InputError: A passphrase is needed, or the key is too dear to open.
        UnsignedError: It is not signed, and nobody agreed to that.
        RefusedError: The passphrase does not open it, key and CSR do not fit, a certificate is damaged, or the
            pair is in the store already.
        StoreError: The store cannot be used; nothing was kept.
    """
    content = read.content
    if not content.signed and not consent.unsigned:
        raise UnsignedError(
            "the backup is not signed: anyone who can write to its medium can have changed its names and "
            f"certificates; its key has the SPKI SHA-256 {content.asked.spki_sha256}",
            "compare names and fingerprint with what you know; then restore it with --unsigned",
        )
    return _keep(session, read, open_key(content, passphrase), consent)


def stays_encrypted(content: BackupFile, consent: Consent = NO_CONSENT) -> bool:
    """Return whether the key will be stored under the passphrase that it has in the backup."""
    if consent.decrypt_key or (content.envelope is Envelope.AGE and content.kept is KeptKey.PLAIN):
        return False
    return not content.signed or content.kept is KeptKey.ENCRYPTED


def losses(content: BackupFile, consent: Consent = NO_CONSENT) -> tuple[str, ...]:
    """Return what did not come back although other backups bring it back, a sentence or two each."""
    notes = []
    if not content.signed:
        ca = "public" if _usual_ca(content.asked) is CaKind.PUBLIC else "private"
        notes.append(
            "The backup is not signed: kind of CA, server software, purpose and stage did not come back. "
            f"The pair is for a {ca} CA."
        )
        if stays_encrypted(content, consent) and content.kept is KeptKey.PLAIN:
            notes.append("The key stays under the passphrase of the backup.")
        return tuple(notes)
    details = content.details
    if details.platform is not None and details.platform not in PLATFORMS:
        notes.append(f"The server software {details.platform} is not known here and did not come back.")
    if details.purpose not in {None, PURPOSE}:
        notes.append(f"The purpose {details.purpose} is not known here and did not come back.")
    return tuple(notes)


def restore_notes(content: BackupFile, consent: Consent = NO_CONSENT) -> tuple[str, ...]:
    """Return what is to be told after a backup was restored: the losses, how old its stage is, and what it lacks."""
    notes = list(losses(content, consent))
    details = content.details
    if content.signed and details.stage is not None and content.time is not None:
        notes.append(f"The stage is that of the backup ({utc_text(content.time)}): {details.stage}.")
    notes.append("A backup does not contain the history, the ties to renewals, and where it was installed.")
    return tuple(notes)


def refuse_known(session: Session, content: BackupFile) -> None:
    """See that the pair in a backup is not in the store.

    Raises:
        RefusedError: It is.
    """
    known = pairs_with_key(session, content.asked.spki_sha256)
    if known:
        raise RefusedError(
            f"the pair in the backup is in the keystore: {known[0].name}",
            "a pair is never restored over another",
            pair=known[0].name,
        )


def _keep(session: Session, read: BackupRead, key: "PrivateKey", consent: Consent) -> Pair:
    content, now = read.content, session.clock()
    backup = Backup(
        BackupStatus.UNVERIFIED, read.path, content.made(now), sha256=read.sha256, signed=content.signed
    )
    fitting = _fitting(content)
    encrypted = stays_encrypted(content, consent)
    record = with_weaknesses(
        session, _record(session, content, backup.proved(now), fitting, encrypted=encrypted), key
    )
    files = PairFiles(
        key=content.key_pem if encrypted else key_types.private_pem(key),
        request=request.to_pem(content.asked.der),
        record=dump_record(record),
        certificate=fitting.pem or None,
    )
    base = content.name or pair_name(record.subject.common_name or (record.names or ("pair",))[0])
    with session.store.restoring():
        refuse_known(session, content)  # again: another process can have restored it meanwhile
        name = session.store.add(base, files)
    return Pair(name, session.store.pair_path(name), record, has_certificate=bool(fitting.pem))


def _usual_ca(csr: request.Request) -> CaKind:
    return CaKind.PUBLIC if csr.key_type is None or csr.key_type.public_ca else CaKind.PRIVATE


def _record(
    session: Session, content: BackupFile, proved: Backup, fitting: "_Fitting", *, encrypted: bool
) -> PairRecord:
    """Return the record of the restored pair; only a signed text is believed.

    The pair counts as made when its key can be proved to have been there: when it was made, when it was backed up,
    or when its first certificate began.
    """
    csr, now = content.asked, session.clock()
    details = content.details if content.signed else NO_DETAILS
    unsigned = "" if content.signed else ", which is not signed"
    return PairRecord(
        created=min([now, details.created or proved.created, *fitting.begins]),
        subject=csr.subject,
        subject_text=csr.subject_text,
        names=names_of(csr),
        ca=details.ca or _usual_ca(csr),
        platform=details.platform if details.platform in PLATFORMS else OTHER,
        key=KeyFacts(key_types.name_of(request.public_key(csr.der)), encrypted, csr.spki_sha256),
        request=RequestFacts(csr.sha256, csr.signature_hash),
        backups=(proved,),
        submitted=details.submitted,
        validity=fitting.validity,
        retired=details.retired,
        history=(Event(now, f"restored from {proved.path}{unsigned}", session.user),),
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


def _fitting(content: BackupFile) -> _Fitting:
    if not content.certificates:
        return _Fitting()
    try:
        certificates = read_certificates(content.certificates)
    except InputError as error:
        raise RefusedError("the certificate in the backup is damaged", "use another copy of it") from error
    own = [one for one in certificates if one.spki_sha256 == content.asked.spki_sha256]
    if not own:
        return _Fitting()
    chain = (own[0], *(one for one in certificates if one is not own[0]))
    return _Fitting(to_pem(chain), own[0].validity, tuple(one.validity.not_before for one in own))
