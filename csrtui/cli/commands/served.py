"""``csrtui served PAIR [FILE | -]``: compare the certificates that a server sends with a pair, without a connection."""

import argparse
import sys

from csrtui.cli.output import print_message
from csrtui.cli.parser import Action
from csrtui.cli.results import print_results
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError
from csrtui.store.files import MAX_FOREIGN_BYTES, read_foreign
from csrtui.tasks.served import check_served


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="the output of openssl s_client -showcerts; default: -, standard input",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    return print_results(check_served(session, options.pair, _read(options.file)), as_json=options.json)


def _read(file: str) -> bytes:
    if file != "-":
        return read_foreign(file)
    if sys.stdin is None:
        raise InputError("standard input is closed", "use the name of a file")
    if sys.stdin.isatty():
        print_message("paste the output of openssl s_client -showcerts, then press Ctrl+D")
    return sys.stdin.buffer.read(MAX_FOREIGN_BYTES + 1)


ACTION = Action(
    "csrtui served www.mydomain.com s_client.txt\ncsrtui served www.mydomain.com s_client.txt --json",
    _arguments,
    _run,
)
