"""``csrtui new NAME …``: generate a private key and its CSR."""

import argparse
import sys

from csrtui.cli.options import (
    DRY_RUN,
    FORCE,
    add_options,
    add_passphrase_arguments,
    has_passphrase_option,
    open_session,
    read_known_passphrase,
    read_new_passphrase,
    read_pair_passphrase,
)
from csrtui.cli.output import print_message
from csrtui.cli.pair_results import print_created_pair, print_other_findings, read_new_key_passphrase
from csrtui.cli.parser import Action
from csrtui.cli.request_options import add_request_arguments, read_request_options
from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Finding
from csrtui.tasks.existing_pairs import pair_exists
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec, advise_on, require_common_name, with_counterparts
from csrtui.tasks.session import Session, csrtui_command


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="the first is the common name; the certificate covers all of them; without NAME, csrtui asks for each field",
    )
    add_request_arguments(parser)
    parser.add_argument(
        "--from", dest="file", metavar="FILE", help="make many pairs from a CSV file; - reads standard input"
    )
    add_options(parser, ("--key-file", "KEY", "make the pair from an existing key; the file stays unchanged"))
    parser.add_argument("--as", dest="name", metavar="NAME", help="the pair's name")
    add_options(
        parser,
        ("--renews", "PAIR", "make a pair that renews this one, with other names or fields"),
        ("--same-key", "with --renews: keep the key of that pair"),
    )
    parser.add_argument(
        "--encrypt-key", action="store_true", default=None, help="encrypt the key with a passphrase"
    )
    add_passphrase_arguments(parser)
    add_options(parser, FORCE, DRY_RUN, ("--json", "print the pair as JSON"))


def _run(options: argparse.Namespace) -> int:
    if options.same_key and options.renews is None:
        raise InputError("--same-key works only with --renews", "csrtui new NAME --renews PAIR --same-key")
    if options.file is not None:
        return _run_batch(options)
    is_interactive = (
        not options.names and options.key_file is None and options.renews is None and _has_terminal()
    )
    if not (options.names or is_interactive):
        raise InputError("a request needs a name", "csrtui new www.mydomain.com")
    spec = read_request_options(options, tuple(options.names))
    session = open_session(options)
    typed = None
    if is_interactive:
        from csrtui.cli.questions import ask_request

        offers_passphrase = not (options.encrypt_key or has_passphrase_option(options))
        spec, typed = ask_request(session, spec, force=options.force, offers_passphrase=offers_passphrase)
    if options.add_counterpart:
        spec = with_counterparts(session, spec)
    if options.renews is not None:
        return _run_successor(session, options, spec)
    if options.key_file is not None:
        return _run_with_key(session, options, spec)
    advice = require_common_name(advise_on(session, spec))
    findings = (*advice.findings, *_existing_pair_findings(session, advice))
    if not is_interactive:  # otherwise, the user has seen them
        print_other_findings(findings, force=options.force)
    passphrase = typed or read_new_key_passphrase(options, findings)
    session.store.remove_leftovers()
    pair = create_pair(session, spec, name=options.name, passphrase=passphrase, force=options.force)
    print_created_pair(session, pair, options)
    return 0


