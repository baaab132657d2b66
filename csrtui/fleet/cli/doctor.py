"""``csrtui fleet doctor``: show the problems of the keystores of many hosts, each with its remedy."""

import argparse
from typing import TYPE_CHECKING

from csrtui.cli.parser import Action

if TYPE_CHECKING:
    from csrtui.fleet.tasks.doctor import ExaminedHost


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="a JSON line for each finding, and each host that failed"
    )


def _run(options: argparse.Namespace) -> int:
    from csrtui.cli.cancellation import stopping
    from csrtui.cli.output import say
    from csrtui.core.base.escaping import plural
    from csrtui.fleet.cli.options import ending, read_reach
    from csrtui.fleet.tasks.doctor import examine

    hosts = findings = failed = 0
    well = True
    with stopping() as stop:
        reach = read_reach(options, stop)
        for one in examine(reach):
            hosts += 1
            findings += len(one.findings)
            failed += one.failure is not None
            well = well and one.is_well
            _put(one, as_json=options.json)
    if not options.json:
        say(f"{plural(hosts, 'host')} examined: {plural(findings, 'finding')}, {failed} failed")
    return ending(reach, well=well)


def _put(one: "ExaminedHost", *, as_json: bool) -> None:
    from csrtui.cli.output import put, put_json
    from csrtui.fleet.cli.options import say_failure

    if as_json:
        for finding in one.findings:
            put_json(finding.as_json(), indent=None)
        if one.failure is not None:
            put_json(one.failure.as_json(one.host), indent=None)
        return
    for finding in one.findings:
        put(f"{one.host}: {finding.level.value}: {finding.text} ({finding.code})")
        put(f"  {finding.remedy}")
    if one.failure is not None:
        say_failure(one.host, one.failure)


ACTION = Action(
    "csrtui fleet doctor --inventory hosts.ini\ncsrtui fleet doctor --inventory hosts.ini --limit web --json",
    _arguments,
    _run,
)
