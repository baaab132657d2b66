"""``csrtui show PAIR``: show one pair in full."""

import argparse
import shutil
from datetime import datetime

from csrtui.cli.options import JSON, add_options, open_existing_session
from csrtui.cli.output import drawable, name_store, pager, print_json, print_line, print_message
from csrtui.cli.parser import Action
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import pair_document
from csrtui.tasks.show import PairDetails, pair_lines, read_pair_details, timeline

_MAX_COLUMNS = 120
_TLSA_NOTE = (
    "publish it as the TLSA record of _25._tcp.HOST (SMTP) or another port; after a renewal with a new key, publish "
    "both records and wait two TTLs before you install the new key"
)
"""Instructions for the data of a TLSA record (RFC 7671, 8.1)."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    add_options(parser, ("--tlsa", "print only the data of the TLSA record for the key (DANE-EE)"), JSON)


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    now = session.clock()
    details = read_pair_details(session, options.pair)
    if options.tlsa:
        return _print_tlsa(details.pair, as_json=options.json)
    if options.json:
        chain = {"chain": details.status.as_json()} if details.status else {}
        print_json(pair_document(details.pair, now) | chain)
        return 0
    with pager():
        for label, text in pair_lines(details.pair, now, details):
            if label == "Subject":
                _print_timeline(details, now)
            is_error = label == "Certificate" and details.certificate_error
            print_line(f"{label:<12}{name_store(text) if is_error else text}")
    return 0


def _print_tlsa(pair: Pair, *, as_json: bool) -> int:
    data = f"3 1 1 {pair.record.key.spki_sha256}"  # DANE-EE, SubjectPublicKeyInfo, SHA-256 (RFC 6698, 2.1)
    if as_json:
        print_json({"schema": 1, "pair": pair.name, "tlsa": data})
    else:
        print_line(data)
        print_message(f"note: {_TLSA_NOTE}")
    return 0


def _print_timeline(details: PairDetails, now: datetime) -> None:
    columns = min(shutil.get_terminal_size().columns, _MAX_COLUMNS)
    rows = ["".join(piece.text for piece in row) for row in timeline(details.pair.record, now, columns)]
    if not rows:
        return
    for row in ["", *drawable("\n".join(rows)).split("\n"), ""]:
        print_line(row)


ACTION = Action("csrtui show www.mydomain.com --json\ncsrtui show --tlsa mail.mydomain.com", _arguments, _run)
