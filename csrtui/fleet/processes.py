"""Read the bounded output lines of a program, and end the processes that it left behind.

Processes are found by a mark in the environment that they inherit.
"""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from time import monotonic
from typing import IO

from csrtui.fleet.host_answer import CutLine
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


_CHUNK = 64 * 1024
_START = 8192
"""Bytes that are kept of a line that is cut."""


def read_lines(stream: IO[bytes], limit: int) -> Iterator[str | CutLine]:
    """Give the lines of a stream, each as soon as it is there.

    At most `limit` bytes and one chunk are held at a time.

    Args:
        stream: Unbuffered, so that a read returns what there is.
        limit: The most bytes of a line, its end included.
    """
    line = bytearray()
    start: bytes | None = None
    while chunk := stream.read(_CHUNK):
        for part in chunk.splitlines(keepends=True):
            if start is None:
                line += part
            if start is None and len(line) > limit:
                start = bytes(line[:_START])
                line = bytearray()
            if part.endswith(b"\n"):
                yield line.decode("utf-8", "replace") if start is None else _cut(start)
                line, start = bytearray(), None
    if start is not None:
        yield _cut(start)
    elif line:
        yield line.decode("utf-8", "replace")


def _cut(start: bytes) -> CutLine:
    return CutLine(start.decode("utf-8", "replace"))
