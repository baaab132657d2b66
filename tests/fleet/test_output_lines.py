"""Output lines of a program are returned as they arrive, and a line that is too long is cut while it is read."""

from __future__ import annotations

import io
import tracemalloc
from typing import IO, cast

from tables import table

from csrtui.fleet.host_answer import CutLine
from csrtui.fleet.processes import read_lines


class Pieces:
    """A stream that returns its content in pieces, as a pipe does."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def read(self, size: int) -> bytes:
        piece = self._pieces.pop(0) if self._pieces else b""
        assert len(piece) <= size
        return piece


def lines(*pieces: bytes, limit: int = 100) -> list[str | CutLine]:
    return list(read_lines(cast("IO[bytes]", Pieces(*pieces)), limit))


@table(
    ("pieces", "expected"),
    [
        ((), []),
        ((b"a\nb\n",), ["a\n", "b\n"]),
        ((b"a", b"b\nc", b"d"), ["ab\n", "cd"]),
        ((b"a\rb\r\n", b"\n"), ["a\rb\r\n", "\n"]),
        ((b"\xff\n",), ["�\n"]),
        ((b"x" * 99 + b"\n",), ["x" * 99 + "\n"]),
    ],
)
def test_lines_are_complete_in_any_pieces(pieces: tuple[bytes, ...], expected: list[str]) -> None:
    assert lines(*pieces) == expected


def test_a_line_that_is_too_long_is_cut_and_the_next_one_is_complete() -> None:
    long = (b"x" * 60, b"y" * 60, b"z" * 60)
    assert lines(*long, b"\nnext\n") == [CutLine("x" * 60 + "y" * 60), "next\n"]
    assert lines(b"first\n", *long) == ["first\n", CutLine("x" * 60 + "y" * 60)]
    assert lines(b"x" * 200 + b"\r" + b"y" * 200 + b"\n") == [CutLine("x" * 200 + "\r")]


def test_the_memory_for_a_line_is_limited() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            if self.given >= 64 * 1024 * 1024:
                return b""
            self.given += size
            return b"x" * size

    stream = Endless()
    tracemalloc.start()
    found = list(read_lines(cast("IO[bytes]", stream), 1024 * 1024))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert stream.given == 64 * 1024 * 1024
    assert found == [CutLine("x" * 8192)]
    assert peak < 3 * 1024 * 1024
