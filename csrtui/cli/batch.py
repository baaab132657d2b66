"""``csrtui new --from FILE``: many pairs from a CSV file, a JSON line for each row as it is done."""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from csrtui.cli.cancellation import Stop, stopping
from csrtui.cli.output import put_json, say
from csrtui.cli.progress import ProgressBar
from csrtui.cli.table import RowError, TableRows, asked_in, open_rows
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.pairs.pair_json import describe
from csrtui.process import collect_as_usual
from csrtui.tasks.new import BlockedError, Blocking
from csrtui.tasks.new_many import Row, RowResult, create_many
from csrtui.tasks.request_spec import Asked, with_counterparts
from csrtui.tasks.session import Session


def run_batch(
    session: Session,
    file: str,
    defaults: Asked,
    *,
    blocking: Blocking,
    passphrase: Secret | None,
    counterparts: bool,
) -> int:
    """Make a pair for each row; a row that fails, or is no CSV, does not keep the others from being made.

    A row whose pair is there already, as it was asked for, is skipped: so a run that broke off is run again.

    Args:
        session: Where, when and by whom.
        file: A path, or ``-`` for standard input.
        defaults: What holds where a row leaves a column out or empty.
        blocking: Whether errors that X.509 could hold are overruled.
        passphrase: For all keys, or None.
        counterparts: Whether the www or bare twins are covered too.

    Returns:
        The exit status: 1 when any row failed; as a shell has it for a program that was ended, when it was.

    Raises:
        InputError: The file cannot be read, or has no header that is understood.
    """
    session.store.sweep()
    collect_as_usual()
    counts: Counter[str] = Counter()
    with stopping() as stop, open_rows(file, stop) as (rows, total), ProgressBar("pairs", total) as progress:
        asked = _asked(session, rows, defaults, counterparts=counterparts)
        for answer in create_many(session, asked, passphrase=passphrase, blocking=blocking, stop=stop):
            put_json(_as_json(answer, session.clock()), indent=None)
            sys.stdout.flush()
            counts[_kind(answer)] += 1
            progress.advance()
    _say_end(counts, stop)
    if stop.is_set():
        return stop.exit_code
    return 1 if counts[_FAILED] else 0


_MADE, _SKIPPED, _FAILED = "made", "there already", "failed"


def _asked(session: Session, rows: TableRows, defaults: Asked, *, counterparts: bool) -> Iterator[Row | None]:
    number = 0
    for row in rows:
        if row is None:
            yield None
            continue
        number += 1
        if isinstance(row, CsrtuiError):
            yield Row(number, row)
            continue
        try:
            asked = asked_in(row, defaults)
            if counterparts:
                asked = asked._replace(names=with_counterparts(session, asked))
        except CsrtuiError as error:
            yield Row(number, error)
        else:
            yield Row(number, asked)


def _as_json(answer: RowResult, now: datetime) -> dict[str, object]:
    if isinstance(answer.outcome, CsrtuiError):
        return {
            "row": answer.number,
            "ok": False,
            "error": visible(answer.outcome.what),
            "column": _column(answer.outcome),
        }
    skipped = {"skipped": True} if answer.skipped else {}
    return {"row": answer.number, "ok": True, **skipped, "pair": describe(answer.outcome, now)}


def _column(error: CsrtuiError) -> str | None:
    """The column at fault, where it is one."""
    if isinstance(error, BlockedError):
        return error.findings[0].field.value
    return error.column.value if isinstance(error, RowError) and error.column else None


def _kind(answer: RowResult) -> str:
    if isinstance(answer.outcome, CsrtuiError):
        return _FAILED
    return _SKIPPED if answer.skipped else _MADE


def _say_end(counts: Counter[str], stop: Stop) -> None:
    """Say what the lines do not show at a glance; where all rows made their pairs, nothing."""
    if stop.is_set() or counts[_SKIPPED] or counts[_FAILED]:
        said = ", ".join(f"{counts[kind]} {kind}" for kind in (_MADE, _SKIPPED, _FAILED))
        say(f"{'stopped: ' if stop.is_set() else ''}{said}")
    if counts[_SKIPPED]:
        say(
            "a row is there already when a pair in use has its subject, names, key type, CA and server software"
        )
    if stop.is_set():
        say("what is done is kept; the same command goes on with the rest")
