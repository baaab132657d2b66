"""The rows of ``csrtui new --from``: a CSV file, or standard input, read row by row and never whole."""

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import Self

from csrtui.core.advice.wording import quoted
from csrtui.core.errors import InputError
from csrtui.core.finding import CaKind, FieldName
from csrtui.core.keys import read_key_type
from csrtui.core.platforms import read_platform
from csrtui.core.subject import TypedSubject
from csrtui.store.lines import LineError, Lines, RecordError, open_regular
from csrtui.tasks.asking import Asked

COLUMNS = tuple(FieldName)
"""The columns that the file may have; ``common_name`` it must have."""


class RowError(InputError):
    """A row that cannot be understood.

    Args:
        column: The column at fault, or None where it is the row as a whole.
        what: What is wrong.
        hint: What to do.
    """

    def __init__(self, column: FieldName | None, what: str, hint: str | None = None) -> None:
        super().__init__(what, hint)
        self.column = column


class Rows(Iterator[Mapping[str, str] | RowError | None]):
    """The rows of a CSV file, by the names of its header; None while there is nothing to read.

    For a row that is no CSV there is the error that says so, and then the row that begins in the line after it.

    Args:
        lines: The file's.

    Raises:
        InputError: There is no header that is understood.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._reader = csv.reader(lines, strict=True)
        self._was_idle = False
        self._is_over = False
        self._begin = 1
        try:
            header = next(self._reader, [])
        except csv.Error as error:
            raise self._no_csv(error) from error
        self._header = [cell.strip() for cell in header]
        _check_header(self._header, lines.shown)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Mapping[str, str] | RowError | None:
        """Give the next row that is not empty.

        Raises:
            InputError: It cannot be read.
        """
        if self._is_over:
            raise StopIteration
        if not self._was_idle and self._lines.is_idle():
            self._was_idle = True
            return None
        self._was_idle = False
        try:
            cells = self._cells()
        except csv.Error as error:
            if self._lines.is_stopped():  # in the middle of a row, which is then neither good nor bad
                raise StopIteration from None
            return self._no_csv(error)
        except LineError as error:
            return RowError(None, error.what, error.hint)
        except RecordError as error:
            self._is_over = True
            return RowError(None, f"{error.what}; what follows is not read", error.hint)
        padded = [*cells, *[""] * len(self._header)]
        surplus = {_SURPLUS: ""} if len(cells) > len(self._header) else {}
        return dict(zip(self._header, padded, strict=False)) | surplus

    def _cells(self) -> list[str]:
        while True:
            self._lines.begin_record()
            self._begin = self._lines.number + 1
            cells = next(self._reader)
            if cells:
                return cells

    def _no_csv(self, error: csv.Error) -> RowError:
        first, last, shown = self._begin, self._lines.number, self._lines.shown
        if first >= last:
            return RowError(None, f"line {last} of {shown} is not CSV: {error}")
        return RowError(
            None,
            f"what begins in line {first} of {shown} is not CSV: {error} in line {last}",
            'a " that is never closed takes in the lines below it',
        )


_SURPLUS = "more cells than the header"


@contextmanager
def open_rows(file: str, stop: Event) -> Iterator[tuple[Rows, int | None]]:
    """Give the rows of a file, and how many there are, where that can be told beforehand.

    A file on the disk is read through to its end first, to count them. Of standard input that cannot be known.

    Args:
        file: A path, or ``-`` for standard input.
        stop: Once set, no more is read.

    Raises:
        InputError: It cannot be read, or is not understood.
    """
    if file == "-":
        if sys.stdin is None:
            raise InputError("standard input is closed", "give the file's name")
        yield Rows(Lines(sys.stdin.buffer, "standard input", stop)), None
        return
    with open_regular(file) as source:
        total = sum(1 for _ in Rows(Lines(source, file, Event())))
        source.seek(0)
        yield Rows(Lines(source, file, stop)), total


def asked_in(row: Mapping[str, str], defaults: Asked) -> Asked:
    """Return what a row asks for.

    Args:
        row: Its cells.
        defaults: What holds where it leaves a column out or empty.

    Raises:
        RowError: A cell is not understood.
    """
    if _SURPLUS in row:
        raise RowError(None, "the row has more cells than the header", 'put "…" around a cell with a comma')
    subject = TypedSubject(
        organization=row.get("organization") or defaults.subject.organization,
        organizational_unit=row.get("organizational_unit") or defaults.subject.organizational_unit,
        country=row.get("country") or defaults.subject.country,
        state=row.get("state") or defaults.subject.state,
        locality=row.get("locality") or defaults.subject.locality,
    )
    ca, key, platform = row.get("ca"), row.get("key"), row.get("platform")
    if ca and ca not in tuple(CaKind):
        raise RowError(FieldName.CA, f'the CA is "{quoted(ca)}", where it is public or private')
    with _blamed(FieldName.PLATFORM):
        platform_id = read_platform(platform).id if platform else defaults.platform
    with _blamed(FieldName.KEY):
        key_type = read_key_type(key) if key else defaults.key_type
    return Asked(
        names=(row["common_name"], *row.get("names", "").split()),
        subject=subject,
        ca=CaKind(ca) if ca else defaults.ca,
        platform=platform_id,
        key_type=key_type,
    )


@contextmanager
def _blamed(column: FieldName) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise RowError(column, error.what, error.hint) from error


def _check_header(header: list[str], shown: str) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or "common_name" not in header or len(set(header)) != len(header):
        culprit = (
            f'has a column "{quoted(unknown[0])}"' if unknown else "names no common_name, or a column twice"
        )
        parted = (
            "between the cells stand commas, and "
            if len(header) == 1 and _other_separators(header[0])
            else ""
        )
        raise InputError(
            f"{shown}: the header {culprit}", f"{parted}the first line names the columns: {','.join(COLUMNS)}"
        )


def _other_separators(header: str) -> bool:
    """Whether it is a header as spreadsheets write it in some countries."""
    return ";" in header or "\t" in header