def _has_terminal() -> bool:
    """Return whether questions can be asked and answered."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _run_successor(session: Session, options: argparse.Namespace, spec: RequestSpec) -> int:
    """Make a pair that replaces another one. Its names and fields come from the options, not from the old pair."""
    from dataclasses import replace

    from csrtui.tasks.renew import plan_renewal, renew, renew_with_same_key

    if options.key_file is not None or (options.same_key and options.key is not None):
        raise InputError(
            "--renews makes a new key, or keeps the old one with --same-key", "leave out --key-file and --key"
        )
    advice = require_common_name(advise_on(session, spec))
    renewal = replace(plan_renewal(session, options.renews), spec=spec, advice=advice)
    old = renewal.pair
    if options.same_key:
        print_other_findings((*advice.findings, *renewal.old_findings), force=options.force)
        passphrase = read_pair_passphrase(options, old)
        session.store.remove_leftovers()
        pair, _ = renew_with_same_key(
            session, renewal, name=options.name, passphrase=passphrase, force=options.force
        )
    else:
        print_other_findings(advice.findings, force=options.force)
        passphrase = read_new_key_passphrase(options, advice.findings, encrypted=old.record.key.encrypted)
        session.store.remove_leftovers()
        pair = renew(session, renewal, name=options.name, passphrase=passphrase, force=options.force)
    print_created_pair(session, pair, options)
    return 0


def _run_with_key(session: Session, options: argparse.Namespace, spec: RequestSpec) -> int:
    from dataclasses import replace

    from csrtui.tasks.adopt.adopt import create_from_key, requested_spec
    from csrtui.tasks.adopt.match import match
    from csrtui.tasks.adopt.search import read_files

    if options.key is not None:
        raise InputError(
            "--key-file and --key cannot be combined", "leave out --key: the existing key has its own type"
        )
    search = read_files(options.key_file)
    known = read_known_passphrase(options, "Passphrase of the key: ") if search.needs_passphrase else None
    matches = match(session, search, known, spec.ca)
    if not matches.candidates:
        raise InputError(f"{visible(options.key_file)}: {matches.failures[0].text}")
    if len(matches.candidates) > 1:
        message = f"{visible(options.key_file)} contains {len(matches.candidates)} different private keys"
        raise InputError(message, "choose a file with only one key")
    candidate = matches.candidates[0]
    candidate = replace(candidate, csr=None, csr_file=None, certificate=None, certificate_file=None)
    advice = require_common_name(advise_on(session, requested_spec(candidate, spec)))
    findings = (*advice.findings, *candidate.findings, *_existing_pair_findings(session, advice))
    print_other_findings(findings, force=options.force)
    passphrase = None
    if candidate.passphrase is None:
        passphrase = read_new_key_passphrase(options, findings)
    session.store.remove_leftovers()
    pair = create_from_key(
        session, candidate, spec, name=options.name, passphrase=passphrase, force=options.force
    )
    for remark in candidate.remarks:
        print_message(f"note: {remark}")
    print_created_pair(session, pair, options)
    return 0


def _existing_pair_findings(session: Session, advice: Advice) -> tuple[Finding, ...]:
    """Return a finding with the renewal command if a matching pair exists, or else no finding."""
    finding = pair_exists(session, advice)
    if finding is None or finding.fix is None or finding.fix.renews is None:
        return ()
    renew = csrtui_command(session, "renew", finding.fix.renews)
    return (finding._replace(fix=finding.fix._replace(label=f"renew it: {renew}")),)


def _run_batch(options: argparse.Namespace) -> int:
    from csrtui.cli.new_pairs_table import run_batch

    if options.key_file is not None:
        raise InputError(
            "--from and --key-file cannot be combined", "leave out --key-file: each row gets a new key"
        )
    if options.names or options.name is not None or options.renews is not None:
        raise InputError(
            "--from cannot be combined with NAME, --as or --renews", "leave them out: the file has the names"
        )
    if options.file == "-" and options.passphrase_fd == 0:
        raise InputError(
            "--from - and --passphrase-fd 0 cannot both read standard input", "use a descriptor from 3 up"
        )
    session = open_session(options)
    defaults = read_request_options(options, ())
    is_encrypted = options.encrypt_key or has_passphrase_option(options)
    return run_batch(
        session,
        options.file,
        defaults,
        force=options.force,
        passphrase=read_new_passphrase(options) if is_encrypted else None,
        counterparts=options.add_counterpart,
    )


ACTION = Action(
    'csrtui new www.mydomain.com mydomain.com -O "My Ltd" -L London -C GB\ncsrtui new intranet --ca private',
    _arguments,
    _run,
)
