"""Files that contain a secret: opened only where nobody but their owner can read them."""

import os
import stat

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import quote, visible
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
