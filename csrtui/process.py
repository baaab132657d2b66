"""The first lines of every run: what this process may leave behind, whatever happens to it later."""

import os
import resource

_PR_SET_DUMPABLE = 4  # <linux/prctl.h>


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


def _take_standard_descriptors() -> None:
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # the lowest number that is free: this one
