"""Lock a store, or a pair in it, against other processes.

The locks use flock and not lockf, because a lockf lock ends when the process closes any descriptor of the file. Lock
files are never deleted, because a lock on a deleted file does not lock out other processes. After waiting two seconds
for a lock, a process gives up with an error that names the process that holds the lock.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

from csrtui.core.base.errors import StoreError
from csrtui.core.base.escaping import visible
from csrtui.store.disk_errors import ReadOnlyError, disk_error
from csrtui.store.safe_files import release

TIMEOUT = 2.0
"""The maximum number of seconds to wait for a lock."""

_POLL_SECONDS = 0.02
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_NOT_WRITABLE = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_HOLDER_BYTES = 200


class Sharing(Enum):
    """Whether other processes may hold the lock at the same time."""

    SHARED = fcntl.LOCK_SH
    EXCLUSIVE = fcntl.LOCK_EX


class BusyError(StoreError):
    """Another process holds the lock."""


@contextmanager
def hold(dir_fd: int, name: str, subject: str, sharing: Sharing, timeout: float = TIMEOUT) -> Iterator[None]:
    """Hold a lock while the block runs.

    The lock file is created if necessary and never deleted. `subject` names the locked object in messages: ``the pair
    www.example.com``.

    Raises:
        BusyError: Another process holds the lock. The message names the process.
        ReadOnlyError: The file system has no locks, or the lock file cannot be written.
    """
    descriptor = _take(dir_fd, name, subject, sharing, timeout)
    try:
        yield
    finally:
        release(descriptor)


def take(dir_fd: int, name: str, subject: str) -> int | None:
    """Take an exclusive lock without waiting, and return its descriptor. Closing the descriptor releases the lock.

    The arguments are the same as for `hold`.

    Returns:
        The descriptor, or None if another process, or another descriptor of this process, holds the lock.

    Raises:
        ReadOnlyError: The file system has no locks, or the lock file cannot be written.
    """
    try:
        return _take(dir_fd, name, subject, Sharing.EXCLUSIVE, 0)
    except BusyError:
        return None


def _take(dir_fd: int, name: str, subject: str, sharing: Sharing, timeout: float) -> int:
    descriptor = _open(dir_fd, name, subject)
    try:
        try:
            _acquire(descriptor, sharing, timeout)
        except BlockingIOError:
            raise _busy_error(descriptor, subject) from None
        except OSError as error:
            raise _lock_error(error, subject) from error
    except BaseException:
        release(descriptor)
        raise
    if sharing is Sharing.EXCLUSIVE:
        _write_holder(descriptor)
    return descriptor


def _open(dir_fd: int, name: str, subject: str) -> int:
    try:
        return os.open(name, _FLAGS, 0o600, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in _NOT_WRITABLE:
            raise ReadOnlyError(
                f"{subject} can only be read: {error.strerror}", "mount it writable, or use another --store"
            ) from error
        raise disk_error("cannot open the lock", name, error) from error


def _acquire(descriptor: int, sharing: Sharing, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, sharing.value | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _write_holder(descriptor: int) -> None:
    """Write this process into the lock file as the holder. The lock is valid even if this fails."""
    since = time.strftime("%H:%M:%S")
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(
            descriptor, f"process {os.getpid()} (user {user_name(os.geteuid())}) since {since}\n".encode(), 0
        )


def user_name(uid: int) -> str:
    """Return the name of a user, or the user ID if it has no name."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _busy_error(descriptor: int, subject: str) -> BusyError:
    text = os.pread(descriptor, _MAX_HOLDER_BYTES, 0).decode("utf-8", "replace").strip()
    holder = visible(text) if text.startswith("process ") else "another process"
    return BusyError(f"{subject} is in use by {holder}", "try again when it has finished")


def _lock_error(error: OSError, subject: str) -> StoreError:
    if error.errno in _NO_LOCKS:
        return ReadOnlyError(
            f"{subject} can only be read: its file system has no locks",
            "keep the store on a local disk (--store)",
        )
    return disk_error("cannot lock", subject, error)
