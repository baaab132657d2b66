"""``csrtui retire PAIR …``: pairs that are no longer used are marked so; nothing is deleted."""

import argparse

from csrtui.cli.parser import Action
from csrtui.cli.results import put_results
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.tasks.retire import retire


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairs", nargs="+", metavar="PAIR", help="the pairs' names")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    names = list(dict.fromkeys(options.pairs))
    for name in names:
        if not session.store.has(name):  # a name mistyped is said before anything is marked
            raise InputError(f"there is no pair {visible(name)}", "csrtui list shows the pairs")
    return put_results([retire(session, name) for name in names], as_json=options.json)


ACTION = Action("csrtui retire www.mydomain.com", _arguments, _run)
