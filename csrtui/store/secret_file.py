"""Read secrets from files and descriptors: passphrases, and identities that open age backups.

A file with a secret is read only if nobody but its owner can read it. A secret never comes from an argument or the
environment.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from csrtui.core.backups.age import MAX_IDENTITY_BYTES
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import quote, visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys.passphrase_quality import NoPassphraseError, read_passphrase
from csrtui.store.disk_errors import foreign_refusal
from csrtui.store.files import release


def open_secret(path: str, label: str, special_hint: str | None = None) -> int:
    """Return a descriptor, open for reading, of a regular file that belongs to the user or root, for its owner only.

    Args:
        path: The file; links are followed.
        label: What the file is, for messages: ``passphrase file``.
        special_hint: What to do with something that is not a regular file.

    Raises:
        InputError: It cannot be opened, is not a regular file, is another user's, or others can read or write it;
            for the latter, the hint is the ``chmod``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise foreign_refusal(path, error) from error
    except ValueError as error:
        raise InputError(f"{visible(path)} is not a valid path") from error
    try:
        _judge(path, os.fstat(descriptor), label, special_hint)
    except BaseException:
        release(descriptor)
        raise
    return descriptor


def read_secret(path: str, label: str, limit: int) -> bytes:
    """Return the content of such a file.

    Args:
        path: The file; links are followed.
        label: What the file is, for messages: ``identity file``.
        limit: The most bytes it may have.

    Raises:
        InputError: As `open_secret`; or it cannot be read, or has more than `limit` bytes.
    """
    descriptor = open_secret(path, label)
    try:
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise foreign_refusal(path, error) from error
    if len(data) > limit:
        raise InputError(f"the {label} {visible(path)} has more than {limit} bytes")
    return data


def _judge(path: str, found: os.stat_result, label: str, special_hint: str | None) -> None:
    named = f"the {label} {visible(path)}"
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{named} is not a regular file", special_hint)
    if found.st_uid not in {os.geteuid(), 0}:
        raise InputError(f"{named} belongs to another user (number {found.st_uid})")
    if found.st_mode & 0o077:
        raise InputError(
            f"others can read or write {named} (mode {stat.S_IMODE(found.st_mode):04o})",
            f"chmod 600 {quote(path)}",
        )


def read_identity(path: str) -> bytes:
    """Return the content of an identity file that only its owner can read.

    Raises:
        InputError: It cannot be read, is too large, another user's, or others can read or write it; then the
            hint is the ``chmod``.
    """
    return read_secret(path, "identity file", MAX_IDENTITY_BYTES)


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
