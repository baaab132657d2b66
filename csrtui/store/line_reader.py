"""Read text line by line as the lines arrive, from regular files, pipes and terminals. Only UTF-16 is read as a whole."""

import codecs
import io
import os
import re
import select
import stat
from collections.abc import Iterator
from threading import Event
from typing import BinaryIO

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.foreign_files import open_foreign

MAX_RECORD = 256 * 1024
"""The maximum size of a record in bytes, which limits the memory that a record needs."""
MAX_UTF_16 = 64 * 1024 * 1024
"""The maximum size of a file in UTF-16, in bytes."""
_UTF_16_MARKS = frozenset({codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE})
_CONVERT = "convert it with iconv -f UTF-16 -t UTF-8 FILE"
_BINARY = re.compile(rb"[^\t -~]")
_SAVE_AS_CSV = "save a spreadsheet (XLSX, ODS, XLS) as CSV UTF-8; unpack an archive first"
_IDLE_SECONDS = 0.02
"""The number of seconds to wait for data before the source counts as idle."""
_POLL_SECONDS = 0.2
"""The number of seconds between two checks of the stop event."""


class LineError(InputError):
    """A line cannot be read, but the next line can."""


class RecordError(InputError):
    """A record is too long, so it is unknown where the next record starts."""


def open_text_file(path: str) -> BinaryIO:
    """Open a regular file outside the store, and return it.

    UTF-16 with a byte order mark, which spreadsheets call *Unicode text*, is converted to UTF-8 in memory.

    Raises:
        InputError: The file does not exist, cannot be opened, is not a regular file, or is UTF-16 and too large.
    """
    source = open(open_foreign(path), "rb")  # noqa: SIM115 - the caller closes it
    try:
        mark = source.read(2)
        source.seek(0)
        data = source.read(MAX_UTF_16 + 1) if mark in _UTF_16_MARKS else None
    except OSError:  # the reader gets the same error, and reports it
        return source
    if data is None:
        return source
    source.close()
    if len(data) > MAX_UTF_16:
        raise InputError(f"{visible(path)} is in UTF-16 and has more than {MAX_UTF_16} bytes", _CONVERT)
    return io.BytesIO(data.decode("utf-16", "replace").encode("utf-8", "replace"))


class LineReader(Iterator[str]):
    """The lines of a UTF-8 file. Each line is decoded separately, so that an error names the line.

    Args:
        source: The open file. If it is a pipe, data that Python has already buffered is ignored.
        label: The name of the file in messages.
        stop: Once set, nothing more is read, as if the file ended there.

    Attributes:
        number: The number of the line that was read last, starting at 1.
    """

    def __init__(self, source: BinaryIO, label: str, stop: Event) -> None:
        self.number = 0
        self.label = visible(label)
        self._source = source
        self._stop = stop
        self._bytes_left = MAX_RECORD
        self._parts: Iterator[str] = iter(())
        self._is_stream = _is_stream(source)
        self._ahead = b""

    def __next__(self) -> str:
        """Return the next line, including its end.

        Raises:
            InputError: The line cannot be read.
            LineError: The line is not UTF-8.
            RecordError: The line makes the record too long.
        """
        part = next(self._parts, None)
        if part is None:
            part = self._decode(self._read_line())
            if "\r" in part:  # a single carriage return also ends a line
                self._parts = io.StringIO(part, newline="")
                part = next(self._parts)
        return part

    def begin_record(self) -> None:
        """Start counting the bytes of a new record."""
        self._bytes_left = MAX_RECORD

    def is_stopped(self) -> bool:
        """Return whether reading was stopped, perhaps in the middle of a record."""
        return self._stop.is_set()

    def is_idle(self) -> bool:
        """Return whether there is nothing to read at present, after waiting briefly for data."""
        return self._is_stream and b"\n" not in self._ahead and not self._is_ready(_IDLE_SECONDS)

    def _decode(self, line: bytes) -> str:
        if not line:
            raise StopIteration
        self.number += 1
        self._bytes_left -= len(line)
        if self._bytes_left < 0:
            raise RecordError(
                f"the row that ends on line {self.number} of {self.label} or later has more than {MAX_RECORD} bytes",
                'look for a " that is never closed: it joins all following lines into one row',
            )
        if self.number == 1 and line.startswith(tuple(_UTF_16_MARKS)):
            raise InputError(f"{self.label} is in UTF-16", _CONVERT)
        if self.number == 1 and _BINARY.search(line[:8]):
            from csrtui.core.bundle.foreign_formats import recognize  # imports cryptography

            if (file_format := recognize(line)) is not None:
                raise InputError(f"{self.label} is {file_format.name}, not a table", _SAVE_AS_CSV)
        try:
            return line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise LineError(
                f"line {self.number} of {self.label} is not UTF-8: "
                "save it as CSV UTF-8, or convert it with iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW"
            ) from error

    def _read_line(self) -> bytes:
        try:
            if self._stop.is_set():
                return b""
            return (
                self._read_stream_line() if self._is_stream else self._source.readline(self._bytes_left + 1)
            )
        except OSError as error:
            raise InputError(f"cannot read {self.label}: {error.strerror}") from error

    def _read_stream_line(self) -> bytes:
        while b"\n" not in self._ahead and len(self._ahead) <= self._bytes_left:
            while not self._is_ready(_POLL_SECONDS):
                if self._stop.is_set():
                    return b""
            data = os.read(self._source.fileno(), io.DEFAULT_BUFFER_SIZE)
            if not data:
                break
            self._ahead += data
        line, end, self._ahead = self._ahead.partition(b"\n")
        return line + end

    def _is_ready(self, timeout: float) -> bool:
        return bool(select.select([self._source], [], [], timeout)[0])


def _is_stream(source: BinaryIO) -> bool:
    """Return whether a file is a pipe, a socket or a terminal, which may have nothing to read at present."""
    try:
        return not stat.S_ISREG(os.fstat(source.fileno()).st_mode)
    except (OSError, ValueError):  # a file in memory
        return False
