"""Processes that a program left behind: found by a mark in the environment that they inherit, then ended.

Linux only: elsewhere there is no ``/proc``, and nothing is found.
"""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from time import monotonic

from csrtui.store import files

_PROC = "/proc"
_ROUNDS = 3
"""How often is looked again for what was started meanwhile."""
_PATIENCE = 2.0
"""Seconds that the processes have to end before they are killed."""


def end_marked(mark: str, control_folder: str) -> None:
    """End every process of this user that has `mark` in its environment, and the ssh masters of a folder.

    A master of ssh (``ControlPersist``) has no environment left to read, but its title names its socket. A master whose
    socket is elsewhere is one that the user's own settings keep open, and is left alone.

    Args:
        mark: ``NAME=value``, with a value that no other run has.
        control_folder: The folder of the sockets that ssh makes for this run alone.
    """
    for _ in range(_ROUNDS):
        with ExitStack() as stack:
            processes = list(_marked(mark.encode(), f"ssh: {control_folder}/".encode(), stack))
            if not processes:
                return
            _signal(processes, signal.SIGTERM)
            _signal(_still_running(processes), signal.SIGKILL)


def _marked(mark: bytes, title: bytes, stack: ExitStack) -> Iterator[int]:
    """Give a descriptor for each process that is meant; a process number may be used anew, a descriptor not."""
    for name in os.listdir(_PROC) if os.path.isdir(_PROC) else ():
        if not name.isdecimal() or int(name) == os.getpid():
            continue
        with suppress(OSError):
            descriptor = os.pidfd_open(int(name))
            stack.callback(files.release, descriptor)
            if mark in _read(name, "environ").split(b"\0") or _read(name, "cmdline").startswith(title):
                yield descriptor


def _read(process: str, name: str) -> bytes:
    with open(f"{_PROC}/{process}/{name}", "rb") as file:
        return file.read()


def _signal(descriptors: list[int], number: signal.Signals) -> None:
    for descriptor in descriptors:
        with suppress(OSError):
            signal.pidfd_send_signal(descriptor, number)


def _still_running(descriptors: list[int]) -> list[int]:
    """Wait until all have ended, at most `_PATIENCE` seconds in all; return those that have not."""
    running = []
    end = monotonic() + _PATIENCE
    for descriptor in descriptors:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(end - monotonic(), 0) * 1000):
            running.append(descriptor)
    return running
