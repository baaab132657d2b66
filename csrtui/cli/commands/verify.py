"""``csrtui verify``: check that backups exist and are unchanged; with a passphrase or identity, test a restore."""

import argparse
import sys

from csrtui.cli.options import (
    DRY_RUN,
    JSON,
    add_expect_argument,
    add_identity_argument,
    add_options,
    add_passphrase_arguments,
    has_passphrase_option,
    open_existing_session,
    print_key_and_names,
    read_expectation,
    read_key_passphrase,
    read_known_passphrase,
)
from csrtui.cli.output import print_line, print_message
from csrtui.cli.pair_results import print_results, unreadable_results
from csrtui.cli.parser import Action
from csrtui.cli.progress import ProgressBar
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.pairs.query import Need
from csrtui.tasks.list import read_all_pairs, read_pair_list
from csrtui.tasks.parallel import Result
from csrtui.tasks.session import Session
from csrtui.tasks.verify import verify_many, verify_names_or_files, verify_with_identity


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="PAIR|FILE",
        help="pairs or backup files (default: all pairs that have backups)",
    )
    add_options(parser, ("--restore-test", "ask for the passphrase and test a restore"))
    add_identity_argument(parser)
    add_expect_argument(parser)
    add_options(
        parser,
        (
            "--confirm",
            "TOKEN",
            "mark a backup as verified, with the token that verify --identity printed on another machine; - reads standard input",
        ),
    )
    add_passphrase_arguments(parser)
    add_options(parser, DRY_RUN, JSON)


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    if options.confirm is not None:
        return _confirm(session, options)
    if options.expect is not None and (not options.targets or {*session.store.names()} & {*options.targets}):
        raise InputError(
            "--expect is for files: the backups of a pair are compared with its own CSR",
            "csrtui verify FILE --expect VALUE",
        )
    if options.identity is not None:
        results = _verify_with_identity(session, options)
        status = _print(results, as_json=options.json)
        if not options.json:
            _print_confirmations(results)
        return status
    expected = read_expectation(options)
    targets, unreadable = options.targets, []
    if not targets:
        pair_list = read_pair_list(session)
        targets = pair_list.names_needing(Need.VERIFICATION, session.clock())
        unreadable = unreadable_results(pair_list, "not checked")
    passphrase = None
    if options.restore_test or has_passphrase_option(options):
        passphrase = read_known_passphrase(options, "Passphrase of the backups: ")
    with ProgressBar("backup", len(targets)) as progress:
        results = verify_names_or_files(
            session,
            targets,
            passphrase,
            expected=expected,
            on_result=lambda result: progress.advance(result.pair),
        )
    return _print([*results, *unreadable], as_json=options.json)


def _print(results: list[Result], *, as_json: bool) -> int:
    status = print_results(results, as_json=as_json)
    for result in results:
        if result.spki_sha256 is not None and not as_json:
            print_key_and_names(result.spki_sha256, result.names)
    return status


def _verify_with_identity(session: Session, options: argparse.Namespace) -> list[Result]:
    """Test restoring the backups of the named pairs and files with an identity, and return the results."""
    from csrtui.store.secret_file import read_identity
    from csrtui.tasks.backup_contents import read_contents

    if not options.targets:
        raise InputError("--identity needs pairs or files", "csrtui verify FILE --identity F")
    identities, expected = read_identity(options.identity), read_expectation(options)
    names = set(session.store.names())
    passphrase = None
    if has_passphrase_option(options) and not names.isdisjoint(options.targets):
        passphrase = read_known_passphrase(options, "")
    pairs = () if names.issuperset(options.targets) else read_all_pairs(session).pairs

    def verify_file(path: str) -> Result:
        try:
            contents = read_contents(path, identities)
            if expected is not None:
                expected.check(contents.content.csr)
            key_passphrase = read_key_passphrase(options, contents.content)
            return verify_with_identity(session, contents, key_passphrase, pairs)
        except (InputError, RefusedError) as error:
            if error.hint:
                print_message(f"hint: {error.hint}")
            pair = error.pair if isinstance(error, RefusedError) else None
            return Result(ok=False, pair=pair, file=path, text=error.message)

    results = []
    for target in options.targets:
        if target in names:
            results += verify_many(session, [target], passphrase, identities)
        else:
            results.append(verify_file(target))
    return results


def _print_confirmations(results: list[Result]) -> None:
    """For backups of other keystores, print the commands that mark them as verified there."""
    tokens = [result.confirm for result in results if result.confirm]
    if tokens:
        print_message("to mark it as verified on the machine that made it, run there:")
    for token in tokens:
        print_line(f"csrtui verify --confirm {token}")


def _confirm(session: Session, options: argparse.Namespace) -> int:
    """Mark as verified the backup that the argument of ``--confirm`` names, and return the exit status."""
    from csrtui.core.backups.confirmation import MAX_CHARACTERS
    from csrtui.tasks.verify import confirm

    others = (options.targets, options.identity, options.restore_test, options.expect)
    if any(others) or has_passphrase_option(options):
        raise InputError(
            "--confirm cannot be combined with pairs, files or other options", "csrtui verify --confirm TOKEN"
        )
    confirmation = options.confirm
    if confirmation == "-":
        if sys.stdin is None:
            raise InputError("standard input is closed")
        confirmation = sys.stdin.buffer.read(MAX_CHARACTERS + 1).decode("ascii", "replace")
    return print_results([confirm(session, confirmation)], as_json=options.json)


ACTION = Action(
    "csrtui verify\ncsrtui verify www.mydomain.com --restore-test\n"
    "csrtui verify /mnt/usb/*.backup.age --identity ~/.ssh/id_ed25519",
    _arguments,
    _run,
)
