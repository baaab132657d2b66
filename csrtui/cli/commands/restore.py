"""``csrtui restore FILE``: a pair comes back from its backup."""

import argparse

from csrtui.cli.naming import naming
from csrtui.cli.output import say
from csrtui.cli.parser import Action
from csrtui.cli.passphrase import add_passphrase_arguments, read_known_passphrase
from csrtui.cli.recipients import add_identity_argument, passphrase_of, read_identities
from csrtui.cli.results import put_refusal, put_results
from csrtui.cli.session import open_session
from csrtui.core.errors import RefusedError
from csrtui.core.pair import Pair
from csrtui.tasks.key_quality import weak_key_lines
from csrtui.tasks.restore import read_backup, restore_read
from csrtui.tasks.results import Result
from csrtui.tasks.session import Session


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the backup")
    add_identity_argument(parser)
    add_passphrase_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    try:
        pair = _with_identity(session, options) if options.identity else _with_passphrase(session, options)
    except RefusedError as error:
        return put_refusal(error, as_json=options.json, file=options.file)
    say(f"restored {pair.name} to {pair.path}")
    for line in weak_key_lines(pair):
        say(f"warning: {line}")
    result = Result(ok=True, pair=pair.name, file=options.file, text="restored")
    return put_results([result], as_json=options.json)


def _with_passphrase(session: Session, options: argparse.Namespace) -> Pair:
    with naming(options.file):
        read = read_backup(session, options.file)
    passphrase = read_known_passphrase(options, "Passphrase of the backup: ")
    session.store.sweep()
    with naming(options.file):
        return restore_read(session, read, passphrase)


def _with_identity(session: Session, options: argparse.Namespace) -> Pair:
    from csrtui.tasks.age import open_backup, restore_pair

    identities = read_identities(options)
    with naming(options.file):
        opened = open_backup(options.file, identities)
    passphrase = passphrase_of(options, opened.found)
    session.store.sweep()
    with naming(options.file):
        return restore_pair(session, opened, passphrase)


ACTION = Action("csrtui restore /mnt/usb/www.mydomain.com.20261123-090000.backup.pem", _arguments, _run)
