"""``csrtui fleet import FILE …``: certificates handed to the hosts whose keys they fit."""

import argparse

from csrtui.cli.parser import Action


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="PEM in any order, DER, PKCS #7")
    parser.add_argument("--json", action="store_true", help="a JSON line for each certificate")


def _run(options: argparse.Namespace) -> int:
    from csrtui.cli.cancellation import stopping
    from csrtui.cli.session import open_session
    from csrtui.fleet.cli.options import ending, put_failures, put_results, read_fleet, read_reach
    from csrtui.fleet.tasks.pairs import deliver, read_blobs, sort_certificates

    session = open_session(options)
    blobs = read_blobs(options.files)
    with stopping() as stop:
        reach = read_reach(options, stop)
        fleet = read_fleet(session, reach)
        well = put_results(deliver(reach, sort_certificates(fleet, blobs)), as_json=options.json)
    return ending(reach, well=put_failures(fleet, as_json=options.json) and well)


ACTION = Action("csrtui fleet import answers/*.pem --inventory hosts.ini", _arguments, _run)
