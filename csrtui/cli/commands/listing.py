"""``csrtui list``: the pairs, a line each."""

import argparse
import csv
import sys
from datetime import datetime

from csrtui.cli.output import put_json, put_table, say, say_error
from csrtui.cli.parser import Action
from csrtui.cli.session import open_session
from csrtui.core.errors import StoreError
from csrtui.core.pair import NextStep, Pair, utc_text
from csrtui.core.pair_json import describe
from csrtui.core.visible import visible
from csrtui.tasks.review import Retired, list_pairs, select
from csrtui.tasks.wording import LIST_HEADER, list_row, summary

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
        "--retired", action="store_true", help="also pairs that are retired, which only --filter finds else"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document")
    form.add_argument("--csv", action="store_true", help="comma-separated values with a header")


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    keyring = list_pairs(session)
    now = session.clock()
    step = NextStep(options.next) if options.next else None
    retired = Retired.SHOWN if options.retired or options.filter else Retired.HIDDEN
    pairs = select(keyring.pairs, now, text=options.filter, next_step=step, retired=retired)
    if options.json:
        put_json({"schema": 1, "pairs": [describe(pair, now) for pair in pairs]})
    elif options.csv:
        _put_csv(pairs, now)
    else:
        if pairs:
            put_table(LIST_HEADER, [list_row(pair, now) for pair in pairs])
        say(summary(pairs, now))
    for problem in keyring.problems:
        say_error(problem.error)
    return StoreError.exit_code if keyring.problems else 0


def _put_csv(pairs: list[Pair], now: datetime) -> None:
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
        writer.writerow([visible(cell) for cell in row])


ACTION = Action("csrtui list --next back-up\ncsrtui list --filter shop --json", _arguments, _run)
