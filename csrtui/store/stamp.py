"""How a change is noticed that another session, or somebody without csrtui, has made.

Two stamps tell it. ``pairs/`` has a time that every session moves on when it has added or changed a pair: one
system call says whether anything happened. And each pair has a stamp of what the system says of its folder, its
key and its record: as long as that is the same, what a list shows of the pair is the same too.
"""

import os
import struct
import time
from contextlib import suppress
from typing import Final

COARSE_NS: Final = 2_000_000_000
"""How coarse the clock of a file system may be at most, and how far it may be off, in nanoseconds."""

_PACKED = struct.Struct("<IIQqqIIQqIIQQqq")
STAMP_BYTES: Final = _PACKED.size
"""How long the stamp of a pair is."""


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


def read_pair_stamp(pairs_fd: int, name: str) -> tuple[bytes, int] | None:
    """Return the stamp of a pair and when the newest change of it was, in nanoseconds; None when it has none.

    The folder's times tell what came, went or was replaced in it, the record's and its size what was written
    into it, the modes and owners who could have read it. The times of change (ctime) are among them because
    nobody can set those: a file that was rewritten with its old time and size is still another one.
    """
    try:
        folder = os.stat(name, dir_fd=pairs_fd, follow_symlinks=False)
        key = os.stat(f"{name}/key.pem", dir_fd=pairs_fd, follow_symlinks=False)
        record = os.stat(f"{name}/pair.json", dir_fd=pairs_fd, follow_symlinks=False)
    except OSError:
        return None
    changed, written = folder.st_ctime_ns, record.st_ctime_ns
    stamp = _PACKED.pack(
        folder.st_mode, folder.st_uid, folder.st_ino, changed, folder.st_mtime_ns,
        key.st_mode, key.st_uid, key.st_ino, key.st_ctime_ns,
        record.st_mode, record.st_uid, record.st_ino, record.st_size, written, record.st_mtime_ns,
    )  # fmt: skip
    return stamp, max(changed, written, key.st_ctime_ns)


def is_settled(newest: int) -> bool:
    """Whether a change now would give a pair another stamp.

    A change in the very tick of the clock in which the pair was read might not. So a stamp counts only when
    the newest change was a while ago, as in git's index; one from the future, where two clocks differ, never.
    """
    return newest < time.time_ns() - COARSE_NS
