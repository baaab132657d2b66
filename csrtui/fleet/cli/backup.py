"""``csrtui fleet backup``: backups to recipients, written on the hosts; no passphrase is anywhere."""

import argparse

from csrtui.cli.parser import Action
from csrtui.cli.recipient_options import add_host_recipient_argument


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pairs",
        nargs="*",
        metavar="PAIR",
        help="of that name, on whichever hosts; without: all without a backup",
    )
    parser.add_argument("--to", required=True, metavar="DIR", help="a folder on each host")
    add_host_recipient_argument(parser)
    parser.add_argument("--json", action="store_true", help="a JSON line for each pair")


def _run(options: argparse.Namespace) -> int:
    from csrtui.cli.cancellation import stopping
    from csrtui.cli.output import say
    from csrtui.cli.recipient_options import recipients_in
    from csrtui.cli.session import open_session
    from csrtui.core.base.errors import InputError
    from csrtui.fleet.cli.options import ending, put_failures, put_results, read_fleet, read_reach
    from csrtui.fleet.tasks.pairs import back_up, chosen, not_backed_up

    if not options.recipient:
        raise InputError("no recipient was named for the backups", "--recipient ~/.ssh/id_ed25519.pub")
    recipients = recipients_in(options.recipient)
    session = open_session(options)
    with stopping() as stop:
        reach = read_reach(options, stop)
        fleet = read_fleet(session, reach)
        pairs = chosen(fleet, options.pairs)
        pairs = pairs if options.pairs else not_backed_up(pairs)
        well = put_results(back_up(reach, pairs, options.to, recipients), as_json=options.json)
    if not pairs:
        say("every pair that was read has a backup")
    return ending(reach, well=put_failures(fleet, as_json=options.json) and well)


ACTION = Action(
    "csrtui fleet backup --inventory hosts.ini --to /var/backups --recipient ~/.ssh/id_ed25519.pub",
    _arguments,
    _run,
)
