"""The first lines of every run: what this process may leave behind, whatever happens to it later."""

import gc
import os
import resource
import sys

_PR_SET_DUMPABLE = 4  # <linux/prctl.h>
_M_ARENA_MAX, _HEAPS = -8, 2  # <malloc.h>

_WHILE_STARTING = 300_000
"""New objects before cycles are looked for: more than a start makes, a few megabytes."""
_ONCE_STARTED = 10_000
"""The same for screens that are open for days; few enough that a search does not delay a key."""


def put_off_collecting() -> None:
    """Look for cycles of garbage seldom: while modules are imported there are none to find.

    With Python's own threshold (700) the search takes a seventh of the time to the first picture.
    """
    gc.set_threshold(_WHILE_STARTING)


def settle_collecting() -> None:
    """Look for garbage as usual, but not among what is loaded by now: that stays to the end."""
    gc.freeze()
    collect_as_usual()


def collect_no_more() -> None:
    """Let Python end without one more search through all that there is: the system takes it back as a whole."""
    gc.freeze()


def collect_as_usual() -> None:
    """Look for garbage again often enough that memory does not grow with the work that is done."""
    gc.set_threshold(_ONCE_STARTED)


def harden() -> None:
    """Let nobody else read what this process makes or holds.

    New files are for their owner only, there is no core dump, and the kernel lets no other process of the
    same user read the memory of this one (prctl(2), PR_SET_DUMPABLE); where it knows no such thing, the
    others hold. A standard descriptor that was closed (``>&-``) is taken, lest a key's file get its number
    and what somebody writes to it.
    """
    _take_standard_descriptors()
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import ctypes

    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def share_heaps() -> None:
    """Let all threads take memory from two heaps, so that what one has freed is there for the next.

    The GNU C library would give each thread a heap of its own, and keep in each what a search among very many
    pairs took once (mallopt(3), M_ARENA_MAX). Where there is no such thing, nothing is changed.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _HEAPS)


def say_nothing_of_lost_errors() -> None:
    """Drop what fails in a destructor or in a generator that is closed: nobody can handle it.

    Python would print it on stderr with a traceback, and with its message, which may hold a secret.
    """
    sys.unraisablehook = lambda _report: None


def _take_standard_descriptors() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free: this one
