"""Lines that a program prints, each bounded while it is read: a longer one is cut, and its rest is not kept."""

from collections.abc import Iterator
from typing import IO

from csrtui.fleet.host_answer import CutLine

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
