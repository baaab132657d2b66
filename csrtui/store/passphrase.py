"""Passphrases from a file or a descriptor; never from an argument or the environment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys.passphrase_quality import NoPassphraseError, read_passphrase
from csrtui.store.files import release
from csrtui.store.secret_file import open_secret

_LIMIT = 64 * 1024


def from_file(path: str) -> Secret:
    """Return the passphrase in the first line of a file that only its owner can read.

    Raises:
        InputError: It cannot be read, is not safe (another's, or open to others), or holds no passphrase.
    """
    descriptor = open_secret(path, "passphrase file", "give what is not a file with --passphrase-fd")
    try:
        with _naming(f"the passphrase file {visible(path)}"):
            return _read(descriptor)
    finally:
        release(descriptor)


def from_descriptor(number: int) -> Secret:
    """Return the passphrase in the first line of what an open descriptor gives.

    Raises:
        InputError: It is not open for reading, or holds no passphrase.
    """
    with _naming(f"the passphrase descriptor {number}"):
        return _read(number)


def _read(descriptor: int) -> Secret:
    data = b""
    while b"\n" not in data:
        if len(data) > _LIMIT:
            raise NoPassphraseError(f"its first line has more than {_LIMIT} bytes")
        part = os.read(descriptor, _LIMIT)
        if not part:
            break
        data += part
    return read_passphrase(data)


@contextmanager
def _naming(what: str) -> Iterator[None]:
    """Turn what goes wrong while a passphrase is read into an error that says where it came from."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot read {what}: {error.strerror}") from error
    except OverflowError as error:
        raise InputError(f"cannot read {what}: no descriptor has so high a number") from error
    except NoPassphraseError as error:  # any other's message may quote what was read
        raise InputError(f"{what} holds no passphrase: {error}") from error
