"""``csrtui show PAIR``: one pair in full."""

import argparse
import shutil
import sys
from datetime import datetime

from csrtui.cli.output import put, put_json
from csrtui.cli.parser import Action
from csrtui.cli.session import open_existing_session
from csrtui.core.pairs.pair_json import describe
from csrtui.tasks.show import InFull, full_lines, read_in_full, timeline

_MOST_COLUMNS = 120
_ASCII = str.maketrans("─│└●▼·…", "-|`*v.>")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    now = session.clock()
    full = read_in_full(session, options.pair)
    if options.json:
        chain = {"chain": full.status.as_json()} if full.status else {}
        put_json(describe(full.pair, now) | chain)
    else:
        _put(full, now)
    return 0


def _put(full: InFull, now: datetime) -> None:
    for label, text in full_lines(full, now):
        if label == "Subject":
            _put_timeline(full, now)
        put(f"{label:<12}{text}")


def _put_timeline(full: InFull, now: datetime) -> None:
    """The pair's life, between what is next and what it is."""
    columns = min(shutil.get_terminal_size().columns, _MOST_COLUMNS)
    rows = ["".join(piece.text for piece in row) for row in timeline(full.pair.record, now, columns)]
    drawn = _in_glyphs_there_are("\n".join(rows))
    for row in ["", *drawn.split("\n"), ""] if rows else []:
        put(row)


def _in_glyphs_there_are(drawing: str) -> str:
    """A drawing for an output that may know ASCII only."""
    try:
        drawing.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return drawing.translate(_ASCII)
    return drawing


ACTION = Action("csrtui show www.mydomain.com --json", _arguments, _run)
