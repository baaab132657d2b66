"""Files of others read line by line as they come, and never whole: regular files, pipes and terminals."""

import codecs
import io
import os
import select
import stat
from collections.abc import Iterator
from threading import Event
from typing import TYPE_CHECKING, BinaryIO

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.files import open_foreign

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_RECORD = 256 * 1024
"""The most bytes that a record may have, and so the most that is in memory of it."""
_UTF_16_MARKS = frozenset({codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE})
_SHORTLY = 0.02
"""Seconds that more is waited for before there is said to be nothing."""
_POLL = 0.2
"""Seconds after which it is looked whether to stop."""


class LineError(InputError):
    """A line that cannot be read; the one after it can."""


class RecordError(InputError):
    """A record that is too long; where the next one begins cannot be told."""


def open_regular(path: str) -> BinaryIO:
    """Open a regular file that somebody else made, to be read.

    Raises:
        InputError: It is missing, cannot be opened, or is not a regular file.
    """
    source = open(open_foreign(path), "rb")  # noqa: SIM115 - the caller closes it
    try:
        mark = source.read(2)
        source.seek(0)
    except OSError:  # whoever reads on gets the same error, and says it
        return source
    return io.BufferedReader(_Utf16(source)) if mark in _UTF_16_MARKS else source


class _Utf16(io.RawIOBase):
    """A file in UTF-16, read as UTF-8: so spreadsheets write *Unicode text*."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._begin()

    def _begin(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")
        self._encoded = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to the beginning, the only place that is known."""
        if (offset, whence) != (0, os.SEEK_SET):
            raise io.UnsupportedOperation("seek")
        self._source.seek(0)
        self._begin()
        return 0

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._encoded:
            more = self._source.read(io.DEFAULT_BUFFER_SIZE)
            self._encoded = self._decoder.decode(more, final=not more).encode("utf-8", "replace")
            if not more:
                break
        part, self._encoded = self._encoded[: len(view)], self._encoded[len(view) :]
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._source.close()
        super().close()


class Lines(Iterator[str]):
    """The lines of a file in UTF-8; each is decoded by itself, so that what is wrong is found where it is.

    Args:
        source: The file, open. What it has read ahead of its descriptor is not seen where that is a pipe.
        shown: What it is called in messages.
        stop: Once set, nothing more is read: the file seems to end.

    Attributes:
        number: Of the line that was read last, from 1.
    """

    def __init__(self, source: BinaryIO, shown: str, stop: Event) -> None:
        self.number = 0
        self.shown = visible(shown)
        self._source = source
        self._stop = stop
        self._room = MAX_RECORD
        self._parts: Iterator[str] = iter(())
        self._waits = _may_wait(source)
        self._ahead = b""

    def __next__(self) -> str:
        """Give the next line, with its end.

        Raises:
            InputError: It cannot be read.
            LineError: It is not UTF-8.
            RecordError: It makes the record too long.
        """
        part = next(self._parts, None)
        if part is None:
            part = self._decoded(self._line())
            if "\r" in part:  # one that stands alone ends a line as well
                self._parts = io.StringIO(part, newline="")
                part = next(self._parts)
        return part

    def begin_record(self) -> None:
        """Begin to count the bytes of another record."""
        self._room = MAX_RECORD

    def is_stopped(self) -> bool:
        """Whether the file seems to end where it does not, perhaps in the middle of a record."""
        return self._stop.is_set()

    def is_idle(self) -> bool:
        """Whether there is nothing to be read for now; waits a moment to find out."""
        return self._waits and b"\n" not in self._ahead and not self._is_ready(_SHORTLY)

    def _decoded(self, line: bytes) -> str:
        if not line:
            raise StopIteration
        self.number += 1
        self._room -= len(line)
        if self._room < 0:
            raise RecordError(
                f"the row that ends in line {self.number} of {self.shown}, or beyond, has more than {MAX_RECORD} bytes",
                'a " that is never closed makes one row of all that follows',
            )
        if self.number == 1 and line.startswith(tuple(_UTF_16_MARKS)):
            raise InputError(f"{self.shown} is in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE converts it")
        try:
            return line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise LineError(
                f"line {self.number} of {self.shown} is not UTF-8: "
                "save it as CSV UTF-8, or convert it with iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW"
            ) from error

    def _line(self) -> bytes:
        try:
            if self._stop.is_set():
                return b""
            return self._line_of_pipe() if self._waits else self._source.readline(self._room + 1)
        except OSError as error:
            raise InputError(f"cannot read {self.shown}: {error.strerror}") from error

    def _line_of_pipe(self) -> bytes:
        while b"\n" not in self._ahead and len(self._ahead) <= self._room:
            while not self._is_ready(_POLL):
                if self._stop.is_set():
                    return b""
            more = os.read(self._source.fileno(), io.DEFAULT_BUFFER_SIZE)
            if not more:
                break
            self._ahead += more
        line, end, self._ahead = self._ahead.partition(b"\n")
        return line + end

    def _is_ready(self, patience: float) -> bool:
        return bool(select.select([self._source], [], [], patience)[0])


def _may_wait(source: BinaryIO) -> bool:
    """Whether it is a pipe, a socket or a terminal, which may have nothing to be read for now."""
    try:
        return not stat.S_ISREG(os.fstat(source.fileno()).st_mode)
    except (OSError, ValueError):  # a stream in memory
        return False
