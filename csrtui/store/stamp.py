"""How a session notices that another one has added or changed a pair: by the time stamp of ``pairs/``."""

import os
import time
from contextlib import suppress


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
