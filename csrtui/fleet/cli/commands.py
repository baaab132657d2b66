"""``csrtui fleet``: work with the keystores of many hosts through Ansible; each key stays on its host.

Names and subject fields in the arguments of ``csrtui fleet new`` can contain variables of the inventory. Values from a
profile are literal.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from csrtui.cli.options import (
    DRY_RUN,
    FORCE,
    add_options,
    add_recipient_argument,
    open_session,
    read_recipients,
)
from csrtui.cli.output import confirm, print_json, print_line, print_message, print_table
from csrtui.cli.parser import Action, add_command
from csrtui.cli.progress import StopEvent, stop_on_signals
from csrtui.cli.request_options import add_request_arguments, read_request_options
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import plural
from csrtui.core.names.inventory_template import Template
from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.query import Query, Retired
from csrtui.core.pairs.summary import summarize
from csrtui.core.subject.fields import SubjectInput
from csrtui.fleet.ansible import check_inventory
from csrtui.fleet.cli import pair_commands
from csrtui.fleet.cli.options import (
    add_reach_arguments,
    exit_status,
    override_reach_arguments,
    print_failure,
    print_failures,
    print_host_results,
    read_fleet,
    read_reach,
)
from csrtui.fleet.host_states import fleet_age_text, fleet_summary, select_pairs
from csrtui.fleet.tasks.results import HostResult
from csrtui.fleet.tasks.run_on_hosts import load_matching_fleet
from csrtui.tasks.pair_text import LIST_HEADER, list_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from csrtui.fleet.tasks.doctor import ExaminedHost
    from csrtui.fleet.tasks.requests import PlannedRequest


def _new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="the first is the common name; '{{ variable }}' and '{{ variable.member }}' stand for each host's "
        "values in the inventory, e.g. '{{ inventory_hostname }}'",
    )
    add_request_arguments(parser)
    add_recipient_argument(parser, "the recipients that can open the backups")
    add_options(
        parser,
        ("--backup-to", "DIR", "with --recipient: the folder for the backups on each host"),
        FORCE,
        DRY_RUN,
        ("--yes", "make the pairs without asking"),
        ("--json", "print a JSON line for each host"),
    )


def _new(options: argparse.Namespace) -> int:
    from csrtui.fleet.tasks.requests import make_pairs, plan

    backup = _backup_options(options)
    for field in SubjectInput._fields:
        if getattr(options, field) is not None:
            setattr(options, field, Template(getattr(options, field)))
    spec = read_request_options(options, tuple(map(Template, options.names)))
    session = open_session(options)
    with stop_on_signals() as stop:
        reach = read_reach(options, stop)
        planned = sorted(
            plan(session, reach, spec, counterparts=options.add_counterpart), key=lambda request: request.host
        )
        _print_plan(planned)
        failures = [
            HostResult.failed(request.host, request.failure) for request in planned if request.failure
        ]
        ok = print_host_results(failures, as_json=options.json)
        _check_unblocked(planned, force=options.force)
        results: Iterable[HostResult] = ()
        if options.dry_run:
            results = [
                HostResult(
                    request.host, _WOULD_MAKE, changed=False, covers=tuple(request.advice.covered_names)
                )
                for request in planned
                if request.advice is not None
            ]
        elif _is_confirmed(planned, yes=options.yes):
            results = make_pairs(reach, planned, backup, force=options.force)
        ok = print_host_results(results, as_json=options.json) and ok
    return exit_status(reach, ok=ok)


_WOULD_MAKE = "a pair would be made, unless the host has the same one"


def _backup_options(options: argparse.Namespace) -> dict[str, object] | None:
    if bool(options.recipient) is not bool(options.backup_to):
        raise InputError("--recipient and --backup-to go together", "use both, or neither")
    if not options.recipient:
        return None
    recipients = [recipient.text for recipient in read_recipients(options.recipient)]
    return {"recipients": recipients, "backup_to": options.backup_to}


def _print_plan(planned: Sequence["PlannedRequest"]) -> None:
    """Print the names and the advice for each host."""
    for request in planned:
        if request.advice is not None:
            print_message(f"{request.host}: {', '.join(request.advice.covered_names) or 'nothing'}")
            for finding in request.advice.findings:
                print_message(f"  {finding.level.value}: {finding.text}")


def _check_unblocked(planned: Sequence["PlannedRequest"], *, force: bool) -> None:
    from csrtui.fleet.tasks.requests import first_blocking
    from csrtui.tasks.new import BlockedError

    blocked = first_blocking(planned, force=force)
    if blocked is not None:
        request, finding = blocked
        error = BlockedError((finding,))
        hint = error.hint or "use other names, or leave the host out with --limit"
        raise InputError(f"{request.host}: {error.message}", hint)


def _is_confirmed(planned: Sequence["PlannedRequest"], *, yes: bool) -> bool:
    """Return whether to make the pairs; without ``--yes``, ask on the terminal."""
    count = sum(request.failure is None for request in planned)
    if yes or not count:
        return bool(count)
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("confirmation needs a terminal", "check with --dry-run, then use --yes")
    return confirm(f"Make a pair on {plural(count, 'host')}?")


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--filter",
        default="",
        metavar="TEXT",
        help="only pairs that match all words of TEXT, including the host's name",
    )
    parser.add_argument(
        "--next",
        choices=[step.value for step in NextStep],
        metavar="STEP",
        help=f"only pairs with this next step: {', '.join(NextStep)}",
    )
    add_options(
        parser,
        ("--retired", "show retired pairs too (--filter always does)"),
        ("--last", "show the last known pairs; no host is contacted"),
        ("--json", "print a JSON line for each pair and each failed host"),
    )


def _list(options: argparse.Namespace) -> int:
    session = open_session(options)
    with stop_on_signals() as stop:
        reach = read_reach(options, stop)
        fleet = load_matching_fleet(session, reach) if options.last else read_fleet(session, reach, save=True)
    now = session.clock()
    retired = Retired.SHOWN if options.retired or options.filter else Retired.HIDDEN
    step = NextStep(options.next) if options.next else None
    pairs = select_pairs(fleet.pairs(), Query.parse(options.filter, step, retired), now)
    if options.json:
        for pair in pairs:
            print_json(pair.as_json(), indent=None)
    else:
        rows = [(pair.host, *list_row(summarize(pair.pair), now)) for pair in pairs]
        if rows:
            print_table(("Host", *LIST_HEADER), rows)
        print_message(fleet_summary(fleet, [pair.pair for pair in pairs], now))
        if not (rows or options.filter or options.next or options.become or fleet.failed):
            print_message(
                "note: these are the keystores of the users that Ansible logs in as; --become shows root's"
            )
        if options.last:
            print_message(fleet_age_text(fleet, now))
    return exit_status(reach, ok=print_failures(fleet, as_json=options.json))


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="PEM in any order, DER, PKCS #7")
    add_options(parser, DRY_RUN, ("--json", "print a JSON line for each certificate"))


def _import(options: argparse.Namespace) -> int:
    from csrtui.fleet.tasks.pairs import deliver, match_certificates
    from csrtui.store.foreign_files import read_foreign
    from csrtui.tasks.import_ import ImportSource

    session = open_session(options)
    sources = [ImportSource(read_foreign(path), path) for path in options.files]
    with stop_on_signals() as stop:
        reach = read_reach(options, stop)
        fleet = read_fleet(session, reach)
        deliveries = match_certificates(fleet, sources)
        if options.dry_run:
            hosts = (HostResult(host, "would be imported", changed=False) for host in deliveries.by_host)
            results: Iterator[HostResult] = chain(deliveries.unmatched, hosts)
        else:
            results = deliver(reach, deliveries)
        ok = print_host_results(results, as_json=options.json)
    return exit_status(reach, ok=print_failures(fleet, as_json=options.json) and ok)


def _doctor_arguments(parser: argparse.ArgumentParser) -> None:
    add_options(parser, ("--json", "print a JSON line for each finding and each failed host"))


def _doctor(options: argparse.Namespace) -> int:
    from csrtui.fleet.tasks.doctor import examine

    results = []
    with stop_on_signals() as stop:
        reach = read_reach(options, stop)
        for result in examine(reach):
            results.append(result)
            _print_examined(result, as_json=options.json)
    if not options.json:
        findings = plural(sum(len(result.findings) for result in results), "finding")
        failed = sum(result.failure is not None for result in results)
        print_message(f"{plural(len(results), 'host')} checked: {findings}, {failed} failed")
    return exit_status(reach, ok=all(result.is_well for result in results))


def _print_examined(result: "ExaminedHost", *, as_json: bool) -> None:
    for finding in result.findings:
        if as_json:
            print_json(finding.as_json(), indent=None)
        else:
            print_line(f"{result.host}: {finding.level.value}: {finding.text} ({finding.code})")
            print_line(f"  {finding.remedy}")
    if result.failure is not None:
        print_failure(result.host, result.failure, as_json=as_json)


_COMMANDS = {
    "list": (
        "List the pairs of all hosts, the most urgent first.",
        Action(
            "csrtui fleet list --inventory hosts.ini\n"
            "csrtui fleet list --inventory hosts.ini --limit web --next renew --json",
            _list_arguments,
            _list,
        ),
    ),
    "new": (
        "Make a pair on each host, with the host's own names.",
        Action(
            "csrtui fleet new '{{ inventory_hostname }}' --inventory hosts.ini --dry-run\n"
            "csrtui fleet new www.mydomain.com --inventory hosts.ini --limit web",
            _new_arguments,
            _new,
        ),
    ),
    "csr": ("Fetch CSRs into a folder.", pair_commands.CSR),
    "import": (
        "Import certificates on the hosts that have their keys.",
        Action("csrtui fleet import answers/*.pem --inventory hosts.ini", _import_arguments, _import),
    ),
    "backup": ("Make backups to recipients on the hosts.", pair_commands.BACKUP),
    "renew": ("Make new pairs where a renewal is due.", pair_commands.RENEW),
    "install": ("Write or replace the files for the server software.", pair_commands.INSTALL),
    "retire": ("Mark pairs as no longer used.", pair_commands.RETIRE),
    "verify": (
        "Verify backups encrypted to recipients, with the identity on this machine.",
        pair_commands.VERIFY,
    ),
    "doctor": (
        "Check the keystores of all hosts and suggest fixes.",
        Action(
            "csrtui fleet doctor --inventory hosts.ini\n"
            "csrtui fleet doctor --inventory hosts.ini --limit web --json",
            _doctor_arguments,
            _doctor,
        ),
    ),
}
"""The summary and the implementation of each command after ``csrtui fleet``.

