"""``csrtui fleet csr``: the CSRs of many hosts, fetched into a folder."""

import argparse

from csrtui.cli.parser import Action


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pairs",
        nargs="*",
        metavar="PAIR",
        help="of that name, on whichever hosts; without: all not submitted yet",
    )
    parser.add_argument(
        "--to", required=True, metavar="DIR", help="a folder here, for files HOST.PAIR.csr.pem"
    )
    parser.add_argument("--json", action="store_true", help="a JSON line for each pair")


def _run(options: argparse.Namespace) -> int:
    from csrtui.cli.cancellation import stopping
    from csrtui.cli.output import say
    from csrtui.cli.session import open_session
    from csrtui.fleet.cli.options import ending, put_failures, put_results, read_fleet, read_reach
    from csrtui.fleet.tasks.hosts import recall
    from csrtui.fleet.tasks.pairs import chosen, fetch_csrs, not_submitted

    session = open_session(options)
    with stopping() as stop:
        reach = read_reach(options, stop)
        shown = recall(session, reach.target.inventory)
        fleet = read_fleet(session, reach)
        pairs = chosen(fleet, options.pairs)
        pairs = pairs if options.pairs else not_submitted(pairs)
        well = put_results(fetch_csrs(reach, pairs, options.to, shown), as_json=options.json)
    if not pairs:
        say("no pair that was read waits to be submitted")
    return ending(reach, well=put_failures(fleet, as_json=options.json) and well)


ACTION = Action(
    "csrtui fleet csr --inventory hosts.ini --to csrs\ncsrtui fleet csr www.mydomain.com --inventory hosts.ini --to csrs",
    _arguments,
    _run,
)
