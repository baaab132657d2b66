"""``csrtui restore FILE``: a pair comes back from its backup."""

import argparse

from csrtui.cli.output import say
from csrtui.cli.parser import Action
from csrtui.cli.passphrase import add_passphrase_arguments, read_known_passphrase
from csrtui.cli.results import put_results
from csrtui.cli.session import open_session
from csrtui.tasks.restore import restore
from csrtui.tasks.results import Result


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the backup")
    add_passphrase_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    passphrase = read_known_passphrase(options, "Passphrase of the backup: ")
    session.store.sweep()
    pair = restore(session, options.file, passphrase)
    say(f"restored {pair.name} to {pair.path}")
    result = Result(ok=True, pair=pair.name, file=options.file, text="restored")
    return put_results([result], as_json=options.json)


ACTION = Action("csrtui restore /mnt/usb/www.mydomain.com.20261123-090000.backup.pem", _arguments, _run)
