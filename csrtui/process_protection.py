"""Protect the process: permissions, memory and garbage collection, set before anything else runs."""

import gc
import os
import resource
import sys

_PR_SET_DUMPABLE = 4  # <linux/prctl.h>
_M_ARENA_MAX, _MAX_HEAPS = -8, 2  # <malloc.h>

_STARTUP_THRESHOLD = 300_000
"""The number of new objects that starts a garbage collection: more than a startup creates (a few megabytes)."""
_RUNNING_THRESHOLD = 10_000
"""The number after startup, for screens that stay open for days: so low that a collection does not delay a keypress."""


def delay_garbage_collection() -> None:
    """Make garbage collections rare during startup, because imports create no reference cycles.

    With Python's default threshold (700), collections take one seventh of the time until the first screen is drawn.
    """
    gc.set_threshold(_STARTUP_THRESHOLD)


def exclude_loaded_from_collection() -> None:
    """Resume garbage collection, without the objects loaded so far: they exist until the program ends."""
    gc.freeze()
    collect_garbage_as_usual()


def collect_garbage_as_usual() -> None:
    """Collect garbage often enough that memory does not grow with the amount of work."""
    gc.set_threshold(_RUNNING_THRESHOLD)


def harden() -> None:
    """Prevent other users and processes from reading this process's files and memory.

    Only their owner can access new files, and core dumps are disabled. Other processes of the same user cannot read the
    memory of this process (prctl(2), PR_SET_DUMPABLE; skipped if prctl does not exist). A standard descriptor that was
    closed (``>&-``) is opened. Otherwise, a key file could get its number, and messages would be written to that file.
    """
    _open_closed_standard_descriptors()
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import ctypes

    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def share_heaps() -> None:
    """Let all threads share two heaps, so that memory freed by one thread is available to the others.

    By default, the GNU C library gives each thread its own heap (mallopt(3), M_ARENA_MAX). After a search over very
    many pairs, each heap would keep the memory that it used. Other C libraries are not affected.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _MAX_HEAPS)


def hide_unraisable_errors() -> None:
    """Hide errors in destructors and closed generators, because no code can handle them.

    Python would print their traceback and message on stderr, and the message may contain a secret.
    """
    sys.unraisablehook = lambda _report: None


def _open_closed_standard_descriptors() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # returns the lowest free number: this descriptor
