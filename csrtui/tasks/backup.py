"""Back up pairs, with a passphrase or for recipients.

A backup is encrypted, written, read back from the disk, tested as far as possible, and recorded.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event
from typing import TYPE_CHECKING, Final

from csrtui.core.backups import age, backup_file
from csrtui.core.backups.backup_file import Envelope
from csrtui.core.backups.header import Details, KeyProtection
from csrtui.core.backups.recipients import (
    MAX_BYTES,
    Recipient,
    looks_like_recipient,
    merge_recipients,
    read_recipients,
)
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import to_pem
from csrtui.core.certificates.csr import proves_possession
from csrtui.core.keys import key_types
from csrtui.core.keys.pkcs8 import BatchDecryptor, BatchEncryptor
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair
from csrtui.store import new_files
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.foreign_files import read_foreign
from csrtui.tasks.backup_contents import parse_contents, restore_test
from csrtui.tasks.list import read_pair_folder
from csrtui.tasks.parallel import MAX_WORKERS, OnResult, Result, run_for_each
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

_MAX_SECONDS_AHEAD = 60
"""The maximum number of seconds by which the time in a file name may be ahead of the current time.

A later time is used if a file with the current time in its name exists."""


@dataclass(frozen=True, slots=True)
class BackupSpec:
    """The options of a backup with a passphrase, the same for every pair in a run.

    Attributes:
        passphrase: The passphrase of the backup. If the stored key is encrypted, this must be its passphrase.
        repeated: The passphrase as typed the second time. The restore test uses this one.
    """

    folder: str
    passphrase: Secret
    repeated: Secret


@dataclass(frozen=True, slots=True)
class RecipientBackupSpec:
    """The options of a backup for recipients, the same for every pair in a run."""

    folder: str
    recipients: tuple[Recipient, ...]


class _PassphraseEncryption:
    """Encryption of the key block with a passphrase.

    All pairs in a run share the keys derived from the passphrase. The restore test derives its own keys from the
    passphrase as typed the second time and the salt in the file that was read back.
    """

    envelope: Final = Envelope.KEY_BLOCK

    def __init__(self, session: Session, spec: BackupSpec) -> None:
        self._session = session
        self._store_decryptor = BatchDecryptor(spec.passphrase)
        self._encryptor = BatchEncryptor(spec.passphrase, session.entropy)
        self._proof_decryptor = BatchDecryptor(spec.repeated)

    def read_key(self, pair: Pair) -> "tuple[PrivateKey, bytes]":
        """Return the key of a pair and its encrypted PEM block.

        Raises:
            RefusedError: The key is encrypted with another passphrase.
        """
        try:
            key = open_key(self._session, pair, self._store_decryptor)
        except RefusedError as error:
            raise RefusedError(
                f"the key of {pair.name} has a different passphrase; its backup must use that one",
                "give the passphrase of the key itself",
            ) from error
        return key, self._encryptor.encrypt(key)

    def encrypt(self, text: bytes, _: KeyProtection) -> bytes:
        """Return the text unchanged, because its key block is already encrypted."""
        return text

    def prove(self, data: bytes, csr: csrs.Request) -> bool:
        """Test a restore from the data that was read back from the disk, and return True.

        Raises:
            CsrtuiError: The signature is not valid, or the restore test failed.
        """
        content = parse_contents(data)
        if not content.is_signed:
            raise RefusedError("its signature is not valid")
        restore_test(content, csr, self._proof_decryptor)
        return True


class _RecipientEncryption:
    """Encryption of the whole text with age, for recipients.

    The key is written as it is in the store. If it is not encrypted there, only the age file protects it.

    Raises:
        InputError: pyrage is not installed, or it refuses a recipient.
    """

    envelope: Final = Envelope.AGE

    def __init__(self, session: Session, spec: RecipientBackupSpec) -> None:
        age.check_recipients(spec.recipients)
        self._session = session
        self._recipients = spec.recipients

    def read_key(self, pair: Pair) -> "tuple[PrivateKey | None, bytes]":
        """Return the key of a pair (None if it is encrypted) and the key's PEM block, which is protected as in the store."""
        if pair.record.key.encrypted:
            return None, self._session.store.read_key(pair.name)
        key = open_key(self._session, pair)
        return key, key_types.private_pem(key)

    def encrypt(self, text: bytes, key_protection: KeyProtection) -> bytes:
        """Encrypt the text with age and return it, after checking that it is complete and its key is protected as recorded.

        Raises:
            StoreError: The key in the store is not encrypted, although pair.json says so.
        """
        if backup_file.parse(text, Envelope.AGE).key_protection is not key_protection:
            raise StoreError("the key in the store is not encrypted, although pair.json says so")
        return age.encrypt(text, self._recipients)

    def prove(self, _: bytes, __: csrs.Request) -> bool:
        """Return False, because the backup cannot be opened and tested without an identity."""
        return False


