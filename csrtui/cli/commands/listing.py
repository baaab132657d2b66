"""``csrtui list``: the pairs, a line each."""

import argparse
import os
import sys
from collections.abc import Iterable
from datetime import datetime

from csrtui.cli.output import put_bytes, put_json_list, say, say_error, table
from csrtui.cli.parser import Action
from csrtui.cli.session import open_existing_session
from csrtui.core.errors import StoreError
from csrtui.core.pair import NextStep, Pair, Stage, utc_text
from csrtui.core.pair_json import describe
from csrtui.core.pair_line import PairLine
from csrtui.core.pair_query import Query, Retired
from csrtui.core.spreadsheet import cell
from csrtui.core.visible import visible
from csrtui.tasks.cells import columns
from csrtui.tasks.looking import look_up
from csrtui.tasks.wording import LIST_HEADER

_CSV_HEADER = (
    "name",
    "common_name",
    "names",
    "key",
    "created",
    "backup",
    "stage",
    "expires",
    "days_left",
    "next",
    "path",
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--filter", default="", metavar="TEXT", help="only pairs that hold every word of it")
    parser.add_argument(
        "--next", choices=[step.value for step in NextStep], help="only pairs with this next step"
    )
    parser.add_argument(
        "--retired", action="store_true", help="show retired pairs too, as --filter, --json and --csv do"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document")
    form.add_argument("--csv", action="store_true", help="comma-separated values with a header")
    form.add_argument(
        "--ics",
        action="store_true",
        help="a calendar (iCalendar): when renewals are due, when certificates end",
    )
    parser.add_argument("--fail-if-any", action="store_true", help="exit with status 1 if a pair is listed")


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    now = session.clock()
    step = NextStep(options.next) if options.next else None
    retired = _retired(options)
    # A table that hides some counts them all the same.
    asked_for = retired if options.ics else Retired.SHOWN
    is_table = not (options.json or options.csv or options.ics)
    query = Query.typed(options.filter, step, asked_for)
    found = look_up(session, query, now, lambda lines: _table(lines, retired, now) if is_table else "")
    if options.json:
        put_json_list({"schema": 1}, "pairs", (describe(pair, now) for pair in found.pairs()))
    elif options.csv:
        _put_csv(found.pairs(), now)
    elif options.ics:
        _put_calendar(found.pairs(), now)
    else:
        sys.stdout.write(found.made)
        # Cron sends whatever is said, so that there is silence where nothing is next; and a store whose
        # pairs cannot be read has not none.
        if found.tally.pairs or (step is None and not found.problems):
            say(found.tally.line(retired))
    for problem in found.problems:
        say_error(problem.error)
    if found.problems:
        return StoreError.exit_code
    return 1 if options.fail_if_any and found.tally.seen(retired) else 0


def _retired(options: argparse.Namespace) -> Retired:
    """Whether retired pairs are listed: to programs all of the store is told, to people what they may want."""
    told = options.retired or options.filter or options.json or options.csv
    return Retired.SHOWN if told else Retired.HIDDEN


def _table(lines: list[PairLine], retired: Retired, now: datetime) -> str:
    if retired is Retired.HIDDEN:
        lines = [line for line in lines if line.stage != Stage.RETIRED]
    return table(LIST_HEADER, columns(lines, now)) if lines else ""


def _put_csv(pairs: Iterable[Pair], now: datetime) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_CSV_HEADER)
    for pair in pairs:
        record = pair.record
        validity = record.validity
        row = (
            pair.name,
            record.subject.common_name or "",
            " ".join(record.names),
            record.key.type,
            utc_text(record.created),
            record.backup_status.value,
            record.stage.value,
            utc_text(validity.not_after) if validity else "",
            str(validity.days_left(now)) if validity else "",
            record.next_step(now).value,
            pair.path,
        )
        writer.writerow([cell(visible(text)) for text in row])


def _put_calendar(pairs: Iterable[Pair], now: datetime) -> None:
    from csrtui.core.calendar_file import calendar_file

    for piece in calendar_file(pairs, os.uname().nodename, now):
        put_bytes(piece)


ACTION = Action(
    "csrtui list --next renew\ncsrtui list --filter shop --json\ncsrtui list --ics > certificates.ics",
    _arguments,
    _run,
)
