"""``csrtui retire PAIR …``: mark pairs as no longer used; nothing is deleted."""

import argparse

from csrtui.cli.parser import Action
from csrtui.cli.results import print_results
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.tasks.retire import retire


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairs", nargs="+", metavar="PAIR", help="the pairs' names")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    names = list(dict.fromkeys(options.pairs))
    for name in names:
        if not session.store.has_pair(name):  # reports a mistyped name before any pair is marked
            raise InputError(f"there is no pair {visible(name)}", "csrtui list shows the pairs")
    return print_results([retire(session, name) for name in names], as_json=options.json)


ACTION = Action("csrtui retire www.mydomain.com", _arguments, _run)
