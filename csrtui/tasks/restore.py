"""Restore a pair from its backup."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.backups.backup_file import BackupFile, Envelope, Expectation
from csrtui.core.backups.header import NO_DETAILS, KeyProtection
from csrtui.core.backups.integrity import Integrity
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.base.secret import Secret
from csrtui.core.base.validity import date_text, time_text
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import to_pem
from csrtui.core.certificates.chain import build_chain
from csrtui.core.certificates.path_validation import validate_chain
from csrtui.core.keys import key_types
from csrtui.core.names.name import all_names, without_prefix
from csrtui.core.pairs.facts import KeyFacts, RequestFacts, find_defect
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.pair_name import pair_name
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.store.keystore import PairFiles
from csrtui.store.summary_reader import SummaryReader
from csrtui.tasks.backup_contents import BackupContents, open_key, read_contents
from csrtui.tasks.list import pairs_with_key
from csrtui.tasks.private_keys import refuse_compromised, usual_ca, with_weaknesses
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.certificates.certificate import Certificate
    from csrtui.core.keys.key_types import PrivateKey


class Consent(NamedTuple):
    """The user's decisions about a restore.

    Attributes:
        unsigned: Restore a backup even if it is not signed.
        decrypt_key: Store the key without a passphrase.
    """

    unsigned: bool = False
    decrypt_key: bool = False


NO_CONSENT = Consent()


def read_backup(
    session: Session,
    path: str,
    identities: bytes | None = None,
    expected: Expectation | None = None,
) -> BackupContents:
    """Read a backup and return its contents for `restore_contents`. A passphrase is not needed yet.

    Args:
        identities: The identities for a backup for recipients: the text of an age identity file, or an SSH private key.

    Raises:
        InputError: The file is missing, damaged or not a backup.
        RefusedError: The pair in the backup is already in the store or is not the expected one, or the identities do
            not open the file.
        StoreError: The store cannot be used.
    """
    backup = read_contents(path, identities, accepts_removed_proof=True)
    if expected is not None:
        expected.check(backup.content.csr)
    refuse_existing(session, backup.content)
    return backup


def restore_contents(
    session: Session,
    backup: BackupContents,
    passphrase: Secret | None = None,
    consent: Consent = NO_CONSENT,
) -> Pair:
    """Restore the pair from a backup into the store and return it. The backup may come from another machine.

    If the backup is signed, the key is protected as before, and the other facts in the text of the backup are restored.
    Otherwise, the key stays encrypted. `restore_notes` lists the facts that are not restored.

    Raises:
        InputError: A passphrase is needed, or the cost of the key derivation in the backup is too high.
        RefusedError: The user has not agreed to restore an unsigned backup, the passphrase is wrong, the key and the
            CSR do not match, a certificate is damaged, or the pair is already in the store.
        StoreError: The store cannot be used. Nothing was stored.
    """
    content = backup.content
    if not content.is_signed and not consent.unsigned:
        was_removed = content.integrity is Integrity.REMOVED
        reason = "its signature or checksum is missing" if was_removed else "the backup is not signed"
        raise RefusedError(
            f"{reason}: anyone who can write to its medium could have changed its names and "
            f"certificates (SPKI SHA-256 of its key: {content.csr.spki_sha256})",
            "compare names and fingerprint with your records, then restore it with --unsigned",
        )
    return _store(session, backup, open_key(content, passphrase), consent)


def stays_encrypted(content: BackupFile, consent: Consent = NO_CONSENT) -> bool:
    """Return whether the key will be stored encrypted, with the passphrase that it has in the backup."""
    is_encrypted = content.key_protection is KeyProtection.ENCRYPTED
    if consent.decrypt_key or (content.envelope is Envelope.AGE and not is_encrypted):
        return False
    return not content.is_signed or is_encrypted


_NOT_A_BACKUP = "This file does not count as a backup of the pair: back up the pair again."


def _lost_details(content: BackupFile, consent: Consent) -> tuple[str, ...]:
    if not content.is_signed:
        ca = "public" if usual_ca(csrs.public_key(content.csr.der)) is CaKind.PUBLIC else "private"
        note = (
            "The backup is not signed, so the kind of CA, server software and stage were not restored. "
            f"The pair is for a {ca} CA."
        )
        removed = (_NOT_A_BACKUP,) if content.integrity is Integrity.REMOVED else ()
        if stays_encrypted(content, consent) and content.key_protection is KeyProtection.PLAIN:
            return note, *removed, "The key keeps the passphrase of the backup."
        return note, *removed
    notes, details = [], content.details
    if details.platform is not None and details.platform not in PLATFORMS:
        notes.append(f"The server software {details.platform} is unknown here and was not restored.")
    if details.purpose not in {None, *Purpose}:
        notes.append(f"The purpose {details.purpose} is unknown here and was not restored.")
    return tuple(notes)


def restore_notes(content: BackupFile, consent: Consent = NO_CONSENT) -> tuple[str, ...]:
    """Return the notes to show after a restore: lost values, the date of the stage, and facts that no backup contains."""
    details = content.details
    is_compromised = details.compromised is not None
    notes = ["The key is marked as compromised: it must never be used again."] if is_compromised else []
    notes += _lost_details(content, consent)
    if not _certificates(content).pem:
        notes.append(
            "The backup contains no certificate. If the CA has issued one, import it again: csrtui import FILE."
        )
    if content.is_signed and details.stage is not None and content.time is not None:
        notes.append(f"The stage was {details.stage} when the backup was made ({time_text(content.time)}).")
    later = (
        "" if is_compromised else " It does not know whether the key was marked as compromised since then."
    )
    return *notes, f"{_NEVER_RESTORED}{later}"


_NEVER_RESTORED = (
    "A backup does not contain the history, the links to renewals, or where the certificate was installed."
)


def refuse_existing(session: Session, content: BackupFile) -> None:
    """Check that the pair in a backup is not in the store.

    A renewal with the same key is a different pair, even if its CSR is identical, as with an RSA or Ed25519 key.

    Raises:
        RefusedError: The pair is in the store, or its key is marked as compromised there.
    """
    same_key = pairs_with_key(session, content.csr.spki_sha256)
    refuse_compromised(session, same_key)
    for pair in same_key:
        is_other = content.name not in {None, pair.name} and content.name in _linked_names(pair, same_key)
        if pair.record.request.sha256 == content.csr.sha256 and not is_other:
            raise RefusedError(
                f"the pair of this backup is in the keystore: {pair.name} has its key and its CSR",
                f"use {pair.name}; if it is damaged, csrtui doctor shows how to replace it",
                pair=pair.name,
            )


def _linked_names(pair: Pair, same_key: Sequence[Pair]) -> set[str]:
    """Return the names of the pairs before and after a pair in a series of renewals with the same key."""
    by_name, names, linked = {other.name: other for other in same_key}, [pair.name], set[str]()
    while names:
        other = by_name.get(names.pop())
        links = {other.record.renews, other.record.renewed_by} if other else set[str | None]()
        names += [name for name in links if name is not None and name not in linked]
        linked.update(names)
    return linked


def _store(session: Session, backup: BackupContents, key: "PrivateKey", consent: Consent) -> Pair:
    content = backup.content
    certificates = _certificates(content)
    encrypted = stays_encrypted(content, consent)
    record = _record(session, backup, certificates, encrypted=encrypted)
    record = with_weaknesses(session, record, key)
    base = content.name or pair_name(
        record.subject.common_name or without_prefix((record.names or ("pair",))[0])
    )
    with session.store.lock_for_restore():
        refuse_existing(session, content)  # again, since another process may have restored it
        record = record._replace(renews=_predecessor(session, base))
        files = PairFiles(
            key=content.key_pem if encrypted else key_types.private_pem(key),
            csr=csrs.to_pem(content.csr.der),
            record=dump_record(record),
            certificate=certificates.pem or None,
        )
        name = session.store.add(base, files)
    return Pair(name, session.store.pair_path(name), record, has_certificate=bool(certificates.pem))


def _predecessor(session: Session, name: str) -> str | None:
    """Return the pair whose record says that the missing pair `name` replaces it, or None."""
    if session.store.has_pair(name):
        return None
    summaries = SummaryReader(session.store).read().summaries
    return next((summary.name for summary in summaries if summary.renewed_by == name), None)


def _record(
    session: Session, backup: BackupContents, certificates: "_Certificates", *, encrypted: bool
) -> PairRecord:
    """Return the record of the restored pair. The details in the backup are trusted only if it is signed.

    The creation time is the earliest time at which the key is known to have existed: the recorded creation time (or else
    the time of the backup), or the start of validity of the first certificate.
    """
    content, csr, now = backup.content, backup.content.csr, session.clock()
    public_key = csrs.public_key(csr.der)
    details = content.details if content.is_signed else NO_DETAILS
    # This mark counts even in an unsigned backup: a false one does little harm, a missing one lets a stolen key be used.
    compromised = content.details.compromised
    unsigned = "" if content.is_signed else ", which is not signed"
    backed_up, leaf = content.creation_time(now), certificates.leaf
    names = all_names(csr.subject.common_name, csr.names)
    events = [f"restored from {backup.path}{unsigned}"]
    if leaf is not None:
        expires = date_text(leaf.validity.not_after)
        status = validate_chain(build_chain(leaf, certificates.others, now), now).text
        events.append(
            f"certificate restored, expires {expires}, from {leaf.issuer_text}; the chain is {status}"
        )
    recorded = Backup(
        BackupStatus.UNVERIFIED, backup.path, backed_up, sha256=backup.sha256, signed=content.is_signed
    )
    return PairRecord(
        created=min([now, details.created or backed_up, *certificates.start_times]),
        subject=csr.subject,
        subject_text=csr.subject_text,
        names=names,
        ca=details.ca or usual_ca(public_key),
        platform=details.platform if details.platform in PLATFORMS else OTHER,
        key=KeyFacts(key_types.name_of(public_key), encrypted, csr.spki_sha256),
        request=RequestFacts(csr.sha256, csr.signature_hash),
        # Verification refuses a file whose proof was removed, so it is not a backup of the pair.
        backups=() if content.integrity is Integrity.REMOVED else (recorded.with_restore_test(now),),
        submitted=details.submitted,
        validity=leaf.validity if leaf else None,
        defect=find_defect(leaf, names, csr.purpose) if leaf else None,
        retired=details.retired or compromised,
        compromised=compromised,
        purpose=csr.purpose,
        history=tuple(HistoryEntry(now, event, session.user) for event in events),
    )


class _Certificates(NamedTuple):
    """The certificates in a backup.

    Attributes:
        pem: All certificates, starting with one for the key. Empty if no certificate is for the key.
        leaf: The first certificate for the key, or None.
        others: The other certificates.
        start_times: The start of validity of each certificate for the key, in the order of the backup.
    """

    pem: bytes = b""
    leaf: "Certificate | None" = None
    others: "Sequence[Certificate]" = ()
    start_times: tuple[datetime, ...] = ()


def _certificates(content: BackupFile) -> _Certificates:
    if not content.certificates:
        return _Certificates()
    try:
        certificates = read_certificates(content.certificates)
    except InputError as error:
        raise RefusedError("the certificate in the backup is damaged", "use another copy of it") from error
    own = [certificate for certificate in certificates if certificate.spki_sha256 == content.csr.spki_sha256]
    if not own:
        return _Certificates()
    others = [certificate for certificate in certificates if certificate is not own[0]]
    start_times = tuple(certificate.validity.not_before for certificate in own)
    return _Certificates(to_pem([own[0], *others]), own[0], others, start_times)
