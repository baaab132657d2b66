"""The commands of ``csrtui fleet`` that work on chosen pairs: csr, backup, verify, renew, install and retire."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from csrtui.cli.options import (
    DRY_RUN,
    add_identity_argument,
    add_options,
    add_passphrase_arguments,
    add_recipient_argument,
    has_passphrase_option,
    open_session,
    read_known_passphrase,
    read_recipients,
)
from csrtui.cli.output import print_message
from csrtui.cli.parser import Action
from csrtui.cli.progress import stop_on_signals
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep
from csrtui.fleet.cli.options import exit_status, print_failures, print_host_results, read_fleet, read_reach
from csrtui.fleet.tasks.results import HostResult
from csrtui.fleet.tasks.run_on_hosts import Reach, load_fleet

if TYPE_CHECKING:
    from csrtui.fleet.host_states import HostPair
    from csrtui.tasks.session import Session


def _add_pairs_argument(parser: argparse.ArgumentParser, default: str) -> None:
    text = f"pairs with this name on any host (default: all {default})"
    parser.add_argument("pairs", nargs="*", metavar="PAIR", help=text)


def _add_output_arguments(parser: argparse.ArgumentParser) -> None:
    add_options(parser, DRY_RUN, ("--json", "print a JSON line for each pair"))


def _run_on_pairs(
    options: argparse.Namespace,
    choose: "Callable[[Session, list[HostPair]], list[HostPair]]",
    work: "Callable[[Session, Reach, list[HostPair]], Iterator[HostResult]]",
    *,
    planned: str | None = None,
    no_pairs: str,
) -> int:
    """Process pairs, print a result for each, and return the exit status.

    Args:
        choose: Selects the pairs to process from the named pairs, or from all pairs in use.
        work: Processes the pairs and yields the results.
        planned: The text for each pair in a dry run, or None if `work` supports dry runs itself.
        no_pairs: The message if there are no pairs to process.
    """
    from csrtui.fleet.tasks.pairs import pairs_named

    session = open_session(options)
    with stop_on_signals() as stop:
        reach = read_reach(options, stop)
        fleet = read_fleet(session, reach)
        pairs = choose(session, pairs_named(fleet, options.pairs))
        if options.dry_run and planned is not None:
            results = iter([HostResult(pair.host, planned, pair.pair.name, changed=False) for pair in pairs])
        else:
            results = work(session, reach, pairs)
            if options.dry_run:
                results = (replace(result, changed=False) for result in results)
        ok = print_host_results(results, as_json=options.json)
    if not pairs:
        print_message(no_pairs)
    return exit_status(reach, ok=print_failures(fleet, as_json=options.json) and ok)


def _csr_arguments(parser: argparse.ArgumentParser) -> None:
    _add_pairs_argument(parser, "that are not submitted")
    parser.add_argument(
        "--to",
        required=True,
        metavar="DIR",
        help="the folder on this machine for the files HOST.PAIR.csr.pem",
    )
    add_options(parser, ("--mark-submitted", "mark the fetched CSRs as submitted"))
    _add_output_arguments(parser)


def _csr(options: argparse.Namespace) -> int:
    from csrtui.fleet.tasks.pairs import check_folder, fetch_csrs, not_submitted, submit_csrs

    fetch = submit_csrs if options.mark_submitted else fetch_csrs
    result = "fetched and marked as submitted" if options.mark_submitted else "fetched"
    if options.dry_run:
        check_folder(options.to)
    return _run_on_pairs(
        options,
        lambda _, pairs: pairs if options.pairs else not_submitted(pairs),
        lambda session, reach, pairs: fetch(
            reach, pairs, options.to, load_fleet(session, *reach.target.inventories)
        ),
        planned=f"the CSR would be {result}",
        no_pairs="no pair on the hosts that answered is waiting to be submitted",
    )


def _backup_arguments(parser: argparse.ArgumentParser) -> None:
    _add_pairs_argument(parser, "without a backup")
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder on each host")
    add_recipient_argument(parser, "the recipients that can open the backups")
    _add_output_arguments(parser)


def _backup(options: argparse.Namespace) -> int:
    from csrtui.fleet.tasks.pairs import back_up, not_backed_up

    if not options.recipient:
        raise InputError("the backups need a recipient", "--recipient ~/.ssh/id_ed25519.pub")
    recipients = read_recipients(options.recipient)
    return _run_on_pairs(
        options,
        lambda _, pairs: pairs if options.pairs else not_backed_up(pairs),
        lambda _, reach, pairs: back_up(reach, pairs, options.to, recipients),
        planned=f"would be backed up to {visible(options.to)}",
        no_pairs="every pair on the hosts that answered has a backup",
    )


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    _add_pairs_argument(parser, "with an unverified backup to recipients")
    add_identity_argument(parser)
    add_passphrase_arguments(parser)
    _add_output_arguments(parser)


def _verify(options: argparse.Namespace) -> int:
    from csrtui.core.backups.age import load_pyrage
    from csrtui.fleet.tasks.verify import unverified, verify_backups, with_recipients
    from csrtui.store.secret_file import read_identity

    if options.identity is None:
        raise InputError("the backups need an identity", "--identity ~/.ssh/id_ed25519")
    load_pyrage()
    identities = read_identity(options.identity)
    passphrase = None
    if has_passphrase_option(options):
        passphrase = read_known_passphrase(options, "Passphrase of the keys: ")
    return _run_on_pairs(
        options,
        lambda _, pairs: with_recipients(pairs) if options.pairs else unverified(pairs),
        lambda session, reach, pairs: verify_backups(session, reach, pairs, identities, passphrase),
        planned="would be verified",
        no_pairs="no pair on the hosts that answered has an unverified backup to recipients",
    )


_NO_PAIRS = {
    NextStep.RENEW: "no pair on the hosts that answered is due for renewal",
    NextStep.INSTALL: "no pair on the hosts that answered has a new certificate",
}


def _call(
    options: argparse.Namespace, result: str, command: Sequence[str], step: NextStep | None = None
) -> int:
    """Run a command of csrtui on the named pairs, or on all with this next step, and return the exit status."""
    from csrtui.fleet.tasks.pairs import run_on_pairs, with_next_step

    if options.dry_run:
        result, command = f"would be {result}", [*command, "--dry-run"]
    return _run_on_pairs(
        options,
        lambda session, pairs: (
            pairs if options.pairs or step is None else with_next_step(session, pairs, step)
        ),
        lambda _, reach, pairs: run_on_pairs(reach, pairs, result, *command),
        no_pairs=_NO_PAIRS[step] if step else "",
    )


def _renew_arguments(parser: argparse.ArgumentParser) -> None:
    _add_pairs_argument(parser, "that are due")
    add_options(parser, ("--same-key", "keep the keys, and make new CSRs"))
    _add_output_arguments(parser)


def _renew(options: argparse.Namespace) -> int:
    same_key = ["--same-key"] if options.same_key else []
    return _call(options, "renewed", ["renew", *same_key], NextStep.RENEW)


def _install_arguments(parser: argparse.ArgumentParser) -> None:
    _add_pairs_argument(parser, "with a new certificate")
    add_options(
        parser,
        ("--for", "PLATFORM", "the server software (default: as in the last export)"),
        ("--to", "DIR", "the folder on each host (default: as in the last export)"),
        ("--owner", "U", "the owner of the files that contain the key"),
        ("--group", "G", "the group of these files"),
        ("--mode", "M", "the mode of these files (default: 600)"),
    )
    _add_output_arguments(parser)


def _install(options: argparse.Namespace) -> int:
    values = {name: getattr(options, name) for name in ("for", "to", "owner", "group", "mode")}
    arguments = [f"--{name}={value}" for name, value in values.items() if value is not None]
    return _call(options, "installed", ["export", "--replace", *arguments], NextStep.INSTALL)


def _retire_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairs", nargs="+", metavar="PAIR", help="pairs with this name on any host")
    _add_output_arguments(parser)


def _retire(options: argparse.Namespace) -> int:
    return _call(options, "retired", ["retire"])


CSR = Action(
    "csrtui fleet csr --inventory hosts.ini --to csrs\n"
    "csrtui fleet csr www.mydomain.com --inventory hosts.ini --to csrs",
    _csr_arguments,
    _csr,
)
BACKUP = Action(
    "csrtui fleet backup --inventory hosts.ini --to /var/backups \\\n  --recipient ~/.ssh/id_ed25519.pub",
    _backup_arguments,
    _backup,
)
VERIFY = Action(
    "csrtui fleet verify --inventory hosts.ini --identity ~/.ssh/id_ed25519", _verify_arguments, _verify
)
RENEW = Action(
    "csrtui fleet renew --inventory hosts.ini\ncsrtui fleet renew www.mydomain.com --inventory hosts.ini --same-key",
    _renew_arguments,
    _renew,
)
INSTALL = Action(
    "csrtui fleet install --inventory hosts.ini\n"
    "csrtui fleet install www.mydomain.com --inventory hosts.ini \\\n"
    "  --for nginx --to /etc/nginx/tls",
    _install_arguments,
    _install,
)
RETIRE = Action("csrtui fleet retire old.mydomain.com --inventory hosts.ini", _retire_arguments, _retire)
