"""``csrtui new --from FILE``: create many pairs from a CSV file, and print a JSON line for each row."""

import sys
from collections import Counter
from collections.abc import Iterator

from csrtui.cli.output import print_json, print_message
from csrtui.cli.progress import ProgressBar, StopEvent, stop_on_signals
from csrtui.cli.results import created_pair_document
from csrtui.cli.table import RowError, TableRows, open_rows, read_row
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.process import collect_garbage_as_usual
from csrtui.tasks.new import BlockedError, Blocking
from csrtui.tasks.new_many import Row, RowResult, create_many
from csrtui.tasks.request_spec import RequestSpec, with_counterparts
from csrtui.tasks.session import Session

_MADE, _SKIPPED, _FAILED = "made", "already exist", "failed"


def run_batch(
    session: Session,
    file: str,
    defaults: RequestSpec,
    *,
    blocking: Blocking,
    passphrase: Secret | None,
    counterparts: bool,
) -> int:
    """Create a pair for each row, and return the exit status.

    A row that fails or is malformed does not stop the others. A row whose pair already exists is skipped, so that an
    interrupted run can be repeated.

    Args:
        session: The session.
        file: A path, or ``-`` for standard input.
        defaults: The request with the values for missing columns and empty cells.
        blocking: Whether errors that X.509 itself permits block a row.
        passphrase: The passphrase for all keys, or None.
        counterparts: Whether to also cover the www or bare counterpart of each name.

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
        ProgressBar("pairs", total) as progress,
    ):
        specs = _read_rows(session, rows, defaults, counterparts=counterparts)
        for result in create_many(session, specs, passphrase=passphrase, blocking=blocking, cancel=stop):
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
    session: Session, rows: TableRows, defaults: RequestSpec, *, counterparts: bool
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
        return {
            "row": result.number,
            "ok": False,
            "error": visible(result.outcome.message),
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
    if counts[_SKIPPED]:
        print_message(
            "a row is skipped if a pair in use has the same subject, names, key type, CA and server software"
        )
    if stop.is_set():
        print_message("pairs made so far are kept; run the same command again for the other rows")