_Encryption = _PassphraseEncryption | _RecipientEncryption


def _encryption(session: Session, spec: BackupSpec | RecipientBackupSpec) -> _Encryption:
    if isinstance(spec, BackupSpec):
        return _PassphraseEncryption(session, spec)
    return _RecipientEncryption(session, spec)


def back_up(session: Session, name: str, spec: BackupSpec | RecipientBackupSpec) -> Backup:
    """Write a backup of a pair, read it back, record it and return it.

    A backup with a passphrase is *verified* only if the file was read back from the disk and decrypted with the
    passphrase as typed the second time, and its key matches the CSR and can sign. A backup for recipients stays
    *unverified*.

    Raises:
        InputError: The pair or the folder does not exist, or pyrage is not installed.
        RefusedError: The passphrase is not the passphrase of the key, or the file that was read back failed the test.
        StoreError: The store or the disk reports an error, or the key is damaged. If the backup was written anyway, the
            message contains its path.
    """
    return _back_up(session, name, spec.folder, _encryption(session, spec))


def _back_up(session: Session, name: str, folder: str, encryption: _Encryption) -> Backup:
    stored, now = read_pair_folder(session, name), session.clock()
    pair, csr = stored.pair, stored.csr
    key, key_pem = encryption.read_key(pair)
    if key is not None:
        _refuse_foreign_key(name, csr, key)
    key_protection = KeyProtection.ENCRYPTED if pair.record.key.encrypted else KeyProtection.PLAIN
    text = backup_file.compose(
        name,
        now,
        key_protection=key_protection,
        key_pem=key_pem,
        csr=csr,
        certificates=_certificates(stored.certificate),
        envelope=encryption.envelope,
        details=Details.from_record(pair.record),
        signer=key,
    )
    data = encryption.encrypt(text, key_protection)
    output = new_files.OutputFile(_file_names(name, now, encryption.envelope), data, new_files.OWNER_ONLY)
    path = new_files.write_new_files(folder, [output])[0]
    digest = sha256(data).hexdigest()
    backup = Backup(BackupStatus.UNVERIFIED, path, now, sha256=digest, signed=key is not None)
    try:
        if read_foreign(path, from_disk=True) != data:
            raise RefusedError("the disk returned data that differs from what was written")
        is_proved = encryption.prove(data, csr)
    except CsrtuiError as error:
        _record(session, name, backup.with_status(BackupStatus.DAMAGED, now), f"backup failed: {path}")
        raise RefusedError(
            f"the backup could not be verified: {error.message}", f"do not rely on {visible(path)}"
        ) from error
    backup = backup.with_restore_test(now) if is_proved else backup
    event = "backed up and verified" if is_proved else "backed up to recipients"
    try:
        _record(session, name, backup, f"{event}: {path}")
    except NotConfirmedError as error:
        raise NotConfirmedError(f"the record of the backup {visible(path)}") from error
    except StoreError as error:
        raise StoreError(
            f"the backup {visible(path)} is written, but not recorded: {error.message}", error.hint
        ) from error
    return backup


def back_up_many(
    session: Session,
    names: Sequence[str],
    spec: BackupSpec | RecipientBackupSpec,
    *,
    on_result: OnResult = lambda _: None,
    cancel: Event | None = None,
    max_workers: int = MAX_WORKERS,
) -> list[Result]:
    """Back up several pairs with `run_for_each`, and return the results.

    The encryption key is derived from a passphrase only once (`csrtui.core.keys.pkcs8` explains why that
    is safe).

    Raises:
        InputError: pyrage is not installed, or it refuses a recipient.
    """
    encryption = _encryption(session, spec)

    def back_up_pair(name: str) -> list[Result]:
        backup = _back_up(session, name, spec.folder, encryption)
        text = "backed up and verified"
        if backup.status is BackupStatus.UNVERIFIED:
            text = "backed up, unverified: verify it where the identity is"
            text += "" if backup.signed else "; not signed, because the key has a passphrase"
        return [Result(ok=True, pair=name, file=backup.path, text=text)]

    return run_for_each(
        names,
        back_up_pair,
        failure_label="not backed up",
        on_result=on_result,
        cancel=cancel,
        max_workers=max_workers,
    )


