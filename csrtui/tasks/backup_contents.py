"""Open a backup file and compare it: with its own CSR, with the pairs of the store, and with ``--expect``."""

import os
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from csrtui.core.backups import age, backup_file
from csrtui.core.backups.backup_file import BackupFile, Envelope, KeptKey
from csrtui.core.backups.expectation import Expectation, read_expectation, read_fingerprint
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.key_proof import proves
from csrtui.core.keys.batch_encryption import Opener
from csrtui.core.pairs.pair import Pair
from csrtui.store import backups
from csrtui.store.files import read_foreign
from csrtui.tasks.adopt.candidate import names_of
from csrtui.tasks.batch import Result

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


KEY_IS_LOCKED: Final = "the key in the backup is under a passphrase"


class PassphraseNeededError(InputError):
    """The key in a backup is under a passphrase, and none was given."""


class BackupRead(NamedTuple):
    """A backup that was read, its key not opened.

    Attributes:
        path: Its file, absolute.
        sha256: SHA-256 of the file, 64 hex digits.
        content: What is in it.
    """

    path: str
    sha256: str
    content: BackupFile


def read_contents(path: str, identities: bytes | None = None) -> BackupRead:
    """Read a backup file.

    Args:
        path: The file.
        identities: For a backup to recipients, the text of a file of age identities, or an ssh private key.

    Raises:
        InputError: The file is not there, not a backup, or damaged, or the identities cannot be used.
        RefusedError: The identities do not open it.
    """
    path = os.path.abspath(path)
    data = backups.read_back(path)
    digest = sha256(data).hexdigest()
    return BackupRead(path, digest, parse_contents(data, identities))


def parse_contents(data: bytes, identities: bytes | None = None) -> BackupFile:
    """Return what is in a backup; raises what `read_contents` does of its content."""
    if identities is None:
        return backup_file.parse(data)
    return backup_file.parse(age.decrypt(data, identities), Envelope.AGE)


def open_key(content: BackupFile, passphrase: Secret | Opener | None) -> "PrivateKey":
    """Return the private key in a backup, having proved that it is the key of its CSR and signs.

    Args:
        content: What is in the backup.
        passphrase: Of the key, or what opens many keys with it; None where it has none.

    Raises:
        InputError: A passphrase is needed, or the key is damaged or of a kind that is not known.
        RefusedError: The passphrase does not open it, or it is not the key of the CSR.
    """
    key = _key(content, passphrase)
    if not proves(key, content.asked):
        raise RefusedError("the key in the backup is not the key of its request", "use another copy of it")
    return key


def restore_test(
    content: BackupFile, csr: request.Request, passphrase: Secret | Opener | None
) -> "PrivateKey":
    """Open a backup, compare its CSR with that of a pair, and return its key; raises what `open_key` does."""
    if content.asked.der != csr.der:
        raise RefusedError("the request in it is not the pair's")
    return open_key(content, passphrase)


def pair_of(pairs: Iterable[Pair], read: BackupRead) -> Pair | None:
    """Return the pair whose backup this is; None where no pair has its key.

    Args:
        pairs: Those of the keystore.
        read: The backup.

    Raises:
        RefusedError: Its CSR is not that of the pair with its key; it is not signed and not known, although the
            pair has signed backups; or it lies where the backup of a pair with another key was written.
    """
    content, of_key = read.content, []
    for pair in pairs:
        if pair.record.key.spki_sha256 == content.asked.spki_sha256:
            of_key.append(pair)
        elif any(backup.path == read.path for backup in pair.record.backups):
            raise RefusedError(
                f"it has another key than {pair.name}, whose backup was written there: somebody exchanged it",
                "do not use this backup: back up again",
                pair=pair.name,
            )
    if not of_key:
        return None
    owner = next((pair for pair in of_key if pair.record.request.sha256 == content.asked.sha256), None)
    if owner is None:
        names = ", ".join(pair.name for pair in of_key)
        raise RefusedError(
            f"the request in it is not that of {names}, which has the same key",
            "do not use this backup: back up again",
            pair=of_key[0].name,
        )
    known = any(backup.sha256 == read.sha256 for backup in owner.record.backups)
    if not content.signed and not known and any(backup.signed for backup in owner.record.backups):
        raise RefusedError(
            f"it is not signed, although the backups of {owner.name} are: somebody changed it",
            "do not use this backup: back up again",
            pair=owner.name,
        )
    return owner


def result_of(
    content: BackupFile, *, text: str, file: str, pair: str | None = None, confirm: str | None = None
) -> Result:
    """Return the good result of a backup file, with the key and the names in it."""
    names = tuple(map(visible, names_of(content.asked)))
    return Result(
        ok=True,
        text=text,
        pair=pair,
        file=file,
        confirm=confirm,
        spki_sha256=content.asked.spki_sha256,
        names=names,
    )


def unsigned_note(content: BackupFile) -> str:
    """Return what is to be told of a backup that is not signed, to be added to a sentence; empty of one that is."""
    return "" if content.signed else ", but it is not signed: anyone who can write to it can have changed it"


def _key(content: BackupFile, passphrase: Secret | Opener | None) -> "PrivateKey":
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    if content.envelope is Envelope.KEY_BLOCK or content.kept is KeptKey.ENCRYPTED:
        if passphrase is None:
            raise PassphraseNeededError(KEY_IS_LOCKED, "give the passphrase of the key")
        opener = passphrase if isinstance(passphrase, Opener) else Opener(passphrase)
        return opener.open(content.key)
    try:
        return cast("PrivateKey", load_der_private_key(content.key, None))
    except Exception as error:  # which can come out is nowhere written down
        raise InputError("the private key in the backup is damaged", "use another copy of it") from error


def expectation_of(text: str) -> Expectation:
    """Return the expectation that `text` names.

    Raises:
        InputError: It is neither a SPKI SHA-256 nor a file with a CSR or a certificate.
    """
    fingerprint = read_fingerprint(text)
    if fingerprint is not None:
        return fingerprint
    data = read_foreign(text)
    try:
        return read_expectation(data)
    except InputError as error:
        raise InputError(f"{visible(text)}: {error.what}", error.hint) from error
