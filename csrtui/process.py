"""Protect the process: permissions, memory and garbage collection, set before anything else runs."""

import gc
import os
import resource
import sys

_PR_SET_DUMPABLE = 4  # <linux/prctl.h>
_M_ARENA_MAX, _MAX_HEAPS = -8, 2  # <malloc.h>

_STARTUP_THRESHOLD = 300_000
"""New objects before a garbage collection: more than a start creates, a few megabytes."""
_RUNNING_THRESHOLD = 10_000
"""The same for screens that are open for days; low enough that a collection does not delay a key."""


def delay_garbage_collection() -> None:
    """Collect garbage rarely: imports create no cycles.

    With Python's own threshold (700), collections take a seventh of the time to the first picture.
    """
    gc.set_threshold(_STARTUP_THRESHOLD)


def exclude_loaded_from_collection() -> None:
    """Collect garbage as usual, but never search the objects loaded so far: they exist until the end."""
    gc.freeze()
    collect_garbage_as_usual()


def collect_garbage_as_usual() -> None:
    """Collect garbage often enough that memory does not grow with the amount of work."""
    gc.set_threshold(_RUNNING_THRESHOLD)


def harden() -> None:
    """Prevent other users and processes from reading this process's files and memory.

    New files are for their owner only, there is no core dump, and the kernel does not let other processes of the
    same user read this one's memory (prctl(2), PR_SET_DUMPABLE; skipped where it does not exist). A standard
    descriptor that was closed (``>&-``) is opened, or else a key file could get its number and receive messages.
    """
    _open_closed_standard_descriptors()
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import ctypes

    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def share_heaps() -> None:
    """Let all threads allocate from two heaps, so that memory freed by one is available to the others.

    The GNU C library would give each thread a heap of its own, and each would keep the memory that one search among
    very many pairs needed (mallopt(3), M_ARENA_MAX). Other C libraries are left as they are.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _MAX_HEAPS)


def hide_unraisable_errors() -> None:
    """Drop errors of destructors and closed generators, which nothing can handle.

    Python would print them on stderr with a traceback and their message, which may contain a secret.
    """
    sys.unraisablehook = lambda _report: None


def _open_closed_standard_descriptors() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # gets the lowest free number, which is this one
