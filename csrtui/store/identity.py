"""Identities that open age backups: age identities and ssh private keys, as secret as a passphrase."""

from csrtui.core.backups.age import MAX_IDENTITY_BYTES
from csrtui.store.secret_file import read_secret


def read_identity(path: str) -> bytes:
    """Return the content of an identity file that only its owner can read.

    Raises:
        InputError: It cannot be read, is too large, another user's, or others can read or write it; then the
            hint is the ``chmod``.
    """
    return read_secret(path, "identity file", MAX_IDENTITY_BYTES)
