"""``csrtui fleet``: the keystores of many hosts, read and worked with through Ansible; each key stays on its host."""

import argparse

from csrtui.cli.parser import Action, CliCommand
from csrtui.core.base.errors import InputError
from csrtui.fleet.cli.options import add_reach_arguments, add_reach_arguments_again

COMMANDS = (
    CliCommand("list", "List the pairs of all hosts, what wants attention first.", "csrtui.fleet.cli.list"),
    CliCommand("new", "Make a pair on each host, for names of its own.", "csrtui.fleet.cli.new"),
    CliCommand("csr", "Fetch CSRs into a folder.", "csrtui.fleet.cli.csr"),
    CliCommand("import", "Hand certificates to the hosts whose keys they fit.", "csrtui.fleet.cli.import_"),
    CliCommand("backup", "Have backups to recipients written on hosts.", "csrtui.fleet.cli.backup"),
    CliCommand("doctor", "Have every host examine its keystore.", "csrtui.fleet.cli.doctor"),
)
"""What stands after ``csrtui fleet``."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_reach_arguments(parser)
    parser.set_defaults(below=None)
    below = parser.add_subparsers(
        title="commands", metavar="COMMAND", prog="csrtui fleet", help="what to do with the hosts"
    )
    for command in COMMANDS:
        action = command.action
        sub = below.add_parser(
            command.name,
            help=command.summary,
            description=command.summary,
            epilog="example:\n" + "\n".join(f"  {line}" for line in action.example.splitlines()),
        )
        sub.add_argument("--store", metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        add_reach_arguments_again(sub)
        action.arguments(sub)
        sub.set_defaults(below=command)


def _run(options: argparse.Namespace) -> int:
    status: int = _open(options) if options.below is None else options.below.action.run(options)
    return status


def _open(options: argparse.Namespace) -> int:
    """Open the screen; it has the terminal, so that neither ssh nor sudo may ask there.

    Raises:
        InputError: There is no screen here, or a password would have to be asked for.
    """
    from dataclasses import replace

    from csrtui.cli.cancellation import Stop
    from csrtui.cli.session import open_session
    from csrtui.fleet.ansible import Terminal, check_inventory
    from csrtui.fleet.cli.options import read_reach

    reach = read_reach(options, Stop())
    check_inventory(reach.target)
    if options.ask_become_pass:
        raise InputError("on the screen no password can be asked for", "csrtui fleet list --ask-become-pass")
    from csrtui.fleet.tui import open_fleet

    target = replace(reach.target, terminal=Terminal.WITHHELD)
    return open_fleet(open_session(options), replace(reach, target=target))


ACTION = Action(
    "csrtui fleet --inventory hosts.ini\ncsrtui fleet list --inventory hosts.ini\ncsrtui fleet csr --inventory hosts.ini --to csrs",
    _arguments,
    _run,
)
