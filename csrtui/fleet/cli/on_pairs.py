"""``csrtui fleet renew``, ``install`` and ``retire``: run a command of csrtui on pairs of many hosts."""

import argparse
from collections.abc import Sequence

from csrtui.cli.output import print_message
from csrtui.cli.parser import Action
from csrtui.cli.progress import stop_on_signals
from csrtui.cli.session import add_dry_run_argument, open_session
from csrtui.core.pairs.pair import NextStep
from csrtui.fleet.cli.options import exit_status, print_failures, print_host_results, read_fleet, read_reach


def _add_arguments(parser: argparse.ArgumentParser, pairs: str, nargs: str = "*") -> None:
    parser.add_argument("pairs", nargs=nargs, metavar="PAIR", help=pairs)
    add_dry_run_argument(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON line for each pair")


def _run_on_pairs(
    options: argparse.Namespace, text: str, command: Sequence[str], step: NextStep | None = None
) -> int:
    """Run a command on the named pairs, or on all with a next step, and return the exit status."""
    from csrtui.fleet.tasks.pairs import pairs_named
    from csrtui.fleet.tasks.run_on_pairs import run_on_pairs, with_next_step

    session = open_session(options)
    if options.dry_run:
        text, command = f"would be {text}", [*command, "--dry-run"]
    with stop_on_signals() as stop:
        reach = read_reach(options, stop)
        fleet = read_fleet(session, reach)
        pairs = pairs_named(fleet, options.pairs)
        if step is not None and not options.pairs:
            pairs = with_next_step(session, pairs, step)
        ok = print_host_results(run_on_pairs(reach, pairs, text, *command), as_json=options.json)
    if not pairs:
        print_message("no pair on the hosts that answered needs this")
    return exit_status(reach, ok=print_failures(fleet, as_json=options.json) and ok)


def _renew_arguments(parser: argparse.ArgumentParser) -> None:
    _add_arguments(parser, "pairs with this name on any host (default: all that are due)")
    parser.add_argument("--same-key", action="store_true", help="keep the keys, and make new CSRs")


def _renew(options: argparse.Namespace) -> int:
    same_key = ["--same-key"] if options.same_key else []
    return _run_on_pairs(options, "renewed", ["renew", *same_key], NextStep.RENEW)


def _install_arguments(parser: argparse.ArgumentParser) -> None:
    _add_arguments(parser, "pairs with this name on any host (default: all that are to be installed)")
    parser.add_argument(
        "--for",
        dest="platform",
        metavar="PLATFORM",
        help="the server software (default: as last time)",
    )
    parser.add_argument("--to", metavar="DIR", help="the folder on each host (default: as last time)")
    parser.add_argument("--owner", metavar="U", help="the owner of the files that contain the key")
    parser.add_argument("--group", metavar="G", help="the group of these files")
    parser.add_argument("--mode", metavar="M", help="the mode of these files (default: 600)")


def _install(options: argparse.Namespace) -> int:
    values = (
        ("--for", options.platform),
        ("--to", options.to),
        ("--owner", options.owner),
        ("--group", options.group),
        ("--mode", options.mode),
    )
    arguments = [f"{name}={value}" for name, value in values if value is not None]
    return _run_on_pairs(options, "installed", ["export", "--replace", *arguments], NextStep.INSTALL)


def _retire_arguments(parser: argparse.ArgumentParser) -> None:
    _add_arguments(parser, "pairs with this name on any host", nargs="+")


def _retire(options: argparse.Namespace) -> int:
    return _run_on_pairs(options, "retired", ["retire"])


RENEW = Action(
    "csrtui fleet renew --inventory hosts.ini\ncsrtui fleet renew www.mydomain.com --inventory hosts.ini --same-key",
    _renew_arguments,
    _renew,
)
INSTALL = Action(
    "csrtui fleet install --inventory hosts.ini\n"
    "csrtui fleet install www.mydomain.com --inventory hosts.ini --for nginx --to /etc/nginx/tls",
    _install_arguments,
    _install,
)
RETIRE = Action("csrtui fleet retire old.mydomain.com --inventory hosts.ini", _retire_arguments, _retire)
