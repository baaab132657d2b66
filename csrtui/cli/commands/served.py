"""``csrtui served PAIR [FILE | -]``: check that a server sends the certificates of a pair. csrtui does not connect to it."""

import argparse
import sys

from csrtui.cli.options import JSON, add_options, open_existing_session
from csrtui.cli.output import print_message, read_input
from csrtui.cli.pair_results import print_results
from csrtui.cli.parser import Action
from csrtui.tasks.served import check_served


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="the output of openssl s_client -showcerts (default: -, standard input)",
    )
    add_options(parser, JSON)


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    if options.file == "-" and sys.stdin is not None and sys.stdin.isatty():
        print_message("paste the output of openssl s_client -showcerts, then press Ctrl+D")
    file = None if options.file == "-" else options.file
    results = check_served(session, options.pair, read_input(options.file), file)
    return print_results(results, as_json=options.json)


ACTION = Action(
    "openssl s_client -connect www.mydomain.com:443 -showcerts </dev/null |\n"
    "  csrtui served www.mydomain.com\n"
    "csrtui served www.mydomain.com s_client.txt --json",
    _arguments,
    _run,
)
