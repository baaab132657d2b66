"""Locks between the processes that work on one store.

flock, not lockf: a lockf lock goes as soon as the process closes any descriptor of the file. The files
are never deleted, because a lock on a deleted file locks nobody out. A lock is never waited for longer
than two seconds; then the one who holds it is named.
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
from csrtui.store.disk_errors import ReadOnlyError, refusal
from csrtui.store.files import release

PATIENCE = 2.0
"""Seconds that a lock is waited for."""

_POLL = 0.02
_WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_WITHOUT_WRITES = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_HOLDER = 200


class Sharing(Enum):
    """Whether others may hold the lock at the same time."""

    SHARED = fcntl.LOCK_SH
    EXCLUSIVE = fcntl.LOCK_EX


class BusyError(StoreError):
    """Another process holds the lock."""


@contextmanager
def hold(dir_fd: int, name: str, what: str, sharing: Sharing, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a lock while the block runs.

    Args:
        dir_fd: The folder of the lock files.
        name: The lock's file, made if need be, never deleted.
        what: What it locks, for messages: ``the pair www.example.com``.
        sharing: Alone or with others.
        patience: Seconds to wait for it.

    Raises:
        BusyError: It is held by another process, which is named.
        ReadOnlyError: The file system has no locks or takes no writes.
    """
    descriptor = _open(dir_fd, name, what)
    try:
        try:
            _acquire(descriptor, sharing, patience)
        except BlockingIOError:
            raise _held(descriptor, what) from None
        except OSError as error:
            raise _not_lockable(error, what) from error
        if sharing is Sharing.EXCLUSIVE:
            _sign(descriptor)
        yield
    finally:
        release(descriptor)


def take(dir_fd: int, name: str, what: str) -> int | None:
    """Take a lock alone, without waiting; return the descriptor that holds it until it is closed.

    The arguments are those of `hold`.

    Returns:
        None where another process, or another descriptor of this one, holds it.

    Raises:
        ReadOnlyError: The file system has no locks or takes no writes.
    """
    descriptor = _open(dir_fd, name, what)
    try:
        _acquire(descriptor, Sharing.EXCLUSIVE, 0)
    except BlockingIOError:
        release(descriptor)
        return None
    except OSError as error:
        release(descriptor)
        raise _not_lockable(error, what) from error
    _sign(descriptor)
    return descriptor


def _open(dir_fd: int, name: str, what: str) -> int:
    try:
        return os.open(name, _FLAGS, 0o600, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in _WITHOUT_WRITES:
            raise ReadOnlyError(
                f"{what} can only be read: {error.strerror}", "mount it writable, or use another --store"
            ) from error
        raise refusal("cannot open the lock", name, error) from error


def _acquire(descriptor: int, sharing: Sharing, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, sharing.value | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL)
        else:
            return


def _sign(descriptor: int) -> None:
    """Write who holds the lock; that it cannot be written is no reason not to hold it."""
    since = time.strftime("%H:%M:%S")
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} (user {_user()}) since {since}\n".encode(), 0)


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _held(descriptor: int, what: str) -> BusyError:
    holder = os.pread(descriptor, _MAX_HOLDER, 0).decode("utf-8", "replace").strip()
    by = visible(holder) if holder.startswith("process ") else "another process"
    return BusyError(f"{what} is in use by {by}", "try again when it is done")


def _not_lockable(error: OSError, what: str) -> StoreError:
    if error.errno in _WITHOUT_LOCKS:
        return ReadOnlyError(
            f"{what} can only be read: its file system has no locks",
            "keep the store on a local disk (--store)",
        )
    return refusal("cannot lock", what, error)
