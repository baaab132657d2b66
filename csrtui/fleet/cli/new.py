"""``csrtui fleet new NAME …``: make a pair on each host, after showing the request for each.

Names and subject fields in the arguments can contain variables of the inventory. Those from a profile are literal.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from csrtui.cli.output import confirm, print_message
from csrtui.cli.parser import Action
from csrtui.cli.progress import stop_on_signals
from csrtui.cli.request_options import add_request_arguments, add_subject_arguments, read_request_options
from csrtui.cli.secret_options import add_recipient_argument, read_recipients
from csrtui.cli.session import add_dry_run_argument, open_session
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import plural
from csrtui.core.names.template import Template
from csrtui.core.subject.fields import SubjectInput
from csrtui.fleet.cli.options import exit_status, print_failure, print_host_results, read_reach

if TYPE_CHECKING:
    from csrtui.fleet.tasks.requests import PlannedRequest
    from csrtui.tasks.new import Blocking


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="the first is the common name; '{{ variable }}' and '{{ variable.member }}' stand for each host's "
        "values in the inventory, e.g. '{{ inventory_hostname }}'",
    )
    add_request_arguments(parser)
    add_subject_arguments(parser)
    add_recipient_argument(parser, "who can open the backups")
    parser.add_argument("--backup-to", metavar="DIR", help="with --recipient: a folder on each host")
    parser.add_argument(
        "--force", action="store_true", help="proceed despite errors that X.509 itself permits"
    )
    add_dry_run_argument(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print a JSON line for each host")


def _run(options: argparse.Namespace) -> int:
    from csrtui.fleet.tasks.requests import make_pairs, plan
    from csrtui.tasks.new import Blocking

    backup = _backup_options(options)
    for field in SubjectInput._fields:
        if getattr(options, field) is not None:
            setattr(options, field, Template(getattr(options, field)))
    spec = read_request_options(options, tuple(map(Template, options.names)))
    session = open_session(options)
    blocking = Blocking.OVERRULED if options.force else Blocking.STOPS
    with stop_on_signals() as stop:
        reach = read_reach(options, stop)
        planned = sorted(
            plan(session, reach, spec, counterparts=options.add_counterpart), key=lambda request: request.host
        )
        ok = all(request.failure is None for request in planned)
        _print_plan(planned)
        _check_unblocked(planned, blocking)
        if not options.dry_run and _is_confirmed(planned, yes=options.yes):
            ok = print_host_results(make_pairs(reach, planned, blocking, backup), as_json=options.json) and ok
    return exit_status(reach, ok=ok)


def _backup_options(options: argparse.Namespace) -> dict[str, object] | None:
    if bool(options.recipient) is not bool(options.backup_to):
        raise InputError("--recipient and --backup-to go together", "use both, or neither")
    if not options.recipient:
        return None
    recipients = [recipient.text for recipient in read_recipients(options.recipient)]
    return {"recipients": recipients, "backup_to": options.backup_to}


def _print_plan(planned: Sequence["PlannedRequest"]) -> None:
    """Print the names and the advice for each host, then the failures."""
    for request in planned:
        if request.advice is not None:
            print_message(f"{request.host}: {', '.join(request.advice.covered_names) or 'nothing'}")
            for finding in request.advice.findings:
                print_message(f"  {finding.level.value}: {finding.text}")
    for request in planned:
        if request.failure is not None:
            print_failure(request.host, request.failure)


def _check_unblocked(planned: Sequence["PlannedRequest"], blocking: "Blocking") -> None:
    from csrtui.fleet.tasks.requests import first_blocking
    from csrtui.tasks.new import BlockedError

    blocked = first_blocking(planned, blocking)
    if blocked is not None:
        request, finding = blocked
        error = BlockedError((finding,))
        hint = error.hint or "use other names, or leave the host out with --limit"
        raise InputError(f"{request.host}: {error.message}", hint)


def _is_confirmed(planned: Sequence["PlannedRequest"], *, yes: bool) -> bool:
    """Return whether to make the pairs; without ``--yes``, ask on the terminal.

    Raises:
        InputError: No terminal can show the question.
    """
    count = sum(request.failure is None for request in planned)
    if yes or not count:
        return bool(count)
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("making pairs needs a terminal to confirm", "check with --dry-run, then use --yes")
    return confirm(f"Make a pair on {plural(count, 'host')}?")


ACTION = Action(
    "csrtui fleet new '{{ inventory_hostname }}' --inventory hosts.ini -O \"My Ltd\" -L London -C GB --dry-run",
    _arguments,
    _run,
)
