"""``csrtui backup PAIR … --to DIR``: write encrypted backups.

A backup that is encrypted with a passphrase is verified by restoring it from the disk. A backup to recipients
(``--recipient``) can be verified only with an identity: ``csrtui verify --identity``.
"""

import argparse

from csrtui.cli.options import (
    DRY_RUN,
    JSON,
    add_options,
    add_passphrase_arguments,
    add_recipient_argument,
    has_passphrase_option,
    open_existing_session,
    read_new_passphrase,
    read_recipients,
)
from csrtui.cli.output import print_message
from csrtui.cli.pair_results import print_results, unreadable_results
from csrtui.cli.parser import Action
from csrtui.cli.progress import ProgressBar
from csrtui.core.backups.recipients import Recipient
from csrtui.core.base.errors import InputError
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.query import Need
from csrtui.store.output_folder import examine_backup_folder
from csrtui.tasks.backup import BackupSpec, RecipientBackupSpec, back_up_many, rehearse_backups
from csrtui.tasks.list import read_pair, read_pair_list, read_pairs
from csrtui.tasks.pair_text import destination_lines, passphrase_facts
from csrtui.tasks.parallel import Result
from csrtui.tasks.session import Session


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help="the pairs' names")
    add_options(parser, ("--all", "back up every pair that has no verified backup"))
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder for the backups")
    add_recipient_argument(parser)
    add_passphrase_arguments(parser)
    add_options(parser, DRY_RUN, JSON)


def _run(options: argparse.Namespace) -> int:
    if bool(options.pairs) is options.all:
        raise InputError(
            "specify the pairs to back up, or use --all", "csrtui backup www.mydomain.com --to DIR"
        )
    if options.recipient and has_passphrase_option(options):
        raise InputError("--recipient and a passphrase cannot be combined", "leave out one of them")
    recipients = read_recipients(options.recipient) if options.recipient else ()
    session = open_existing_session(options)
    names, unreadable = (
        _pairs_without_backup(session) if options.all else (list(dict.fromkeys(options.pairs)), [])
    )
    for name in options.pairs:
        read_pair(session, name)  # reports a mistyped name before the prompt for a passphrase
    for line in destination_lines(examine_backup_folder(options.to, session.store.path)):
        print_message(line)
    if not names:
        readable = " that can be read" if unreadable else ""
        print_message(f"every pair{readable} has a verified backup")
        return print_results(unreadable, as_json=options.json)
    results = _back_up(session, names, options, recipients)
    return print_results([*results, *unreadable], as_json=options.json)


def _back_up(
    session: Session, names: list[str], options: argparse.Namespace, recipients: tuple[Recipient, ...]
) -> list[Result]:
    spec: BackupSpec | RecipientBackupSpec
    if options.dry_run and not recipients and not has_passphrase_option(options):
        return rehearse_backups(session, names, options.to)
    if recipients:
        spec = RecipientBackupSpec(options.to, recipients)
    else:
        if not has_passphrase_option(options):
            pairs = [item for item in read_pairs(session, names) if isinstance(item, Pair)]
            for line in passphrase_facts(pairs).lines:
                print_message(line)
        passphrase = read_new_passphrase(options, "backup")
        spec = BackupSpec(options.to, passphrase, passphrase)
    if options.dry_run:
        return rehearse_backups(session, names, options.to, spec)
    with ProgressBar("backup", len(names)) as progress:
        return back_up_many(session, names, spec, on_result=lambda result: progress.advance(result.pair))


def _pairs_without_backup(session: Session) -> tuple[list[str], list[Result]]:
    """Return the names of pairs without a verified backup, and a failed result for each pair that cannot be read."""
    pair_list = read_pair_list(session)
    names = pair_list.names_needing(Need.BACKUP, session.clock())
    return names, unreadable_results(pair_list, "not backed up")


ACTION = Action(
    "csrtui backup www.mydomain.com --to /mnt/usb\n"
    "csrtui backup --all --to /mnt/usb --passphrase-file ~/.backup-passphrase\n"
    "csrtui backup --all --to /mnt/usb --recipient ~/.ssh/authorized_keys",
    _arguments,
    _run,
)