def rehearse_backups(
    session: Session, names: Sequence[str], folder: str, spec: BackupSpec | RecipientBackupSpec | None = None
) -> list[Result]:
    """Return the results that `back_up_many` would return, after all checks that are possible without writing.

    Without `spec`, the passphrase is not known, so a key that is encrypted in the store is not opened.

    Raises:
        InputError: pyrage is not installed, or it refuses a recipient.
    """
    encryption = None if spec is None else _encryption(session, spec)

    def rehearse(name: str) -> list[Result]:
        stored = read_pair_folder(session, name)
        if encryption is not None:
            key = encryption.read_key(stored.pair)[0]
        else:
            key = None if stored.pair.record.key.encrypted else open_key(session, stored.pair)
        if key is not None:
            _refuse_foreign_key(name, stored.csr, key)
        envelope = Envelope.KEY_BLOCK if encryption is None else encryption.envelope
        output = new_files.OutputFile(_file_names(name, session.clock(), envelope), b"", new_files.OWNER_ONLY)
        path = new_files.write_new_files(folder, [output], dry_run=True)[0]
        return [Result(ok=True, pair=name, file=path, text="would be backed up")]

    return run_for_each(names, rehearse, failure_label="not backed up", on_result=lambda _: None)


def _record(session: Session, name: str, backup: Backup, event: str) -> None:
    change_record(
        session,
        name,
        lambda record: record.with_backup(backup).with_event(backup.created, event, session.user),
    )


def _refuse_foreign_key(name: str, csr: csrs.Request, key: "PrivateKey") -> None:
    """Check that the CSR belongs to the key and was signed by it.

    The key also signs the backup, and that signature must not cover a CSR that was replaced.

    Raises:
        StoreError: The CSR belongs to another key, or its signature is not valid.
    """
    if not proves_possession(key, csr):
        raise StoreError(f"the key of {name} is not the key of its CSR", "restore the pair from a backup")
    if not csrs.has_valid_signature(csr.der):
        raise StoreError(
            f"the CSR of {name} is not signed by its key: it was replaced or damaged",
            "restore the pair from a backup",
        )


def _certificates(pem: bytes | None) -> bytes:
    """Return the certificates in certificate.pem without other text, or empty bytes if it is missing or damaged."""
    try:
        return to_pem(read_certificates(pem)) if pem else b""
    except InputError:  # the doctor reports this, and a backup is mainly for the key
        return b""


def _file_names(name: str, now: datetime, envelope: Envelope) -> Iterator[str]:
    for seconds in range(_MAX_SECONDS_AHEAD):
        yield backup_file.file_name(name, now + timedelta(seconds=seconds), envelope)


_DEFAULT_RECIPIENTS = ("~/.ssh/id_ed25519.pub", "~/.ssh/id_rsa.pub")
"""The usual paths of SSH public keys. Backups for one of them are opened with the private key beside it."""


def parse_recipients(texts: Iterable[str]) -> tuple[Recipient, ...]:
    """Return the recipients in texts and files, without duplicates.

    Args:
        texts: The recipients. Each is ``age1…``, an SSH public key, or the path of a file with such lines.

    Raises:
        InputError: A text is not a recipient, or its file cannot be read.
    """
    recipients = merge_recipients(recipient for text in texts for recipient in _recipients(text))
    if age.is_installed():  # without pyrage, only other hosts write backups, and they check the recipients
        age.check_recipients(recipients)
    return recipients


def split_recipients(text: str) -> list[str]:
    """Return the recipients in a comma-separated text, with ``~`` expanded."""
    return [os.path.expanduser(part) for part in map(str.strip, text.split(",")) if part]


def default_recipient() -> str:
    """Return the path of the user's own SSH public key, or an empty string if there is none."""
    return next((path for path in _DEFAULT_RECIPIENTS if os.path.isfile(os.path.expanduser(path))), "")


def _recipients(text: str) -> tuple[Recipient, ...]:
    if looks_like_recipient(text):
        return read_recipients(text)
    data = read_foreign(text, MAX_BYTES)
    try:
        return read_recipients(data.decode("utf-8", "backslashreplace"))
    except InputError as error:
        raise InputError(f"{visible(text)}: {error.message}", error.hint) from error
