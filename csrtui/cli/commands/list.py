"""``csrtui list``: list the pairs as a table, JSON, CSV or a calendar."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime

from csrtui.cli.options import DRY_RUN, JSON, add_options, open_existing_session
from csrtui.cli.output import format_table, print_bytes, print_error, print_json_list, print_message
from csrtui.cli.parser import Action
from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import spreadsheet_cell, visible
from csrtui.core.base.validity import utc_text
from csrtui.core.pairs.counts import count_pairs
from csrtui.core.pairs.pair import NextStep, Pair
from csrtui.core.pairs.pair_json import pair_document
from csrtui.core.pairs.query import Query, Retired, SortOrder
from csrtui.core.pairs.summary import PairSummary
from csrtui.tasks.list import UnreadablePair, read_pair_list, read_pairs
from csrtui.tasks.pair_text import LIST_HEADER, list_columns
from csrtui.tasks.session import Session, csrtui_command

_CSV_HEADER = (
    "name", "common_name", "names", "key", "created", "backup", "stage", "expires", "days_left", "next", "path",
)  # fmt: skip


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--filter",
        default="",
        metavar="TEXT",
        help="only pairs that match all words of TEXT, e.g. 'shop rsa due'",
    )
    parser.add_argument(
        "--next",
        choices=[step.value for step in NextStep],
        metavar="STEP",
        help=f"only pairs with this next step: {', '.join(NextStep)}",
    )
    add_options(parser, ("--retired", "show retired pairs too (--filter, --json and --csv always do)"))
    form = parser.add_mutually_exclusive_group()
    add_options(
        form,
        JSON,
        ("--csv", "comma-separated values with a header"),
        ("--ics", "a calendar (iCalendar) with the dates of renewals and expiries"),
        ("--prometheus", "metrics in the text format of Prometheus (node_exporter)"),
    )
    add_options(
        parser,
        ("--to", "FILE", "with --prometheus: replace FILE in one step, with mode 0644"),
        DRY_RUN,
        ("--fail-if-any", "exit with status 1 if a pair is listed"),
    )


def _run(options: argparse.Namespace) -> int:
    if options.to is not None and not options.prometheus:
        raise InputError("--to works only with --prometheus", "use > FILE for the other formats")
    session = open_existing_session(options)
    now = session.clock()
    step = NextStep(options.next) if options.next else None
    # Programs get all pairs. A user gets retired pairs only on request.
    shows_retired = options.prometheus or options.retired or options.filter or options.json or options.csv
    retired = Retired.SHOWN if shows_retired else Retired.HIDDEN
    pair_list = read_pair_list(session)
    # The table's last line counts the retired pairs that the table does not show.
    query = Query.parse(options.filter, step, retired if options.ics else Retired.SHOWN)
    selected = pair_list.select(query, SortOrder.URGENCY, now)
    counts = count_pairs(selected, now)
    problems = list(pair_list.problems)

    def pairs() -> Iterator[Pair]:
        for pair in read_pairs(session, [summary.name for summary in selected]):
            if isinstance(pair, UnreadablePair):
                problems.append(pair)
            else:
                yield pair

    if options.prometheus:
        _write_metrics(session, list(pairs()), len(problems), now, options.to)
    elif options.json or options.csv or options.ics:
        _print_for_programs(session, options, pairs(), now)
    else:
        sys.stdout.write(_table(selected, retired, now))
        # Cron mails all output, so nothing is printed if no pair has this next step. If pairs cannot be read, a count
        # of zero would be wrong.
        if counts.total or (step is None and not problems):
            print_message(counts.line(retired))
    for problem in problems:
        print_error(problem.error)
    if problems:
        return StoreError.exit_code
    return 1 if options.fail_if_any and counts.visible(retired) else 0


def _table(summaries: list[PairSummary], retired: Retired, now: datetime) -> str:
    summaries = Query(retired=retired).select(summaries, now)
    return format_table(LIST_HEADER, list_columns(summaries, now)) if summaries else ""


def _print_csv(pairs: Iterable[Pair], now: datetime) -> None:
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
        writer.writerow([spreadsheet_cell(visible(text)) for text in row])


def _print_for_programs(
    session: Session, options: argparse.Namespace, pairs: Iterable[Pair], now: datetime
) -> None:
    if options.json:
        print_json_list({"schema": 1}, "pairs", (pair_document(pair, now) for pair in pairs))
    elif options.csv:
        _print_csv(pairs, now)
    else:
        from csrtui.core.pairs.list_exports import calendar_chunks

        for chunk in calendar_chunks(
            pairs, os.uname().nodename, now, lambda *words: csrtui_command(session, *words)
        ):
            print_bytes(chunk)


def _write_metrics(
    session: Session, pairs: list[Pair], unreadable: int, now: datetime, path: str | None
) -> None:
    from csrtui.core.pairs.list_exports import METRICS_START, metric_lines

    lines = metric_lines(pairs, unreadable, now)
    if path is None:
        sys.stdout.writelines(lines)
        return
    from csrtui.store.new_files import replace_public_file
    from csrtui.store.output_folder import absolute_path, check_export_folder

    check_export_folder(os.path.dirname(absolute_path(path)), session.store.path)
    data, is_dry_run = "".join(lines).encode("utf-8"), session.is_dry_run
    written = replace_public_file(path, data, METRICS_START.encode("ascii"), dry_run=is_dry_run)
    if is_dry_run:
        print_message(f"would be written: {written}")


ACTION = Action(
    "csrtui list --next renew\ncsrtui list --filter shop --json\ncsrtui list --ics > certificates.ics\n"
    "csrtui list --prometheus --to /var/lib/prometheus/node-exporter/csrtui.prom",
    _arguments,
    _run,
)
