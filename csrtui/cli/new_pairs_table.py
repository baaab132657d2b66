"""``csrtui new --from FILE``: create many pairs from a CSV file, and print a JSON line for each row."""

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from threading import Event
from typing import TypeAlias

from csrtui.cli.output import print_json, print_message
from csrtui.cli.pair_results import created_pair_document
from csrtui.cli.progress import ProgressBar, StopEvent, stop_on_signals
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import excerpt, visible
from csrtui.core.base.finding import CaKind, FieldName, Purpose
from csrtui.core.base.secret import Secret
from csrtui.core.keys.key_types import read_key_type
from csrtui.core.servers.platforms import read_platform
from csrtui.core.subject.countries import find_country
from csrtui.core.subject.fields import SubjectInput
from csrtui.process_protection import collect_garbage_as_usual
from csrtui.store.line_reader import LineError, LineReader, RecordError, open_text_file
from csrtui.tasks.new import BlockedError
from csrtui.tasks.new_many import Row, RowResult, create_many
from csrtui.tasks.request_spec import RequestSpec, with_counterparts
from csrtui.tasks.session import Session

_MADE, _SKIPPED, _FAILED = "made", "already exist", "failed"


def run_batch(
    session: Session,
    file: str,
    defaults: RequestSpec,
    *,
    force: bool,
    passphrase: Secret | None,
    counterparts: bool,
) -> int:
    """Create a pair for each row, and return the exit status.

    A row that fails or is malformed does not stop the others. A row whose pair already exists is skipped, so that an
    interrupted run can be repeated.

    Args:
        defaults: The request with the values for missing columns and empty cells.

    Returns:
        0; 1 if a row failed; 128 and the signal's number if a signal stopped the work.

    Raises:
        InputError: The file cannot be read, or its header is missing or not valid.
    """
    session.store.remove_leftovers()
    collect_garbage_as_usual()
    counts: Counter[str] = Counter()
    with (
        stop_on_signals() as stop,
        open_rows(file, stop) as (rows, total),
        ProgressBar("pair", total) as progress,
    ):
        specs = _read_rows(session, rows, defaults, counterparts=counterparts)
        for result in create_many(session, specs, passphrase=passphrase, force=force, cancel=stop):
            print_json(_result_json(session, result), indent=None)
            sys.stdout.flush()
            is_failed = isinstance(result.outcome, CsrtuiError)
            counts[_FAILED if is_failed else _SKIPPED if result.skipped else _MADE] += 1
            progress.advance()
    _print_summary(counts, stop, would="would be " if session.is_dry_run else "")
    if stop.is_set():
        return stop.exit_code
    return 1 if counts[_FAILED] else 0


def _read_rows(
    session: Session, rows: "Iterator[TableRow]", defaults: RequestSpec, *, counterparts: bool
) -> Iterator[Row | None]:
    number = 0
    for cells in rows:
        if cells is None:
            yield None
            continue
        number += 1
        if isinstance(cells, CsrtuiError):
            yield Row(number, cells)
            continue
        try:
            spec = read_row(cells, defaults)
            if counterparts:
                spec = with_counterparts(session, spec)
        except CsrtuiError as error:
            yield Row(number, error)
        else:
            yield Row(number, spec)


def _result_json(session: Session, result: RowResult) -> dict[str, object]:
    if isinstance(result.outcome, CsrtuiError):
        # The hint of an error that is not about a cell names options of the command.
        is_cell = isinstance(result.outcome, RowError)
        return {
            "row": result.number,
            "ok": False,
            "error": visible(result.outcome.sentence if is_cell else result.outcome.message),
            "column": _column(result.outcome),
        }
    skipped = {"skipped": True} if result.skipped else {}
    document = created_pair_document(session, result.outcome)
    return {"row": result.number, "ok": True, **skipped, "pair": document}


def _column(error: CsrtuiError) -> str | None:
    """Return the column that an error is about, or None if it is about the whole row."""
    if isinstance(error, BlockedError):
        return error.findings[0].field.value
    return error.column.value if isinstance(error, RowError) and error.column else None


