"""Unlock the private key of a pair, and generate passphrases."""

from typing import TYPE_CHECKING, cast

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality, pkcs8
from csrtui.core.keys.batch_encryption import Opener
from csrtui.core.pairs.pair import Pair
from csrtui.store.reference_data import passphrase_words
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


def open_key(session: Session, pair: Pair, passphrase: Secret | Opener | None = None) -> "PrivateKey":
    """Return the private key of a pair.

    Args:
        session: Whose store it is in.
        pair: Which.
        passphrase: Of the key, where it is under one; or what opens many keys with it.

    Raises:
        InputError: The key is under a passphrase and none is given.
        RefusedError: The passphrase does not open it.
        StoreError: It is damaged or not safe.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = session.store.read_key(pair.name)
    if pair.record.key.encrypted:
        if passphrase is None:
            raise InputError(
                f"the key of {pair.name} is under a passphrase", "give the passphrase of the key"
            )
        try:
            opener = passphrase if isinstance(passphrase, Opener) else Opener(passphrase)
            return opener.open(pkcs8.to_der(data))
        except InputError as error:
            raise _damaged(pair) from error
    try:
        return cast("PrivateKey", load_pem_private_key(data, None))
    except Exception as error:  # which can come out is nowhere written down
        raise _damaged(pair) from error


def _damaged(pair: Pair) -> StoreError:
    return StoreError(
        f"the key of {pair.name} is damaged: {visible(pair.path)}/key.pem",
        "move the pair's folder out of pairs/, then restore it from a backup",
    )


def generate_passphrase(session: Session) -> Secret:
    """Return a new passphrase of seven words.

    Raises:
        StoreError: The list of words is not there.
    """
    return passphrase_quality.generate(passphrase_words(), session.entropy(passphrase_quality.ENTROPY_BYTES))
