"""Unlock the private key of a pair, and generate passphrases."""

from typing import TYPE_CHECKING, cast

from csrtui.core.base.errors import InputError, StoreError, translate_errors
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality, pkcs8
from csrtui.core.keys.pkcs8 import BatchDecryptor
from csrtui.core.pairs.pair import Pair
from csrtui.store.data_files import read_passphrase_words
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


def open_key(session: Session, pair: Pair, passphrase: Secret | BatchDecryptor | None = None) -> "PrivateKey":
    """Return the private key of a pair. To open many keys with one passphrase, pass the same decryptor each time.

    Raises:
        InputError: The key is encrypted, and no passphrase was given.
        RefusedError: The passphrase is wrong.
        StoreError: The key is damaged, or its file is not safe.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = session.store.read_key(pair.name)
    damaged = StoreError(
        f"the key of {pair.name} is damaged: {visible(pair.path)}/key.pem",
        "move the pair's folder out of pairs/, then restore it from a backup",
    )
    if not pair.record.key.encrypted:
        with translate_errors(lambda _: damaged):
            return cast("PrivateKey", load_pem_private_key(pem, None))
    if passphrase is None:
        raise InputError(f"the key of {pair.name} has a passphrase", "give the passphrase of the key")
    try:
        decryptor = passphrase if isinstance(passphrase, BatchDecryptor) else BatchDecryptor(passphrase)
        return decryptor.decrypt(pkcs8.to_der(pem))
    except InputError as error:
        raise damaged from error


def generate_passphrase(session: Session) -> Secret:
    """Return a new passphrase of seven words.

    Raises:
        StoreError: The word list is missing.
    """
    return passphrase_quality.generate(
        read_passphrase_words(), session.entropy(passphrase_quality.ENTROPY_BYTES)
    )
