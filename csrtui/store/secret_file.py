"""Read secrets from files and descriptors: passphrases, and identities that decrypt age backups.

A file with a secret is read only if only its owner can read it. A secret never comes from an argument or the
environment.
"""

import os
import stat

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import quote, visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys.passphrase_quality import NoPassphraseError, read_passphrase
from csrtui.store.disk_errors import foreign_file_error
from csrtui.store.foreign_files import read_and_close
from csrtui.store.safe_files import release

_MAX_LINE_BYTES = 64 * 1024


def read_identity(path: str) -> bytes:
    """Return the content of an identity file that only its owner can read.

    Raises:
        InputError: The file cannot be read, is too large, belongs to another user, or can be read or written by others.
            In the last case, the hint is the ``chmod`` command.
    """
    from csrtui.core.backups.age import MAX_IDENTITY_BYTES  # only for backups to recipients

    descriptor = _open_secret(path, "identity file")
    return read_and_close(descriptor, path, MAX_IDENTITY_BYTES, f"the identity file {visible(path)}")


def read_passphrase_file(path: str) -> Secret:
    """Return the passphrase in the first line of a file that only its owner can read.

    Raises:
        InputError: The file cannot be read, is not safe (as for `read_identity`), or does not contain a passphrase.
    """
    descriptor = _open_secret(path, "passphrase file", "use --passphrase-fd for anything that is not a file")
    try:
        return _read_first_line(descriptor, f"the passphrase file {visible(path)}")
    finally:
        release(descriptor)


def read_passphrase_descriptor(number: int) -> Secret:
    """Return the passphrase in the first line that an open descriptor returns.

    Raises:
        InputError: The descriptor is not open for reading, or does not return a passphrase.
    """
    return _read_first_line(number, f"the passphrase descriptor {number}")


def _open_secret(path: str, label: str, special_hint: str | None = None) -> int:
    """Return a descriptor of a regular file that only its owner can read, and that belongs to the user or root.

    Links are followed. `label` names the purpose of the file in messages: ``passphrase file``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise foreign_file_error(path, error) from error
    except ValueError as error:
        raise InputError(f"{visible(path)} is not a valid path") from error
    try:
        _require_safe(f"the {label} {visible(path)}", path, os.fstat(descriptor), special_hint)
    except BaseException:
        release(descriptor)
        raise
    return descriptor


def _require_safe(subject: str, path: str, status: os.stat_result, special_hint: str | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{subject} is not a regular file", special_hint)
    if status.st_uid not in {os.geteuid(), 0}:
        raise InputError(f"{subject} belongs to another user (UID {status.st_uid})")
    if status.st_mode & 0o077:
        raise InputError(
            f"others can read or write {subject} (mode {stat.S_IMODE(status.st_mode):04o})",
            f"chmod 600 {quote(path)}",
        )


def _read_first_line(descriptor: int, source: str) -> Secret:
    data = b""
    try:
        while b"\n" not in data and len(data) <= _MAX_LINE_BYTES:
            part = os.read(descriptor, _MAX_LINE_BYTES)
            if not part:
                break
            data += part
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror}") from error
    except OverflowError as error:
        raise InputError(f"cannot read {source}: descriptor number too large") from error
    if b"\n" not in data and len(data) > _MAX_LINE_BYTES:
        raise InputError(
            f"{source} contains no passphrase: its first line has more than {_MAX_LINE_BYTES} bytes"
        )
    try:
        return read_passphrase(data)
    except NoPassphraseError as error:
        raise InputError(f"{source} contains no passphrase: {error}") from error
