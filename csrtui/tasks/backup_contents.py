"""Open a backup file, and compare it with its own CSR, with the pairs of the store and with ``--expect``."""

import os
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from csrtui.core.backups import age, backup_file
from csrtui.core.backups.backup_file import (
    BackupFile,
    Envelope,
    Expectation,
    read_expectation,
    read_fingerprint,
)
from csrtui.core.backups.header import KeyProtection
from csrtui.core.base.errors import InputError, RefusedError, translate_errors
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.certificates.csr import Request, proves_possession
from csrtui.core.keys.pkcs8 import BatchDecryptor
from csrtui.core.names.name import all_names
from csrtui.core.pairs.pair import Pair
from csrtui.store.foreign_files import read_foreign
from csrtui.tasks.parallel import Result

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


KEY_IS_LOCKED: Final = "the key in the backup has a passphrase"


class PassphraseNeededError(InputError):
    """The key in a backup is encrypted, and no passphrase was given."""


class BackupContents(NamedTuple):
    """The contents of a backup file, with the key not yet decrypted.

    Attributes:
        path: The absolute path of the file.
        sha256: The SHA-256 of the file, 64 hex digits.
    """

    path: str
    sha256: str
    content: BackupFile


def read_contents(
    path: str, identities: bytes | None = None, *, accepts_removed_proof: bool = False
) -> BackupContents:
    """Read a backup file and return its contents.

    Args:
        identities: The identities for a backup for recipients: the text of an age identity file, or an SSH private key.
        accepts_removed_proof: Whether a missing signature or checksum is not an error (`backup_file.parse`).

    Raises:
        InputError: The file is missing, damaged or not a backup, or the identities cannot be used.
        RefusedError: The identities do not open the file.
    """
    path = os.path.abspath(path)
    data = read_foreign(path, from_disk=True)
    return BackupContents(
        path,
        sha256(data).hexdigest(),
        parse_contents(data, identities, accepts_removed_proof=accepts_removed_proof),
    )


def parse_contents(
    data: bytes, identities: bytes | None = None, *, accepts_removed_proof: bool = False
) -> BackupFile:
    """Parse the bytes of a backup file and return the backup. The errors are the same as for `read_contents`."""
    if identities is None:
        return backup_file.parse(data, accepts_removed_proof=accepts_removed_proof)
    data = age.decrypt(data, identities)
    return backup_file.parse(data, Envelope.AGE, accepts_removed_proof=accepts_removed_proof)


def open_key(content: BackupFile, passphrase: Secret | BatchDecryptor | None) -> "PrivateKey":
    """Return the private key in a backup, after checking that it matches the CSR and can sign.

    Args:
        passphrase: The passphrase of the key, or a decryptor for many keys with the same passphrase, or None if the key
            is not encrypted.

    Raises:
        InputError: A passphrase is needed, or the key is damaged or of an unknown type.
        RefusedError: The passphrase is wrong, or the key does not match the CSR.
    """
    key = _decrypt_key(content, passphrase)
    if not proves_possession(key, content.csr):
        raise RefusedError("the key in the backup is not the key of its CSR", "use another copy of it")
    return key


def restore_test(
    content: BackupFile, csr: Request, passphrase: Secret | BatchDecryptor | None
) -> "PrivateKey":
    """Check that a backup contains the CSR of its pair, and return the key in it.

    Raises:
        InputError: The key cannot be opened (`open_key`).
        RefusedError: The backup contains another CSR, or the key is refused (`open_key`).
    """
    if content.csr.der != csr.der:
        raise RefusedError("its CSR is not the pair's CSR")
    return open_key(content, passphrase)


def find_pair(pairs: Iterable[Pair], backup: BackupContents) -> Pair | None:
    """Return the pair of the keystore that a backup belongs to, or None if no pair has its key.

    Raises:
        RefusedError: The pair with this key has another CSR, or a backup of another pair was written to the same path.
            Or the pair has signed backups, but this one is neither signed nor on record.
    """
    content, same_key = backup.content, []
    for pair in pairs:
        if pair.record.key.spki_sha256 == content.csr.spki_sha256:
            same_key.append(pair)
        elif any(other.path == backup.path for other in pair.record.backups):
            raise RefusedError(
                f"its key differs from that of {pair.name}, whose backup was written there: somebody replaced it",
                "do not use this backup: back up again",
                pair=pair.name,
            )
    if not same_key:
        return None
    owner = next((pair for pair in same_key if pair.record.request.sha256 == content.csr.sha256), None)
    if owner is None:
        names = ", ".join(pair.name for pair in same_key)
        raise RefusedError(
            f"its CSR differs from that of {names}, which has the same key",
            "do not use this backup: back up again",
            pair=same_key[0].name,
        )
    is_recorded = any(other.sha256 == backup.sha256 for other in owner.record.backups)
    if not content.is_signed and not is_recorded and any(other.signed for other in owner.record.backups):
        raise RefusedError(
            f"it is not signed, although the backups of {owner.name} are: somebody changed it",
            "do not use this backup: back up again",
            pair=owner.name,
        )
    return owner


def build_result(
    content: BackupFile, *, text: str, file: str, pair: str | None = None, confirm: str | None = None
) -> Result:
    """Return a successful result for a backup file, with the fingerprint of its key and the names in its CSR."""
    return Result(
        ok=True,
        text=text,
        pair=pair,
        file=file,
        confirm=confirm,
        spki_sha256=content.csr.spki_sha256,
        names=tuple(map(visible, all_names(content.csr.subject.common_name, content.csr.names))),
    )


def unsigned_note(content: BackupFile) -> str:
    """Return a warning to append to the result of a backup that is not signed, or an empty string if it is signed."""
    return (
        ""
        if content.is_signed
        else ", but it is not signed: anyone who can write to it could have changed it"
    )


def _decrypt_key(content: BackupFile, passphrase: Secret | BatchDecryptor | None) -> "PrivateKey":
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    if content.envelope is Envelope.KEY_BLOCK or content.key_protection is KeyProtection.ENCRYPTED:
        if passphrase is None:
            raise PassphraseNeededError(KEY_IS_LOCKED, "give the passphrase of the key")
        decryptor = passphrase if isinstance(passphrase, BatchDecryptor) else BatchDecryptor(passphrase)
        return decryptor.decrypt(content.key)
    damaged = InputError("the private key in the backup is damaged", "use another copy of it")
    with translate_errors(lambda _: damaged):
        return cast("PrivateKey", load_der_private_key(content.key, None))


def parse_expectation(text: str) -> Expectation:
    """Parse an argument of ``--expect`` and return the expectation.

    Raises:
        InputError: The text is neither an SPKI SHA-256 nor the path of a file with a CSR or certificate.
    """
    fingerprint = read_fingerprint(text)
    if fingerprint is not None:
        return fingerprint
    data = read_foreign(text)
    try:
        return read_expectation(data)
    except InputError as error:
        raise InputError(f"{visible(text)}: {error.message}", error.hint) from error
