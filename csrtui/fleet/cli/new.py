"""``csrtui fleet new NAME …``: a pair on each host; what each would get is shown before anything is made.

Names and subject fields that are arguments can have variables of the inventory; what a profile says is literal.
"""

import argparse
from typing import TYPE_CHECKING

from csrtui.cli.parser import Action
from csrtui.cli.recipient_options import add_host_recipient_argument
from csrtui.cli.request_options import add_subject_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.fleet.tasks.requests import Planned
    from csrtui.tasks.new import Blocking


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="the first is the common name; '{{ variable }}' and '{{ variable.member }}' are replaced "
        "with what the inventory says of each host: '{{ inventory_hostname }}'",
    )
    add_subject_arguments(parser)
    parser.add_argument("--add-counterpart", action="store_true", help="also cover the www or bare twin")
    add_host_recipient_argument(parser)
    parser.add_argument("--backup-to", metavar="DIR", help="with --recipient: a folder on each host")
    parser.add_argument("--force", action="store_true", help="overrule errors that X.509 could hold")
    parser.add_argument("--dry-run", action="store_true", help="only show what each host would get")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="a JSON line for each host")


def _run(options: argparse.Namespace) -> int:
    from csrtui.cli.cancellation import stopping
    from csrtui.cli.request_options import read_asked
    from csrtui.cli.session import open_session
    from csrtui.core.names.template import Template
    from csrtui.core.subject.fields import TypedSubject
    from csrtui.fleet.cli.options import ending, put_results, read_reach, say_failure
    from csrtui.fleet.tasks.requests import make, plan
    from csrtui.tasks.new import Blocking

    backup = _backup(options)
    for field in TypedSubject._fields:
        if getattr(options, field) is not None:
            setattr(options, field, Template(getattr(options, field)))
    asked = read_asked(options, tuple(map(Template, options.names)))
    session = open_session(options)
    blocking = Blocking.OVERRULED if options.force else Blocking.STOPS
    with stopping() as stop:
        reach = read_reach(options, stop)
        planned = sorted(
            plan(session, reach, asked, counterparts=options.add_counterpart), key=lambda one: one.host
        )
        well = all(one.failure is None for one in planned)
        _show(planned)
        for one in planned:
            if one.failure is not None:
                say_failure(one.host, one.failure)
        _demand_unblocked(planned, blocking)
        if not options.dry_run and _agreed(planned, sure=options.yes):
            well = put_results(make(reach, planned, blocking, backup), as_json=options.json) and well
    return ending(reach, well=well)


def _backup(options: argparse.Namespace) -> "dict[str, object] | None":
    from csrtui.cli.recipient_options import recipients_in
    from csrtui.core.base.errors import InputError

    if bool(options.recipient) is not bool(options.backup_to):
        raise InputError("--recipient and --backup-to go together", "give both, or neither")
    if not options.recipient:
        return None
    recipients = [one.text for one in recipients_in(options.recipient)]
    return {"recipients": recipients, "backup_to": options.backup_to}


def _show(planned: "Sequence[Planned]") -> None:
    """Say what each host would get, and the advice on it."""
    from csrtui.cli.output import say

    for one in planned:
        if one.advice is not None:
            say(f"{one.host}: {', '.join(one.advice.covers) or 'nothing'}")
            for finding in one.advice.findings:
                say(f"  {finding.level.value}: {finding.text}")


def _demand_unblocked(planned: "Sequence[Planned]", blocking: "Blocking") -> None:
    from csrtui.core.base.errors import InputError
    from csrtui.fleet.tasks.requests import blocked

    found = blocked(planned, blocking)
    if found is not None:
        one, finding = found
        raise InputError(
            f"{one.host}: {finding.text}", finding.fix.label if finding.fix else "see csrtui check"
        )


def _agreed(planned: "Sequence[Planned]", *, sure: bool) -> bool:
    """Whether the user wants it; without a terminal there is nobody to ask."""
    import sys

    from csrtui.cli.output import talk
    from csrtui.core.base.errors import InputError

    count = sum(one.failure is None for one in planned)
    if sure or not count:
        return bool(count)
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("nobody is there to agree", "look at it with --dry-run, then give --yes")
    talk(f"Make a pair on {count} host{'s' if count != 1 else ''}? [y/N] ")
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


ACTION = Action(
    "csrtui fleet new '{{ inventory_hostname }}' --inventory hosts.ini -O \"My Ltd\" -L London -C GB --dry-run",
    _arguments,
    _run,
)
