"""``csrtui backup PAIR … --to DIR``: encrypted backups, each proved by restoring it from the disk.

With ``--recipient`` they are encrypted to others, and proved where those have their identities.
"""

import argparse

from csrtui.cli.output import say
from csrtui.cli.parser import Action
from csrtui.cli.passphrase_options import add_passphrase_arguments, read_new_passphrase
from csrtui.cli.progress import ProgressBar
from csrtui.cli.recipient_options import add_recipient_argument, back_up_to_recipients, read_recipients_given
from csrtui.cli.results import put_results, unreadable_results
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError
from csrtui.core.pairs.pair import BackupStatus, Stage
from csrtui.store.backups import look_at
from csrtui.tasks.backup import BackupSpec, back_up_many
from csrtui.tasks.batch import Result
from csrtui.tasks.list import list_pairs, read_pair
from csrtui.tasks.pair_text import destination_lines
from csrtui.tasks.session import Session


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help="the pairs' names")
    parser.add_argument("--all", action="store_true", help="every pair that has no verified backup")
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder the backups go to")
    add_recipient_argument(parser)
    add_passphrase_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    if bool(options.pairs) is options.all:
        raise InputError(
            "name the pairs to back up, or give --all", "csrtui backup www.mydomain.com --to DIR"
        )
    recipients = read_recipients_given(options) if options.recipient else ()
    session = open_existing_session(options)
    names, unreadable = _bare_pairs(session) if options.all else (list(dict.fromkeys(options.pairs)), [])
    for name in options.pairs:
        read_pair(session, name)  # a name mistyped is said before a passphrase is asked for
    for line in destination_lines(look_at(options.to, session.store.path)):
        say(line)
    if not names:
        say(
            "every pair that can be read has a verified backup"
            if unreadable
            else "every pair has a verified backup"
        )
        return put_results(unreadable, as_json=options.json)
    if recipients:
        results = back_up_to_recipients(session, names, options.to, recipients)
        return put_results([*results, *unreadable], as_json=options.json)
    passphrase = read_new_passphrase(options, "backup")
    order = BackupSpec(options.to, passphrase, passphrase)
    with ProgressBar("backups", len(names)) as progress:
        results = back_up_many(session, names, order, report=lambda result: progress.advance(result.pair))
    return put_results([*results, *unreadable], as_json=options.json)


def _bare_pairs(session: Session) -> tuple[list[str], list[Result]]:
    """The pairs without a verified backup, and those of which that cannot be told."""
    found = list_pairs(session)
    bare = [
        pair.name
        for pair in found.pairs
        if pair.record.backup_status is not BackupStatus.VERIFIED and pair.record.stage is not Stage.RETIRED
    ]
    return bare, unreadable_results(found, "not backed up")


ACTION = Action(
    "csrtui backup www.mydomain.com --to /mnt/usb\ncsrtui backup --all --to /mnt/usb --passphrase-file ~/.backup-passphrase\n"
    "csrtui backup --all --to /mnt/usb --recipient ~/.ssh/authorized_keys",
    _arguments,
    _run,
)
