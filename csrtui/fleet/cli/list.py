"""``csrtui fleet list``: the pairs of many hosts, a line each."""

import argparse

from csrtui.cli.parser import Action


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--filter",
        default="",
        metavar="TEXT",
        help="only pairs that hold every word of it, or their host does",
    )
    parser.add_argument("--next", metavar="STEP", help="only pairs with this next step")
    parser.add_argument("--retired", action="store_true", help="also pairs that are retired")
    parser.add_argument("--last", action="store_true", help="what was last known; no host is asked")
    parser.add_argument(
        "--json", action="store_true", help="a JSON line for each pair, and each host that failed"
    )


def _run(options: argparse.Namespace) -> int:
    from csrtui.cli.cancellation import stopping
    from csrtui.cli.output import put_json, put_table, say
    from csrtui.cli.session import open_session
    from csrtui.core.base.errors import InputError
    from csrtui.core.pairs.pair import NextStep
    from csrtui.core.pairs.query import Query, Retired
    from csrtui.core.pairs.summary import summarize
    from csrtui.fleet.cli.options import ending, put_failures, read_fleet, read_reach
    from csrtui.fleet.model import fleet_age, fleet_summary, selected
    from csrtui.fleet.tasks.hosts import Keeping, recall
    from csrtui.tasks.pair_text import LIST_HEADER, list_row

    if options.next is not None and options.next not in tuple(NextStep):
        raise InputError(f'there is no step "{options.next}"', ", ".join(NextStep))
    session = open_session(options)
    with stopping() as stop:
        reach = read_reach(options, stop)
        fleet = (
            recall(session, reach.target.inventory)
            if options.last
            else read_fleet(session, reach, Keeping.KEPT)
        )
    now = session.clock()
    retired = Retired.SHOWN if options.retired or options.filter else Retired.HIDDEN
    step = NextStep(options.next) if options.next else None
    found = selected(fleet.pairs(), Query.typed(options.filter, step, retired), now)
    if options.json:
        for one in found:
            put_json(one.as_json(), indent=None)
    else:
        rows = [(one.host, *list_row(summarize(one.pair), now)) for one in found]
        if rows:
            put_table(("Host", *LIST_HEADER), rows)
        say(fleet_summary(fleet, [one.pair for one in found], now))
        if options.last:
            say(fleet_age(fleet, now))
    return ending(reach, well=put_failures(fleet, as_json=options.json))


ACTION = Action(
    "csrtui fleet list --inventory hosts.ini\ncsrtui fleet list --inventory hosts.ini --limit web --next renew --json",
    _arguments,
    _run,
)
