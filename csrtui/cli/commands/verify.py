"""``csrtui verify``: whether backups are there and unchanged, and with a passphrase whether they restore."""

import argparse

from csrtui.cli.parser import Action
from csrtui.cli.passphrase_options import add_passphrase_arguments, is_given, read_known_passphrase
from csrtui.cli.progress import ProgressBar
from csrtui.cli.recipient_options import (
    add_expect_argument,
    add_identity_argument,
    put_confirmations,
    read_expectation,
    say_identity,
    take_confirmation,
    verify_with_identity,
)
from csrtui.cli.results import put_refusal, put_results, unreadable_results
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.tasks.batch import Result
from csrtui.tasks.list import list_pairs
from csrtui.tasks.session import Session
from csrtui.tasks.verify import verify_wanted


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="*",
        metavar="PAIR|FILE",
        help="pairs, or files of backups; by default all pairs that have backups",
    )
    parser.add_argument(
        "--restore-test", action="store_true", help="ask for the passphrase and restore for proof"
    )
    add_identity_argument(parser)
    add_expect_argument(parser)
    parser.add_argument(
        "--confirm", metavar="TOKEN", help="what verify --identity printed elsewhere; - reads it from stdin"
    )
    add_passphrase_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    if options.confirm is not None:
        return _confirm(session, options)
    if options.expect is not None and (not options.what or {*session.store.names()} & {*options.what}):
        raise InputError(
            "--expect is for files: the backups of a pair are compared with its own CSR",
            "csrtui verify FILE --expect VALUE",
        )
    if options.identity is not None:
        results = verify_with_identity(session, options)
        status = _put(results, as_json=options.json)
        if not options.json:
            put_confirmations(results)
        return status
    expected = read_expectation(options)
    wanted, unreadable = options.what, []
    if not wanted:
        found = list_pairs(session)
        wanted = [pair.name for pair in found.pairs if pair.record.backups]
        unreadable = unreadable_results(found, "not looked at")
    passphrase = None
    if options.restore_test or is_given(options):
        passphrase = read_known_passphrase(options, "Passphrase of the backups: ")
    with ProgressBar("backups", len(wanted)) as progress:
        results = verify_wanted(
            session,
            wanted,
            passphrase,
            expected=expected,
            report=lambda one: progress.advance(one.pair),
        )
    return _put([*results, *unreadable], as_json=options.json)


def _put(results: list[Result], *, as_json: bool) -> int:
    status = put_results(results, as_json=as_json)
    for result in results:
        if result.spki_sha256 is not None and not as_json:
            say_identity(result.spki_sha256, result.names)
    return status


def _confirm(session: Session, options: argparse.Namespace) -> int:
    try:
        return put_results(take_confirmation(session, options), as_json=options.json)
    except RefusedError as error:
        return put_refusal(error, as_json=options.json)


ACTION = Action(
    "csrtui verify\ncsrtui verify www.mydomain.com --restore-test\n"
    "csrtui verify www.mydomain.com.20261123-090000.backup.age --identity ~/.ssh/id_ed25519",
    _arguments,
    _run,
)