Functions import the modules of csrtui.fleet.tasks that the screens do not need at their start.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_reach_arguments(parser)
    parser.set_defaults(fleet_action=None)
    subparsers = parser.add_subparsers(
        title="commands",
        metavar="COMMAND",
        prog="csrtui fleet",
        help="without a command, csrtui opens the screens",
    )
    for name, (summary, action) in _COMMANDS.items():
        subparser = add_command(subparsers, name, summary, action)
        override_reach_arguments(subparser)
        subparser.set_defaults(fleet_action=action)


def _run(options: argparse.Namespace) -> int:
    if options.fleet_action is None:
        return _open_screen(options)
    status: int = options.fleet_action.run(options)
    return status


def _open_screen(options: argparse.Namespace) -> int:
    """Open the screen, and return the exit status.

    Only the screen uses the terminal, so ssh and sudo cannot ask for a password there.
    """
    reach = read_reach(options, StopEvent())
    check_inventory(reach.target)
    if options.ask_become_pass:
        raise InputError("the screen cannot ask for a password", "csrtui fleet list --ask-become-pass")
    from csrtui.fleet.tui import open_fleet

    target = replace(reach.target, has_terminal=False)
    return open_fleet(open_session(options), replace(reach, target=target))


ACTION = Action(
    "csrtui fleet --inventory hosts.ini\ncsrtui fleet list --inventory hosts.ini\n"
    "csrtui fleet csr --inventory hosts.ini --to csrs",
    _arguments,
    _run,
)
