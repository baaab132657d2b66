"""Stamps that show whether another session, or another program, has changed pairs.

Every change that a session makes updates the modification time of ``pairs/``, so one system call shows whether anything
has changed. Each pair also has a stamp, which is made from the status of its folder, its key and its record. While the
stamp is unchanged, so is the pair's entry in a list.
"""

import os
import time
from contextlib import suppress
from typing import Final

COARSE_NS: Final = 2_000_000_000
"""The longest clock tick of a file system together with the largest deviation of its clock, in nanoseconds."""


PairStamp = tuple[int, int, int, int, int, int]
"""The inodes and the change times (ctime, in nanoseconds) of a pair's folder, key and pair.json, in turn.

Every write, every rename and every change of the mode or owner updates a ctime, and no user can set it back.
"""


def touch(pairs_fd: int) -> None:
    """Move the modification time of a folder forward.

    The kernel's own times advance only with its clock tick, so two changes within one tick could look the same. An
    error is ignored, because a rename has already updated the time.
    """
    with suppress(OSError):
        status = os.fstat(pairs_fd)
        later = max(time.time_ns(), status.st_mtime_ns + 1)
        os.utime(pairs_fd, ns=(status.st_atime_ns, later))


def read_stamp(path: str) -> int:
    """Return the modification time of a folder in nanoseconds, or 0 if it does not exist or cannot be examined."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def read_pair_stamp(pairs_fd: int, name: str) -> PairStamp | None:
    """Return the stamp of a pair, or None if a file is missing."""
    try:
        folder = os.stat(name, dir_fd=pairs_fd, follow_symlinks=False)
        key = os.stat(name + "/key.pem", dir_fd=pairs_fd, follow_symlinks=False)
        record = os.stat(name + "/pair.json", dir_fd=pairs_fd, follow_symlinks=False)
    except OSError:
        return None
    return folder.st_ino, folder.st_ctime_ns, key.st_ino, key.st_ctime_ns, record.st_ino, record.st_ctime_ns


def is_settled(stamp: PairStamp) -> bool:
    """Return whether a change made now would change the stamp of a pair.

    A change within the clock tick in which the pair was read might leave the stamp as it is. So a stamp is trusted only
    if the newest change was some time ago, as in git's index. It is never trusted if that change is in the future,
    because two clocks then differ.
    """
    return max(stamp[1::2]) < time.time_ns() - COARSE_NS
