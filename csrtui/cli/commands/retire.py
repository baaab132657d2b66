"""``csrtui retire PAIR …``: mark pairs as no longer used, compromised or revoked, or undo this; nothing is deleted."""

import argparse
from typing import TYPE_CHECKING

from csrtui.cli.options import DRY_RUN, JSON, add_options, open_existing_session
from csrtui.cli.output import print_message
from csrtui.cli.pair_results import print_results
from csrtui.cli.parser import Action
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.tasks.retire import CompromiseResult, mark_compromised, mark_revoked, retire, undo_retirement
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.tasks.parallel import Result


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairs", nargs="+", metavar="PAIR", help="the pairs' names")
    mark = parser.add_mutually_exclusive_group()
    add_options(
        mark,
        ("--undo", "remove the mark, so that the pairs are in use again"),
        (
            "--compromised",
            "mark the keys as compromised: they must never be used again; shows how to revoke their certificates",
        ),
        ("--revoked", "record that the CA has revoked the certificates of compromised keys"),
    )
    add_options(parser, DRY_RUN, JSON)


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    names = list(dict.fromkeys(options.pairs))
    for name in names:
        if not session.store.has_pair(name):  # reports a mistyped name before any pair is marked
            raise InputError(f"there is no pair {visible(name)}", "csrtui list shows the pairs")
    if options.compromised:
        return _mark_compromised(session, names, as_json=options.json)
    task = undo_retirement if options.undo else mark_revoked if options.revoked else retire
    return print_results([task(session, name) for name in names], as_json=options.json)


def _mark_compromised(session: Session, names: list[str], *, as_json: bool) -> int:
    results: dict[str | None, Result] = {}
    for name in names:
        if name not in results:  # otherwise, it was marked together with another pair that has the same key
            results |= {result.pair: result for result in mark_compromised(session, name)}
    status = print_results(list(results.values()), as_json=as_json)
    for result in results.values():
        if isinstance(result, CompromiseResult) and not as_json:
            prefix = f"{result.pair}: " if len(results) > 1 else ""
            for paragraph in result.paragraphs():
                for line in paragraph:
                    print_message(f"{prefix}{line}")
    return status


ACTION = Action(
    "csrtui retire www.mydomain.com\ncsrtui retire --undo www.mydomain.com\n"
    "csrtui retire --compromised www.mydomain.com",
    _arguments,
    _run,
)
