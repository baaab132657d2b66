"""Turn an `OSError` into a csrtui error with the name of the file and a hint."""

import errno
from typing import Final

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible

DISK_HINTS: Final = {
    errno.ENOSPC: "the disk is full: make room, then try again",
    errno.EDQUOT: "your disk quota is used up: make room, then try again",
    errno.EROFS: "the file system is mounted read-only",
    errno.EIO: "the disk reports an error: see the system log",
}
"""Hints that apply to any file."""
_WRONG_USER = "run csrtui as the user who owns the store, or choose another store with --store"
_STORE_HINTS = DISK_HINTS | {
    errno.EACCES: _WRONG_USER,
    errno.EPERM: _WRONG_USER,
    errno.ENOTDIR: "part of the path is a file, not a folder",
    errno.ENAMETOOLONG: "choose a shorter path with --store",
}


class NotConfirmedError(StoreError):
    """The change has been made and is visible, but the disk did not confirm that it would survive a power cut.

    `saved` names the saved item, such as a pair.
    """

    def __init__(self, saved: str) -> None:
        super().__init__(
            f"{saved} is saved, but the disk did not confirm it",
            "check the disk and the system log before you rely on it",
        )
        self.saved = saved


class ReadOnlyError(StoreError):
    """The store can be read but not written to, because its file system has no locks or is read-only."""


def disk_error(action: str, path: str, error: OSError) -> StoreError:
    """Return the error to raise when an operation on the store failed.

    `action` is the operation, as in ``cannot write``. Control characters in the path are escaped.
    """
    error_class = ReadOnlyError if error.errno == errno.EROFS else StoreError
    return error_class(f"{action} {visible(path)}: {reason_of(error)}", _STORE_HINTS.get(error.errno or 0))


def pair_read_error(path: str, error: OSError) -> StoreError:
    """Return the error to raise when a file of a pair cannot be read. If it is missing, refer to `csrtui doctor`."""
    if error.errno == errno.ENOENT:
        return StoreError(
            f"cannot read {visible(path)}: {reason_of(error)}", "csrtui doctor shows how to fix it"
        )
    return disk_error("cannot read", path, error)


def foreign_file_error(path: str, error: OSError) -> InputError:
    """Return the error to raise when a file outside the store cannot be opened or read."""
    return InputError(f"cannot read {visible(path)}: {reason_of(error)}")


def reason_of(error: OSError) -> str:
    """Return the system's description of an error."""
    return error.strerror or type(error).__name__
