"""Lines of other people's files as they arrive: decoded separately, never too long, and without needless waiting."""

from __future__ import annotations

import io
import os
from threading import Event, Timer
from typing import TYPE_CHECKING, BinaryIO

import pytest

from csrtui.core.base.errors import InputError
from csrtui.store import line_reader
from csrtui.store.line_reader import MAX_RECORD, LineReader, open_text_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, int]]:
    """Yield the reading end of a pipe and the descriptor of the other end."""
    reading, writing = os.pipe()
    with open(reading, "rb") as source:
        yield source, writing


def lines(data: bytes) -> LineReader:
    return LineReader(io.BytesIO(data), "x\x1b", Event())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\nb", ["a\n", "b"]),
        (b"a\r\nb\r\n", ["a\r\n", "b\r\n"]),
        (b"a\rb\rc\n", ["a\r", "b\r", "c\n"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", ["a\n", "\ufeffb\n"]),
        ("ü\x85\u2028\x0bx\n".encode(), ["ü\x85\u2028\x0bx\n"]),
    ],
)
def test_lines_include_their_ends(
    data: bytes, expected: list[str], tmp_path: Path, pipe: tuple[BinaryIO, int]
) -> None:
    assert list(lines(data)) == expected
    (tmp_path / "file").write_bytes(data)
    with open_text_file(str(tmp_path / "file")) as source:
        assert list(LineReader(source, "x", Event())) == expected
    source, writing = pipe
    os.write(writing, data)
    os.close(writing)
    assert list(LineReader(source, "x", Event())) == expected


def test_invalid_utf_8_is_reported_with_its_line() -> None:
    source = lines(b"a\nb\n\xff\n")
    assert [next(source), next(source)] == ["a\n", "b\n"]
    with pytest.raises(InputError, match=r"line 3 of x\\x1b is not UTF-8"):
        next(source)


def test_an_endless_record_is_not_kept_in_memory(pipe: tuple[BinaryIO, int]) -> None:
    source = lines(b"x" * MAX_RECORD + b"\n")
    with pytest.raises(InputError, match=f"line 1 of .* has more than {MAX_RECORD} bytes"):
        next(source)
    several = lines(b"x" * 1000 + b"\n" + b"y\n" * MAX_RECORD)
    with pytest.raises(InputError, match="has more than"):
        list(several)
    again = lines(b"x\n" * MAX_RECORD)
    for _ in range(MAX_RECORD):
        next(again)
        again.begin_record()
    reading, writing = pipe
    os.set_blocking(writing, False)
    endless = LineReader(reading, "x", Event())
    endless._bytes_left = 100
    os.write(writing, b"x" * 60_000)
    with pytest.raises(InputError, match="has more than"):
        next(endless)
    os.close(writing)


def test_an_idle_pipe_is_recognized(pipe: tuple[BinaryIO, int]) -> None:
    source, writing = pipe
    reading = LineReader(source, "x", Event())
    assert reading.is_idle()
    os.write(writing, b"a\nb\nhalf")
    assert not reading.is_idle()
    assert [next(reading)] == ["a\n"]
    assert not reading.is_idle(), "b is read already"
    assert [next(reading)] == ["b\n"]
    assert reading.is_idle()
    os.close(writing)
    assert not reading.is_idle(), "the end can be read"
    assert list(reading) == ["half"]
    assert not lines(b"").is_idle()


def test_a_stopped_reader_seems_to_be_at_the_end(
    pipe: tuple[BinaryIO, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_reader, "_POLL_SECONDS", 0.01)
    stop = Event()
    source, writing = pipe
    reading = LineReader(source, "x", stop)
    os.write(writing, b"a\n")
    assert next(reading) == "a\n"
    timer = Timer(0.05, stop.set)
    timer.start()
    assert list(reading) == [], "while it waits"
    timer.join()
    os.close(writing)
    stopped = LineReader(io.BytesIO(b"a\nb\n"), "x", stop)
    assert list(stopped) == []


def test_a_read_error_is_reported(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(InputError, match="cannot read x: Is a directory"):
            next(LineReader(_Folder(folder), "x", Event()))
    finally:
        os.close(folder)
    unreadable = open_text_file("/proc/self/mem")
    with unreadable, pytest.raises(InputError, match="cannot read y: Input/output error"):
        next(LineReader(unreadable, "y", Event()))
    with pytest.raises(InputError, match="is a folder"):
        open_text_file(str(tmp_path))
    with pytest.raises(InputError, match="No such file"):
        open_text_file(str(tmp_path / "missing"))


class _Folder(io.BytesIO):
    """An object whose descriptor is that of a folder."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_read_as_any_other(encoding: str, tmp_path: Path) -> None:
    mark = b"\xff\xfe" if encoding.endswith("le") else b"\xfe\xff"
    rows = "näme\tĊ\r\n" * 5_000  # U+010A has the octet of a line feed
    path = tmp_path / "table.txt"
    path.write_bytes(mark + rows.encode(encoding))
    with open_text_file(str(path)) as source:
        assert "".join(LineReader(source, "x", Event())) == rows
        source.seek(0)
        assert "".join(LineReader(source, "x", Event())) == rows


def test_a_large_file_in_utf_16_is_refused_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_reader, "MAX_UTF_16", 8)
    (tmp_path / "table.txt").write_bytes("a\nb\n".encode("utf-16"))
    with pytest.raises(InputError, match="is in UTF-16 and has more than 8 bytes") as caught:
        open_text_file(str(tmp_path / "table.txt"))
    assert "iconv -f UTF-16" in str(caught.value.hint)


def test_utf_16_that_ends_inside_a_character_is_read_up_to_that_character(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_bytes("a\n".encode("utf-16") + b"b")
    with open_text_file(str(path)) as source:
        assert list(LineReader(source, "x", Event())) == ["a\n", "\N{REPLACEMENT CHARACTER}"]


def test_utf_16_in_a_stream_is_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match="is in UTF-16") as caught:
        next(lines("a\n".encode("utf-16")))
    assert "iconv -f UTF-16" in str(caught.value.hint)
