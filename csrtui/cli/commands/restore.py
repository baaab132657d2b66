"""``csrtui restore FILE``: restore a pair from its backup."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from csrtui.cli.output import say
from csrtui.cli.parser import Action
from csrtui.cli.passphrase_options import add_passphrase_arguments, read_known_passphrase
from csrtui.cli.recipient_options import (
    add_expect_argument,
    add_identity_argument,
    passphrase_of,
    read_expectation,
    read_identities,
    say_identity,
)
from csrtui.cli.results import put_refusal, put_results
from csrtui.cli.session import open_session
from csrtui.core.backups.backup_file import BackupFile
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import visible
from csrtui.tasks.backup_contents import result_of
from csrtui.tasks.key_quality import weak_key_lines
from csrtui.tasks.restore import Consent, read_backup, restore_notes, restore_read


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Put the path of a file before what is wrong with it, where it is not said already."""
    try:
        yield
    except InputError as error:
        if visible(path) in visible(error.what):
            raise
        raise type(error)(f"{visible(path)}: {error.what}", error.hint) from error
    except RefusedError as error:
        if visible(path) in visible(error.what):
            raise
        raise RefusedError(f"{visible(path)}: {error.what}", error.hint, pair=error.pair) from error


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the backup")
    add_identity_argument(parser)
    add_passphrase_arguments(parser)
    add_expect_argument(parser)
    parser.add_argument("--unsigned", action="store_true", help="restore a backup that is not signed")
    parser.add_argument("--decrypt-key", action="store_true", help="store the key without a passphrase")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    try:
        return _restore(options)
    except RefusedError as error:
        return put_refusal(error, as_json=options.json, file=options.file)


def _restore(options: argparse.Namespace) -> int:
    session = open_session(options)
    expected = read_expectation(options)
    identities = None if options.identity is None else read_identities(options)
    with naming(options.file):
        read = read_backup(session, options.file, identities, expected)
    shown = result_of(read.content, file=options.file, text="restored")
    say_identity(read.content.asked.spki_sha256, shown.names)
    consent = Consent(
        unsigned=options.unsigned or _agrees(read.content, shown.names), decrypt_key=options.decrypt_key
    )
    passphrase = None
    if (
        read.content.signed or consent.unsigned
    ):  # otherwise it is refused, and nobody is asked for a passphrase
        passphrase = (
            read_known_passphrase(options, "Passphrase of the backup: ")
            if identities is None
            else passphrase_of(options, read.content)
        )
        session.store.sweep()
    with naming(options.file):
        pair = restore_read(session, read, passphrase, consent)
    say(f"restored {pair.name} to {pair.path}")
    for line in weak_key_lines(pair):
        say(f"warning: {line}")
    for note in restore_notes(read.content, consent):
        say(note)
    result = result_of(read.content, pair=pair.name, file=options.file, text="restored")
    return put_results([result], as_json=options.json)


def _agrees(content: BackupFile, names: tuple[str, ...]) -> bool:
    """Ask on a terminal whether a backup that is not signed is to be restored; False without one, or of one that is."""
    if content.signed or not (sys.stdin and sys.stdin.isatty()):
        return False
    shown = ", ".join(names)
    sys.stderr.write(
        "The backup is not signed: anyone who can write to its medium can have changed its names and certificates.\n"
        f"Restore it with the names {shown}? [y/N] "
    )
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


ACTION = Action(
    "csrtui restore /mnt/usb/www.mydomain.com.20261123-090000.backup.pem\n"
    "csrtui restore www.mydomain.com.20261123-090000.backup.age --identity ~/.ssh/id_ed25519 --expect www.crt",
    _arguments,
    _run,
)
