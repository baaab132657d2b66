"""What every ``csrtui fleet`` command takes: the inventory, which of its hosts, and how Ansible gets there."""

import argparse
from collections.abc import Iterable

from csrtui.cli.cancellation import Stop
from csrtui.cli.output import put, put_json, say, say_error
from csrtui.cli.progress import ProgressBar
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.fleet.ansible import Target
from csrtui.fleet.model import Failure, Fleet, HostState
from csrtui.fleet.tasks.hosts import TIMEOUT, HostResult, Keeping, Reach, refresh
from csrtui.tasks.session import Session


def add_reach_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("hosts")
    group.add_argument("-i", "--inventory", metavar="FILE", help="Ansible's inventory of the hosts")
    group.add_argument(
        "-l", "--limit", metavar="PATTERN", help="only hosts that it matches, as Ansible takes it"
    )
    group.add_argument("--forks", type=int, metavar="N", help="how many hosts are asked at a time")
    group.add_argument(
        "--timeout",
        type=int,
        default=TIMEOUT,
        metavar="SECONDS",
        help=f"that a host has to answer ({TIMEOUT})",
    )
    group.add_argument("--become", action="store_true", help="have the keystores of root (sudo)")
    group.add_argument("--ask-become-pass", action="store_true", help="ask for the password of sudo")
    group.add_argument(
        "--ansible", action="append", default=[], metavar="OPTION", help="any option of ansible-playbook"
    )


def add_reach_arguments_again(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser below one that has them: where they are not given, those before it hold."""
    before = set(parser._actions)  # noqa: SLF001 - argparse has no public way to change a default
    add_reach_arguments(parser)
    for action in parser._actions:  # noqa: SLF001 - see above
        if action not in before:
            action.default = argparse.SUPPRESS


def read_reach(options: argparse.Namespace, stop: Stop) -> Reach:
    """Return which hosts the options mean.

    Raises:
        InputError: No inventory is named, or a number cannot be.
    """
    if options.inventory is None:
        raise InputError("no inventory was named", "csrtui fleet list --inventory FILE")
    for name in ("forks", "timeout"):
        number = getattr(options, name)
        if number is not None and number < 1:
            raise InputError(f"--{name} is {number}", "give a number from 1 up")
    more = [f"--forks={options.forks}"] if options.forks is not None else []
    more += ["--become"] if options.become else []
    more += ["--ask-become-pass"] if options.ask_become_pass else []
    return Reach(Target(options.inventory, options.limit, (*more, *options.ansible)), options.timeout, stop)


def read_fleet(session: Session, reach: Reach, keeping: Keeping = Keeping.NOT_KEPT) -> Fleet:
    """Return the pairs that the hosts list now, with a bar while they are asked.

    Args:
        session: Whose store keeps the states of the hosts.
        reach: Which hosts.
        keeping: Whether they are kept; only a command that shows them does.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
        StoreError: What they said cannot be kept.
    """
    bar: list[ProgressBar] = []

    def report(state: HostState, _done: int, total: int) -> None:
        if not bar:
            bar.append(ProgressBar("hosts", total).__enter__())
        bar[0].advance(state.name)

    try:
        return refresh(session, reach, report, keeping=keeping)
    finally:
        for one in bar:
            one.__exit__(None, None, None)


def say_failed(fleet: Fleet) -> None:
    """Say on stderr which hosts were not read, and what mends it."""
    for state in fleet.failed:
        if state.failure is not None:
            say_failure(state.name, state.failure)


def say_failure(host: str, failure: Failure) -> None:
    """Say on stderr what a host did not do, and what mends it."""
    say_error(RefusedError(f"{host}: {failure.text}" if host else failure.text, failure.remedy))


def _put_result(result: HostResult, *, as_json: bool) -> None:
    """Print what came of something on a host, as soon as it is known."""
    if as_json:
        put_json(result.as_json(), indent=None)
    elif result.failure is not None:
        say_failure(f"{result.host} {result.pair or ''}".strip(), result.failure)
    else:
        about = "  ".join(part for part in (result.host, result.pair, result.file) if part)
        put(f"ok  {about}  {result.text}")


def put_results(results: Iterable[HostResult], *, as_json: bool) -> bool:
    """Print what came of each as soon as it is known; return whether all went well."""
    well = True
    for result in results:
        _put_result(result, as_json=as_json)
        well = well and result.failure is None
    return well


def put_failures(fleet: Fleet, *, as_json: bool) -> bool:
    """Print which hosts were not read; return whether all were."""
    if not as_json:
        say_failed(fleet)
    else:
        for state in fleet.failed:
            if state.failure is not None:
                put_json(state.failure.as_json(state.name), indent=None)
    return not fleet.failed


def ending(reach: Reach, *, well: bool) -> int:
    """Return the exit status: 1 where any host failed, or that of the signal that ended it."""
    if isinstance(reach.stop, Stop) and reach.stop.is_set():
        say("stopped: every host is whole, and running again does the rest")
        return reach.stop.exit_code
    return 0 if well else 1
