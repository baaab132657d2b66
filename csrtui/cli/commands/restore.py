"""``csrtui restore FILE``: restore a pair from its backup."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from csrtui.cli.options import (
    DRY_RUN,
    JSON,
    add_expect_argument,
    add_identity_argument,
    add_options,
    add_passphrase_arguments,
    open_session,
    print_key_and_names,
    read_expectation,
    read_key_passphrase,
    read_known_passphrase,
)
from csrtui.cli.output import confirm, print_message, write_message
from csrtui.cli.pair_results import print_results
from csrtui.cli.parser import Action
from csrtui.core.backups.backup_file import BackupFile
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import names_file, visible
from csrtui.store.secret_file import read_identity
from csrtui.tasks.backup_contents import build_result
from csrtui.tasks.private_keys import weak_key_lines
from csrtui.tasks.restore import Consent, read_backup, restore_contents, restore_notes


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the backup")
    add_identity_argument(parser)
    add_passphrase_arguments(parser)
    add_expect_argument(parser)
    add_options(
        parser,
        ("--unsigned", "restore a backup that is not signed"),
        ("--decrypt-key", "store the key without a passphrase"),
        DRY_RUN,
        JSON,
    )


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    expected = read_expectation(options)
    identities = None if options.identity is None else read_identity(options.identity)
    with _prefix_errors(options.file):
        read = read_backup(session, options.file, identities, expected)
    result = build_result(read.content, file=options.file, text="restored")
    print_key_and_names(read.content.csr.spki_sha256, result.names)
    is_accepted = options.unsigned or (not options.dry_run and _accept_unsigned(read.content, result.names))
    consent = Consent(unsigned=is_accepted, decrypt_key=options.decrypt_key)
    passphrase = None
    if read.content.is_signed or is_accepted:  # otherwise the backup is refused without a prompt
        passphrase = (
            read_known_passphrase(options, "Passphrase of the backup: ")
            if identities is None
            else read_key_passphrase(options, read.content)
        )
        session.store.remove_leftovers()
    with _prefix_errors(options.file):
        pair = restore_contents(session, read, passphrase, consent)
    print_message(f"{'would restore' if options.dry_run else 'restored'} {pair.name} to {pair.path}")
    for line in weak_key_lines(session, pair):
        print_message(f"warning: {line}")
    for note in restore_notes(read.content, consent):
        print_message(note)
    text = "would be restored" if options.dry_run else "restored"
    result = build_result(read.content, pair=pair.name, file=options.file, text=text)
    return print_results([result], as_json=options.json)


@contextmanager
def _prefix_errors(path: str) -> Iterator[None]:
    """Put the path of a file before the error messages of the block, unless they contain it."""
    try:
        yield
    except (InputError, RefusedError) as error:
        if names_file(visible(error.message), visible(path), visible(os.path.abspath(path))):
            raise
        message = f"{visible(path)}: {error.message}"
        if isinstance(error, RefusedError):
            raise RefusedError(message, error.hint, pair=error.pair) from error
        raise type(error)(message, error.hint) from error


def _accept_unsigned(content: BackupFile, names: tuple[str, ...]) -> bool:
    """Ask whether to restore an unsigned backup, and return the answer, or False if there is no terminal."""
    if content.is_signed or not (sys.stdin and sys.stdin.isatty()):
        return False
    write_message(
        "The backup is not signed: anyone who can write to its medium could have changed its names and certificates.\n"
    )
    return confirm(f"Restore it with the names {', '.join(names)}?")


ACTION = Action(
    "csrtui restore /mnt/usb/www.mydomain.com.20261123-090000.backup.pem\n"
    "csrtui restore www.backup.age --identity ~/.ssh/id_ed25519 --expect www.crt",
    _arguments,
    _run,
)
