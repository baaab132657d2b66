"""How a change is noticed that another session, or somebody without csrtui, has made.

Two stamps tell it. ``pairs/`` has a time that every session moves on when it has added or changed a pair: one
system call says whether anything happened. And each pair has a stamp of what the system says of its folder, its
key and its record: as long as that is the same, what a list shows of the pair is the same too.
"""

import os
import time
from contextlib import suppress
from typing import Final, NamedTuple

from csrtui.core.pairs.summary import PairSummary

COARSE_NS: Final = 2_000_000_000
"""How coarse the clock of a file system may be at most, and how far it may be off, in nanoseconds."""


class StampedSummary(NamedTuple):
    """A pair's summary, and the stamp of the files that it was read from."""

    summary: PairSummary
    stamp: int


def touch(pairs_fd: int) -> None:
    """Give the folder a later time than it had.

    The kernel's own stamps only move with its tick, so that two changes within one could look alike. That
    the stamp cannot be set is no failure: a rename has set one already.
    """
    with suppress(OSError):
        before = os.fstat(pairs_fd)
        later = max(time.time_ns(), before.st_mtime_ns + 1)
        os.utime(pairs_fd, ns=(before.st_atime_ns, later))


def read_stamp(path: str) -> int:
    """Return the folder's time of change in nanoseconds, or 0 when it is not there or cannot be looked at."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def read_pair_stamp(pairs_fd: int, name: str) -> tuple[int, int] | None:
    """Return the stamp of a pair and the time of its newest change in nanoseconds; None if a file is missing.

    The stamp is a hash over the inode and the change time (ctime) of the folder, the key and pair.json. Every write,
    rename and change of mode or owner moves a ctime, and no user can set it back.
    """
    try:
        folder = os.stat(name, dir_fd=pairs_fd, follow_symlinks=False)
        key = os.stat(f"{name}/key.pem", dir_fd=pairs_fd, follow_symlinks=False)
        record = os.stat(f"{name}/pair.json", dir_fd=pairs_fd, follow_symlinks=False)
    except OSError:
        return None
    folder_time, key_time, record_time = folder.st_ctime_ns, key.st_ctime_ns, record.st_ctime_ns
    stamp = hash((folder.st_ino, folder_time, key.st_ino, key_time, record.st_ino, record_time))
    return stamp, max(folder_time, key_time, record_time)


def is_settled(newest: int) -> bool:
    """Whether a change now would give a pair another stamp.

    A change in the very tick of the clock in which the pair was read might not. So a stamp counts only when
    the newest change was a while ago, as in git's index; one from the future, where two clocks differ, never.
    """
    return newest < time.time_ns() - COARSE_NS
