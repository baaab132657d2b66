"""The options that all ``csrtui fleet`` commands share, and the output of their results."""

import argparse
from collections.abc import Iterable
from contextlib import ExitStack

from csrtui.cli.options import add_options
from csrtui.cli.output import print_error, print_json, print_line, print_message
from csrtui.cli.progress import ProgressBar, StopEvent
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.fleet.ansible import Target
from csrtui.fleet.host_answer import Failure
from csrtui.fleet.host_states import Fleet, HostState
from csrtui.fleet.tasks.results import HostResult
from csrtui.fleet.tasks.run_on_hosts import TIMEOUT, Reach, read_hosts
from csrtui.tasks.session import Session

_REPEATABLE = ("inventory", "ansible")
"""The options that can be given several times."""
_MORE = "more_"
"""The prefix of the attributes that hold the values given after the command's name."""


def add_reach_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options for the inventory, its hosts, and Ansible."""
    group = parser.add_argument_group("hosts")
    group.add_argument(
        "-i",
        "--inventory",
        action="append",
        default=[],
        metavar="FILE",
        help="Ansible's inventory of the hosts; repeatable",
    )
    add_options(group, ("-l", "--limit", "PATTERN", "only hosts that match this Ansible pattern"))
    group.add_argument(
        "--forks",
        type=int,
        metavar="N",
        help="the number of hosts to work on at a time (default: Ansible's)",
    )
    group.add_argument(
        "--timeout",
        type=int,
        default=TIMEOUT,
        metavar="SECONDS",
        help=f"seconds to wait for each host (default: {TIMEOUT})",
    )
    add_options(
        group, ("--become", "use root's keystores (sudo)"), ("--ask-become-pass", "ask for the sudo password")
    )
    group.add_argument(
        "--ansible",
        action="append",
        default=[],
        metavar="OPTION",
        help="any option of ansible-playbook, e.g. --ansible=--user=admin; repeatable",
    )


def override_reach_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `add_reach_arguments` to a subparser, where they override those of the main parser.

    They have no defaults there, so that a missing option does not override a value of the main parser. The values of a
    repeatable option are added to those of the main parser by `read_reach`.
    """
    others = set(parser._actions)  # noqa: SLF001 - argparse has no public way to change a default
    add_reach_arguments(parser)
    for action in parser._actions:  # noqa: SLF001 - see above
        if action not in others:
            action.default = argparse.SUPPRESS
            if action.dest in _REPEATABLE:
                action.dest = _MORE + action.dest


def read_reach(options: argparse.Namespace, stop: StopEvent) -> Reach:
    """Return the hosts and the settings for Ansible from the options.

    Raises:
        InputError: There is no inventory, or a number is not positive.
    """
    inventories, others = (
        [*getattr(options, name), *getattr(options, _MORE + name, ())] for name in _REPEATABLE
    )
    if not inventories:
        raise InputError("no inventory is named", "csrtui fleet list --inventory FILE")
    for name in ("forks", "timeout"):
        number = getattr(options, name)
        if number is not None and number < 1:
            raise InputError(f"--{name} is {number}", "use a positive number")
    own = [f"--forks={options.forks}"] if options.forks is not None else []
    own += ["--become"] if options.become else []
    own += ["--ask-become-pass"] if options.ask_become_pass else []
    target = Target(tuple(inventories), options.limit, (*own, *others))
    return Reach(target, options.timeout, stop)


def read_fleet(session: Session, reach: Reach, *, save: bool = False) -> Fleet:
    """Return the pairs that the hosts list now, and show the progress.

    Args:
        save: Whether to save the states. Only a command that shows the pairs saves them.

    Raises:
        InputError: Ansible is not installed or fails, or no host matches.
        StoreError: The states cannot be saved.
    """
    bar: ProgressBar | None = None
    with ExitStack() as stack:

        def show_progress(state: HostState, _count: int, total: int) -> None:
            nonlocal bar
            bar = bar or stack.enter_context(ProgressBar("host", total))
            bar.advance(state.name)

        return read_hosts(session, reach, show_progress, save=save)


def print_failure(host: str, failure: Failure, *, as_json: bool = False) -> None:
    """Print the failure of a host with its remedy, on stderr or as a JSON line."""
    if as_json:
        print_json(failure.as_json(host), indent=None)
    else:
        print_error(RefusedError(f"{host}: {failure.text}" if host else failure.text, failure.remedy))


def print_host_results(results: Iterable[HostResult], *, as_json: bool) -> bool:
    """Print each result as soon as it is known, and return whether all are successful."""
    ok = True
    for result in results:
        ok = ok and result.failure is None
        if as_json:
            print_json(result.as_json(), indent=None)
        elif result.failure is not None:
            print_failure(f"{result.host} {result.pair or ''}".strip(), result.failure)
        else:
            parts = ("ok", result.host, result.pair, result.file, result.text)
            print_line("  ".join(part for part in parts if part))
    return ok


def print_failures(fleet: Fleet, *, as_json: bool) -> bool:
    """Print the failures of hosts that were not read, and return whether there are none."""
    for state in fleet.failed:
        if state.failure is not None:
            print_failure(state.name, state.failure, as_json=as_json)
    return not fleet.failed


def exit_status(reach: Reach, *, ok: bool) -> int:
    """Return the exit status: 0, 1 if a host failed, or 128 and the signal's number if a signal stopped the work."""
    if isinstance(reach.stop, StopEvent) and reach.stop.is_set():
        print_message(
            "stopped: each host is in a consistent state; run the same command again for the remaining hosts"
        )
        return reach.stop.exit_code
    return 0 if ok else 1