def _print_summary(counts: Counter[str], stop: StopEvent, would: str) -> None:
    """Print the counts on stderr, unless a pair was made for every row."""
    if stop.is_set() or counts[_SKIPPED] or counts[_FAILED]:
        summary = (
            f"{counts[_MADE]} {would}{_MADE}, {counts[_SKIPPED]} {_SKIPPED}, {counts[_FAILED]} {_FAILED}"
        )
        print_message(f"{'stopped: ' if stop.is_set() else ''}{summary}")
    elif not counts:
        print_message("the table has no rows")
    if counts[_SKIPPED]:
        print_message(
            "a row is skipped if a pair in use has the same subject, names, key type, CA and server software"
        )
    if stop.is_set():
        print_message("pairs made so far are kept; run the same command again for the other rows")


COLUMNS = tuple(field for field in FieldName if field is not FieldName.ATTRIBUTES)
"""The columns that a file can have; ``common_name`` is required."""
_SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r"""["']?sep=(.)["']?""", re.IGNORECASE)
_QUOTE_HINT = 'look for a " that is never closed: the row then includes the lines below it'
_BLANKS = " \t\r\n\u00a0"
"""The characters that spreadsheets leave around a cell. The advice reports other invisible characters."""
_NAME_SEPARATOR = re.compile(r"[\s,;]+")
_WORD_SEPARATOR = re.compile(r"[\s-]+")
_COUNTRY_CODE_LENGTH = 2
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
"""Alternative names of the columns, all of them unambiguous."""
_SURPLUS = "more cells than the header"


