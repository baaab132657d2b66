"""The rows of ``csrtui new --from``: a CSV file, or standard input, read row by row and never whole."""

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from threading import Event
from typing import Self

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import quoted
from csrtui.core.base.finding import CaKind, FieldName
from csrtui.core.keys.key_types import read_key_type
from csrtui.core.servers.platforms import read_platform
from csrtui.core.subject.countries import find_country
from csrtui.core.subject.fields import TypedSubject
from csrtui.store.line_reader import LineError, Lines, RecordError, open_regular
from csrtui.tasks.request_spec import Asked

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


class TableRows(Iterator[Mapping[str, str] | RowError | None]):
    """The rows of a CSV file, by the names of its header; None while there is nothing to read.

    For a row that is no CSV there is the error that says so, and then the row that begins in the line after it.

    Args:
        lines: The file's.

    Raises:
        InputError: There is no header that is understood.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._was_idle = False
        self._is_over = False
        self._begin = 1
        first, separator = _first_line(lines)
        self._reader = csv.reader(chain([first], lines), delimiter=separator, strict=True)
        try:
            header = next(self._reader, [])
        except csv.Error as error:
            raise self._no_csv(error) from error
        self._width = len(header)
        self._header = _columns(header)
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
        # empty cells below empty columns are Excel's; any others come of a comma in a cell without quotation marks
        is_surplus = len(cells) > self._width or any(cell.strip() for cell in cells[len(self._header) :])
        surplus = {_SURPLUS: ""} if is_surplus else {}
        return dict(zip(self._header, padded, strict=False)) | surplus

    def _cells(self) -> list[str]:
        while True:
            self._lines.begin_record()
            self._begin = self._lines.number + 1
            cells = next(self._reader)
            if any(cell.strip() for cell in cells):  # Excel writes rows of nothing but separators
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


_SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r"""["']?sep=(.)["']?""", re.IGNORECASE)
_BETWEEN_NAMES = re.compile(r"[\s,;]+")
_WRITTEN = re.compile(r"[\s-]+")
_CODE_LENGTH = 2
_ALIASES = {
    "cn": "common_name",
    "o": "organization",
    "organisation": "organization",
    "ou": "organizational_unit",
    "organisational_unit": "organizational_unit",
    "c": "country",
    "st": "state",
    "l": "locality",
    "city": "locality",
    "sans": "names",
    "alternative_names": "names",
}
"""Other names of the columns, each of which means one thing only."""
_SURPLUS = "more cells than the header"


@contextmanager
def open_rows(file: str, stop: Event) -> Iterator[tuple[TableRows, int | None]]:
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
        yield TableRows(Lines(sys.stdin.buffer, "standard input", stop)), None
        return
    with open_regular(file) as source:
        total = sum(1 for _ in TableRows(Lines(source, file, Event())))
        source.seek(0)
        yield TableRows(Lines(source, file, stop)), total


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
        country=_country(row.get("country", "")) or defaults.subject.country,
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
        names=(row["common_name"], *filter(None, _BETWEEN_NAMES.split(row.get("names", "")))),
        subject=subject,
        ca=CaKind(ca) if ca else defaults.ca,
        platform=platform_id,
        key_type=key_type,
    )


def _country(text: str) -> str:
    """The code of a country that is written out; anything else as it is, for the advice."""
    text = text.strip()
    return (find_country(text) or text) if len(text) > _CODE_LENGTH else text


def _first_line(lines: Lines) -> tuple[str, str]:
    """The header's line and the separator in it; Excel may write ``sep=;`` before."""
    first = next(lines, "")
    if (match := _SEPARATOR_LINE.fullmatch(first.strip())) is not None:
        return next(lines, ""), match[1]

    def known(separator: str) -> int:
        return sum(column in COLUMNS for column in _columns(first.split(separator)))

    return first, max(_SEPARATORS, key=known)


def _columns(header: list[str]) -> list[str]:
    """The columns of a header, as they are known here, without empty ones at its end."""
    columns = [_WRITTEN.sub("_", cell.strip().strip('"').strip().casefold()) for cell in header]
    while columns and not columns[-1]:
        columns.pop()
    return [_ALIASES.get(column, column) for column in columns]


@contextmanager
def _blamed(column: FieldName) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise RowError(column, error.what, error.hint) from error


def _check_header(header: list[str], shown: str) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or "common_name" not in header or len(set(header)) != len(header):
        if unknown and not unknown[0]:
            culprit = f"has no name for column {header.index('') + 1}"
        elif unknown:
            culprit = f'has a column "{quoted(unknown[0])}"'
        else:
            culprit = "names no common_name, or a column twice"
        raise InputError(
            f"{shown}: the header {culprit}", f"the first line names the columns: {','.join(COLUMNS)}"
        )
