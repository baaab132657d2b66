"""Passphrases from a file or a descriptor; never from an argument or the environment."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from csrtui.core.errors import InputError
from csrtui.core.passphrase import NoPassphraseError, read_passphrase
from csrtui.core.secret import Secret
from csrtui.core.shell import quote
from csrtui.core.visible import visible
from csrtui.store.disk import foreign_refusal
from csrtui.store.files import release

_LIMIT = 64 * 1024


def from_file(path: str) -> Secret:
    """Return the passphrase in the first line of a file that only its owner can read.

    Raises:
        InputError: It cannot be read, is not safe (another's, or open to others), or holds no passphrase.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise foreign_refusal(path, error) from error
    except ValueError as error:
        raise InputError(f"{visible(path)} is no path") from error
    try:
        with _naming(f"the passphrase file {visible(path)}"):
            _judge(path, os.fstat(descriptor))
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


def _judge(path: str, found: os.stat_result) -> None:
    shown = visible(path)
    if not stat.S_ISREG(found.st_mode):
        raise InputError(
            f"the passphrase file {shown} is no regular file", "give what is no file with --passphrase-fd"
        )
    if found.st_uid not in {os.geteuid(), 0}:
        raise InputError(f"the passphrase file {shown} belongs to another user (number {found.st_uid})")
    if found.st_mode & 0o077:
        raise InputError(
            f"others can read or write the passphrase file {shown} (mode {stat.S_IMODE(found.st_mode):04o})",
            f"chmod 600 {quote(path)}",
        )


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
