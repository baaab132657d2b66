"""The disk's refusals in words: every `OSError` becomes an error that names the file and the way out."""

import errno

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible

_ADVICE = {
    errno.ENOSPC: "the disk is full: make room, then try again",
    errno.EDQUOT: "your disk quota is used up: make room, then try again",
    errno.EROFS: "the file system is mounted read-only",
    errno.EACCES: "run csrtui as the user who owns the store, or choose another with --store",
    errno.EPERM: "run csrtui as the user who owns the store, or choose another with --store",
    errno.EIO: "the disk has a fault: look at the system's log",
    errno.ENOTDIR: "something that is no folder stands where a folder should be",
    errno.ENAMETOOLONG: "choose a shorter path with --store",
}


class NotConfirmedError(StoreError):
    """A change is in place and visible, but the disk did not confirm that it would survive a power cut.

    Args:
        saved: What was saved: a pair's name.
    """

    def __init__(self, saved: str) -> None:
        super().__init__(
            f"{saved} is saved, but the disk did not confirm it",
            "check the disk and the system's log before you rely on it",
        )
        self.saved = saved


class ReadOnlyError(StoreError):
    """The store can be read but not written to, because its file system has no locks or takes no writes."""


def refusal(doing: str, path: str, error: OSError) -> StoreError:
    """Return the store's error for an `OSError`.

    Args:
        doing: What was being done, as in ``cannot write``.
        path: The file or folder; made visible here.
        error: What the system said.
    """
    reason = error.strerror or type(error).__name__
    kind = ReadOnlyError if error.errno == errno.EROFS else StoreError
    return kind(f"{doing} {visible(path)}: {reason}", _ADVICE.get(error.errno or 0))


def pair_refusal(path: str, error: OSError) -> StoreError:
    """Return the store's error for a file of a pair that cannot be read; one that is gone is the doctor's matter."""
    found = refusal("cannot read", path, error)
    return (
        StoreError(found.what, "csrtui doctor says what mends it") if error.errno == errno.ENOENT else found
    )


def foreign_refusal(path: str, error: OSError) -> InputError:
    """Return the input error for a file of somebody else that cannot be opened or read."""
    return InputError(f"cannot read {visible(path)}: {error.strerror or type(error).__name__}")