class RowError(InputError):
    """A row that is not valid.

    Args:
        column: The invalid column, or None if the error is about the whole row.
    """

    def __init__(self, column: FieldName | None, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.column = column


TableRow: TypeAlias = Mapping[str, str] | RowError | None
"""The cells of a row by column name, the error in the row, or None while the row is incomplete."""


def read_table(lines: LineReader) -> Iterator[TableRow]:
    """Return the rows of a CSV file that are not empty.

    The iterator yields None while the next row is incomplete, and a `RowError` for a malformed row. The row after a
    malformed one begins on the next line.

    Raises:
        InputError: The header is missing or not valid.
    """
    header_line, separator = _read_header_line(lines)
    reader = csv.reader(chain([header_line], lines), delimiter=separator, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise _malformed(lines, 1, error) from error
    columns = _column_names(header)
    _check_columns(columns, lines.label)
    return _rows(lines, reader, columns, len(header))


def _rows(
    lines: LineReader, reader: Iterator[list[str]], columns: list[str], width: int
) -> Iterator[TableRow]:
    while True:
        if lines.is_idle():
            yield None
        lines.begin_record()
        first_line = lines.number + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if lines.is_stopped():  # an incomplete row cannot be checked
                return
            yield _malformed(lines, first_line, error)
            continue
        except LineError as error:
            yield RowError(None, error.message, error.hint)
            continue
        except RecordError as error:
            yield RowError(None, f"{error.message}; the rest of the file is not read", error.hint)
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):  # Excel writes rows that contain only separators
            yield _cells_by_column(cells, columns, width)


def _cells_by_column(cells: list[str], columns: list[str], width: int) -> Mapping[str, str]:
    padded = [*cells, *[""] * len(columns)]
    # Excel adds empty cells below empty columns. Any other surplus cell comes from a comma in an unquoted cell.
    has_surplus = len(cells) > width or any(cell.strip() for cell in cells[len(columns) :])
    surplus = {_SURPLUS: ""} if has_surplus else {}
    return {name: cell.strip(_BLANKS) for name, cell in zip(columns, padded, strict=False)} | surplus


def _malformed(lines: LineReader, first: int, error: csv.Error) -> RowError:
    last, label = lines.number, lines.label
    if first >= last:
        return RowError(None, f"line {last} of {label} is not CSV: {error}", _QUOTE_HINT)
    return RowError(
        None,
        f"the row that starts on line {first} of {label} is not CSV: {error} on line {last}",
        _QUOTE_HINT,
    )


@contextmanager
def open_rows(file: str, stop: Event) -> Iterator[tuple[Iterator[TableRow], int | None]]:
    """Yield the rows of a file and the number of rows, which is None for standard input (it cannot be read twice).

    Args:
        file: A path, or ``-`` for standard input.

    Raises:
        InputError: The file cannot be read, or its header is missing or not valid.
    """
    if file == "-":
        if sys.stdin is None:
            raise InputError("standard input is closed", "give the name of a file instead")
        yield read_table(LineReader(sys.stdin.buffer, "standard input", stop)), None
        return
    with open_text_file(file) as source:
        total = sum(1 for _ in read_table(LineReader(source, file, Event())))
        source.seek(0)
        yield read_table(LineReader(source, file, stop)), total


def read_row(cells: Mapping[str, str], defaults: RequestSpec) -> RequestSpec:
    """Return the request that a row describes.

    Args:
        defaults: The request with the values for missing columns and empty cells.

    Raises:
        RowError: A cell is not valid.
    """
    if _SURPLUS in cells:
        raise RowError(None, "the row has more cells than the header", 'put "…" around a cell with a comma')
    texts = {field: cells.get(field) or text for field, text in defaults.subject._asdict().items()}
    texts["country"] = _country_code(cells.get("country", "")) or defaults.subject.country
    ca, key, platform, purpose = (
        cells.get(name, "").lower() for name in ("ca", "key", "platform", "purpose")
    )
    if ca and ca not in tuple(CaKind):
        raise RowError(FieldName.CA, f'CA must be public or private, not "{excerpt(ca)}"')
    if purpose and purpose not in tuple(Purpose):
        known = ", ".join(Purpose)
        raise RowError(FieldName.PURPOSE, f'"{excerpt(purpose)}" is not a purpose', f"one of {known}")
    with _row_errors(FieldName.PLATFORM):
        platform_id = read_platform(platform).id if platform else defaults.platform
    with _row_errors(FieldName.KEY):
        key_type = read_key_type(key) if key else defaults.key_type
    return RequestSpec(
        names=(cells["common_name"], *filter(None, _NAME_SEPARATOR.split(cells.get("names", "")))),
        subject=SubjectInput(**texts),
        ca=CaKind(ca) if ca else defaults.ca,
        platform=platform_id,
        key_type=key_type,
        purpose=Purpose(purpose) if purpose else defaults.purpose,
    )


@contextmanager
def _row_errors(column: FieldName) -> Iterator[None]:
    """Raise each `InputError` in the block as a `RowError` of a column."""
    try:
        yield
    except InputError as error:
        raise RowError(column, error.message, error.hint) from error


def _country_code(text: str) -> str:
    """Return the code of a country name, or any other text unchanged, so that the advice can report it."""
    return (find_country(text) or text) if len(text) > _COUNTRY_CODE_LENGTH else text


def _read_header_line(lines: LineReader) -> tuple[str, str]:
    """Return the header line and its separator. In files for Excel, the line before the header can name the separator (``sep=;``)."""
    line = next(lines, "")
    while line and not line.strip(_BLANKS + "\r\n"):
        line = next(lines, "")
    if not line:
        raise InputError(f"{lines.label} is empty", f"the first line names the columns: {','.join(COLUMNS)}")
    if (match := _SEPARATOR_LINE.fullmatch(line.strip())) is not None:
        return next(lines, ""), match[1]

    def count_columns(separator: str) -> int:
        return sum(column in COLUMNS for column in _column_names(line.split(separator)))

    return line, max(_SEPARATORS, key=count_columns)


def _column_names(header: list[str]) -> list[str]:
    """Return the canonical column names of a header, without empty names at its end."""
    names = [_WORD_SEPARATOR.sub("_", cell.strip().strip('"').strip().casefold()) for cell in header]
    while names and not names[-1]:
        names.pop()
    return [_ALIASES.get(name, name) for name in names]


def _check_columns(columns: list[str], label: str) -> None:
    """Raise an InputError if a header has unknown or duplicate columns, or no common name."""
    unknown = [name for name in columns if name not in COLUMNS]
    duplicates = [name for name, count in Counter(columns).items() if count > 1]
    if unknown and not unknown[0]:
        problem = f"has no name for column {columns.index('') + 1}"
    elif unknown:
        problem = f'has an unknown column "{excerpt(unknown[0])}"'
    elif "common_name" not in columns:
        problem = "has no common_name column"
    elif duplicates:
        problem = f"has a duplicate column: {duplicates[0]}"
    else:
        return
    raise InputError(
        f"{label}: the header {problem}", f"the first line names the columns: {','.join(COLUMNS)}"
    )
