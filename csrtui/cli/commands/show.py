"""``csrtui show PAIR``: one pair in full."""

import argparse
from datetime import datetime

from csrtui.cli.output import put, put_json
from csrtui.cli.parser import Action
from csrtui.cli.session import open_session
from csrtui.core.pair import Pair
from csrtui.core.pair_json import describe
from csrtui.tasks.review import read_pair
from csrtui.tasks.wording import pair_lines


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    pair, _request = read_pair(session, options.pair)
    now = session.clock()
    if options.json:
        put_json(describe(pair, now))
    else:
        _put(pair, now)
    return 0


def _put(pair: Pair, now: datetime) -> None:
    for label, text in pair_lines(pair, now):
        put(f"{label:<12}{text}")


ACTION = Action("csrtui show www.mydomain.com --json", _arguments, _run)
