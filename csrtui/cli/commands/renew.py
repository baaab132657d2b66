"""``csrtui renew PAIR``: renew with a new pair or with the old CSR, after printing the consequences."""

import argparse

from csrtui.cli.commands.csr import warn_without_backup
from csrtui.cli.options import (
    DRY_RUN,
    FORCE,
    add_options,
    add_passphrase_arguments,
    open_existing_session,
    read_pair_passphrase,
)
from csrtui.cli.output import print_bytes, print_json, print_message
from csrtui.cli.pair_results import print_created_pair, print_other_findings, read_new_key_passphrase
from csrtui.cli.parser import Action
from csrtui.core.base.errors import InputError
from csrtui.core.certificates import csr
from csrtui.core.keys.key_types import KeyType, read_key_type
from csrtui.core.pairs.pair_json import pair_document
from csrtui.core.pairs.renewal_ways import SAME_KEY_CONSEQUENCES, RenewalWay
from csrtui.tasks import renew
from csrtui.tasks.session import Session, csrtui_command
from csrtui.tasks.submit import HandOutWay, mark_submitted, record_handout, refuse_without_backup


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    add_options(
        parser,
        ("--reuse", "print the old CSR again, after checking that its key exists and matches"),
        ("--same-key", "make a new CSR with the old key, after the same check"),
    )
    parser.add_argument(
        "--names", nargs="+", metavar="NAME", help="with --same-key: the names of the new CSR"
    )
    add_options(
        parser, ("--drop-must-staple", "do not request must-staple (TLS feature), even if the old CSR does")
    )
    new = parser.add_argument_group("a new pair")
    add_options(new, ("--key", "TYPE", f"one of {', '.join(KeyType)} (default: as before)"))
    new.add_argument("--as", dest="name", metavar="NAME", help="the new pair's name")
    new.add_argument(
        "--encrypt-key",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="encrypt the new key with a passphrase (default: as before)",
    )
    add_options(parser, ("--mark-submitted", "with --reuse: mark the CSR as submitted"))
    add_passphrase_arguments(parser)
    add_options(parser, FORCE, DRY_RUN, ("--json", "print the pair as JSON"))


def _run(options: argparse.Namespace) -> int:
    if options.reuse and (options.key or options.name or options.encrypt_key is not None):
        raise InputError(
            "--reuse cannot be combined with --key, --as or --encrypt-key",
            "leave them out: no new key is made",
        )
    if options.same_key and (options.reuse or options.key or options.encrypt_key is not None):
        raise InputError(
            "--same-key cannot be combined with --reuse, --key or --encrypt-key",
            "leave them out: the old key is used",
        )
    if options.reuse and options.drop_must_staple:
        raise InputError(
            "--reuse cannot be combined with --drop-must-staple", "leave out --reuse: a new CSR is needed"
        )
    if options.names and not options.same_key:
        raise InputError(
            "--names works only with --same-key", "for other names and a new key: csrtui new NAME"
        )
    if options.mark_submitted and not options.reuse:
        raise InputError(
            "the CSR of a new pair goes to the CA after its key is backed up",
            "leave out --mark-submitted; later: csrtui csr PAIR --mark-submitted",
        )
    session = open_existing_session(options)
    key_type = None if options.key is None else read_key_type(options.key)
    renewal = renew.plan_renewal(session, options.pair, key_type)
    if options.drop_must_staple:
        renewal = renew.without_must_staple(session, renewal)
    renew.check_renewable(session, renewal.pair, force=options.force)
    if options.same_key:
        return _renew_with_same_key(session, renewal, options)
    return (_reuse if options.reuse else _renew)(session, renewal, options)


def _renew(session: Session, renewal: renew.Renewal, options: argparse.Namespace) -> int:
    _print_consequences(session, renewal, RenewalWay.NEW_PAIR)
    print_other_findings(renewal.advice.findings, force=options.force)
    _print_way_without_must_staple(session, renewal)
    for sentence in renewal.omissions:
        print_message(f"note: {sentence}")
    session.store.remove_leftovers()
    passphrase = read_new_key_passphrase(
        options, renewal.advice.findings, encrypted=renewal.pair.record.key.encrypted
    )
    pair = renew.renew(session, renewal, name=options.name, passphrase=passphrase, force=options.force)
    print_created_pair(session, pair, options)
    return 0


def _renew_with_same_key(session: Session, renewal: renew.Renewal, options: argparse.Namespace) -> int:
    if options.names:
        renewal = renew.with_names(session, renewal, options.names)
    for sentence in SAME_KEY_CONSEQUENCES:
        print_message(f"renewing with the same key: {sentence}")
    old_findings = (finding for finding in renewal.old_findings if finding.code != "must-staple")
    print_other_findings((*renewal.advice.findings, *old_findings), force=options.force)
    _print_way_without_must_staple(session, renewal)
    for sentence in renewal.omissions:
        print_message(f"note: {sentence}")
    session.store.remove_leftovers()
    pair, key_findings = renew.renew_with_same_key(
        session,
        renewal,
        name=options.name,
        passphrase=read_pair_passphrase(options, renewal.pair),
        force=options.force,
    )
    print_other_findings(key_findings, force=options.force)
    print_created_pair(session, pair, options)
    return 0


def _reuse(session: Session, renewal: renew.Renewal, options: argparse.Namespace) -> int:
    if not options.force:
        refuse_without_backup(session, renewal.pair)
    _print_consequences(session, renewal, RenewalWay.OLD_CSR)
    print_other_findings(renewal.old_findings, force=options.force)
    _, key_findings = renew.prove_old_key(
        session, renewal, read_pair_passphrase(options, renewal.pair), force=options.force
    )
    print_other_findings(key_findings, force=options.force)
    for sentence in renew.OLD_KEY_PROOF:
        print_message(f"checked: {sentence}")
    warn_without_backup(renewal.pair)
    if not options.json:
        print_bytes(csr.to_pem(renewal.csr.der))
    # Record the reuse only after the CSR was written out.
    pair = renew.reuse_csr(session, renewal)
    if options.mark_submitted:
        pair = mark_submitted(session, record_handout(session, pair, HandOutWay.STDOUT))
    if session.is_dry_run:
        print_message(f"would record that the CSR of {pair.name} is used again")
    if options.json:
        print_json(pair_document(pair, session.clock()))
    return 0


def _print_consequences(session: Session, renewal: renew.Renewal, way: RenewalWay) -> None:
    """Print the consequences of the chosen renewal method, and a note if the other method is recommended."""
    choice = next(choice for choice in renewal.choices if choice.way is way)
    for sentence in choice.consequences:
        print_message(f"renewing with {way.value}: {sentence}")
    if way is RenewalWay.OLD_CSR:
        known_texts = {finding.text for finding in renewal.old_findings}
        for sentence in choice.obstacles:
            if sentence not in known_texts:
                print_message(f"warning: {sentence}")
    recommended = renewal.choices[0].way
    if recommended is not way:
        options = [] if recommended is RenewalWay.NEW_PAIR else ["--reuse"]
        renew_command = csrtui_command(session, "renew", renewal.pair.name, *options)
        print_message(f"note: {recommended.value} is recommended here: {renew_command}")


def _print_way_without_must_staple(session: Session, renewal: renew.Renewal) -> None:
    if renewal.spec.must_staple:
        renew_command = csrtui_command(session, "renew", renewal.pair.name, "--drop-must-staple")
        print_message(f"without must-staple: {renew_command}")


ACTION = Action(
    "csrtui renew www.mydomain.com\ncsrtui renew www.mydomain.com --reuse > www.mydomain.com.csr",
    _arguments,
    _run,
)
