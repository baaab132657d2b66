"""The stamps of many pairs, some of them read by a second process while this one holds the others against the cache.

Three system calls a pair are most of what a listing of ten thousand takes, and within one process Python makes them
one after the other. A process with threads, as the screens have them, is not forked and reads them all itself.
"""

import os
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from csrtui.store.stamp import STAMP_BYTES, read_pair_stamp

Stamp = tuple[bytes, int]
"""What tells one state of a pair from another, and when its newest change was (`csrtui.store.stamp`)."""

CHUNK = 1000
"""How many pairs are read at a time."""
ENOUGH = 4 * CHUNK
"""From how many pairs on a second process is worth its start."""
_OWN_EVERY = 5
"""This process reads every so-many-th chunk itself; it has the cache to read besides."""

_RECORD = struct.Struct(f"={STAMP_BYTES}sq")
_NONE = bytes(_RECORD.size)
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031
"""F_SETPIPE_SZ of Linux, which Python's fcntl does not name on every system."""


class Stamps:
    """Reads the stamps of pairs, chunk by chunk.

    Args:
        pairs_fd: The folder of all pairs.
        source: Where a second process writes those it reads; None while there is none.
    """

    def __init__(self, pairs_fd: int, source: int | None) -> None:
        self._pairs_fd = pairs_fd
        self._source = source
        self._at = 0

    def of(self, names: Sequence[str]) -> list[Stamp | None]:
        """Return the stamps of the next chunk of pairs; None for one that has none.

        Args:
            names: The chunk: in the order, and of the size, in which `helped` was given them.
        """
        at, self._at = self._at, self._at + 1
        if self._source is not None and not _is_own(at):
            data = _read_all(self._source, len(names) * _RECORD.size)
            if data is not None:
                return [None if one[0] == _NO_STAMP else one for one in _RECORD.iter_unpack(data)]
            self._source = None  # it ended before its time: the rest is read here
        return [read_pair_stamp(self._pairs_fd, name) for name in names]


_NO_STAMP = bytes(STAMP_BYTES)


@contextmanager
def helped(pairs_fd: int, names: Sequence[str]) -> Iterator[Stamps]:
    """Give what reads the stamps of these pairs, with a second process where that is worth it and can be.

    Args:
        pairs_fd: The folder of all pairs.
        names: All of them, in order.
    """
    child, source = _begin(pairs_fd, names) if _is_worth_it(len(names)) else (None, None)
    try:
        yield Stamps(pairs_fd, source)
    finally:
        if source is not None:
            os.close(source)
        if child is not None:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)


def _is_worth_it(count: int) -> bool:
    return count >= ENOUGH and threading.active_count() == 1 and (os.cpu_count() or 1) > 1


def _begin(pairs_fd: int, names: Sequence[str]) -> tuple[int | None, int | None]:
    try:
        source, sink = os.pipe()
    except OSError:
        return None, None
    try:
        child = os.fork()
    except OSError:
        os.close(source)
        os.close(sink)
        return None, None
    if child == 0:
        os.close(source)  # or it would wait for itself to read what nobody else reads any more
        _be_the_second(pairs_fd, names, sink)
    os.close(sink)
    return child, source


def _be_the_second(pairs_fd: int, names: Sequence[str], sink: int) -> None:
    """Read and write until all is read, or nobody listens any more; then end, and nothing else of this process."""
    try:
        _enlarge(sink)
        for at, first in enumerate(range(0, len(names), CHUNK)):
            if not _is_own(at):
                found = (read_pair_stamp(pairs_fd, name) for name in names[first : first + CHUNK])
                data = b"".join(_NONE if one is None else _RECORD.pack(*one) for one in found)
                while data:
                    data = data[os.write(sink, data) :]
    finally:
        os._exit(0)


def _enlarge(sink: int) -> None:
    """Let it be ahead by more than the 64 KiB that a pipe holds by itself."""
    import fcntl

    with suppress(OSError):
        fcntl.fcntl(sink, _SET_PIPE_SIZE, _PIPE_BYTES)


def _is_own(at: int) -> bool:
    return at % _OWN_EVERY == 0


def _read_all(source: int, count: int) -> bytes | None:
    parts = []
    while count:
        part = os.read(source, count)
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
