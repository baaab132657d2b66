"""``csrtui renew PAIR``: a new pair in place of the old one, or the old CSR again; the consequence is said first."""

import argparse

from csrtui.cli.commands.csr import warn_without_backup
from csrtui.cli.output import put_bytes, put_json, say
from csrtui.cli.parser import Action
from csrtui.cli.passphrase_options import add_passphrase_arguments, read_known_passphrase
from csrtui.cli.results import passphrase_of_new_key, report_made, say_all_but_the_error
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys.key_types import KeyType, read_key_type
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import describe
from csrtui.core.pairs.renewal_policy import RenewalWay
from csrtui.tasks import renew
from csrtui.tasks.new import Blocking
from csrtui.tasks.session import Session
from csrtui.tasks.submit import HandOut, HandOutWay, hand_out, mark_submitted


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument(
        "--reuse",
        action="store_true",
        help="hand out the old CSR again, once its key is proved to be there and fit",
    )
    new = parser.add_argument_group("a new pair")
    new.add_argument("--key", metavar="TYPE", help=f"one of {', '.join(KeyType)} (that of the old one)")
    new.add_argument("--as", dest="name", metavar="NAME", help="the new pair's name")
    new.add_argument(
        "--encrypt-key",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="keep the new key under a passphrase (if the old one is)",
    )
    parser.add_argument(
        "--mark-submitted", action="store_true", help="with --reuse: note that the CSR goes to the CA now"
    )
    add_passphrase_arguments(parser)
    parser.add_argument("--force", action="store_true", help="overrule what a CA could overlook")
    parser.add_argument("--json", action="store_true", help="print the pair as JSON")


def _run(options: argparse.Namespace) -> int:
    _refuse(options)
    session = open_existing_session(options)
    key_type = None if options.key is None else read_key_type(options.key)
    renewal = renew.consider(session, options.pair, key_type)
    blocking = Blocking.OVERRULED if options.force else Blocking.STOPS
    return (_reuse if options.reuse else _renew)(session, renewal, options, blocking)


def _refuse(options: argparse.Namespace) -> None:
    """Refuse options of the one way with the other."""
    if options.reuse and (options.key or options.name or options.encrypt_key is not None):
        raise InputError("--reuse makes no key", "leave out --key, --as and --encrypt-key")
    if options.mark_submitted and not options.reuse:
        raise InputError(
            "the CSR of a new pair goes to the CA after its key is backed up",
            "leave out --mark-submitted; later: csrtui csr PAIR --mark-submitted",
        )


def _renew(session: Session, renewal: renew.Renewal, options: argparse.Namespace, blocking: Blocking) -> int:
    renew.check_renewable(session, renewal.pair, blocking)
    _say_way(renewal, RenewalWay.NEW_PAIR)
    say_all_but_the_error(renewal.advice.findings, blocking)
    for sentence in renewal.left_out:
        say(f"note: {sentence}")
    session.store.sweep()
    passphrase = passphrase_of_new_key(
        options, renewal.advice.findings, blocking, encrypted=renewal.pair.record.key.encrypted
    )
    pair = renew.renew(session, renewal, name=options.name, passphrase=passphrase, blocking=blocking)
    report_made(session, pair, options)
    return 0


def _reuse(session: Session, renewal: renew.Renewal, options: argparse.Namespace, blocking: Blocking) -> int:
    renew.check_renewable(session, renewal.pair, blocking)
    _say_way(renewal, RenewalWay.OLD_CSR)
    say_all_but_the_error(renewal.about_old, blocking)
    proof = renew.prove_old(session, renewal, _known_passphrase(renewal.pair, options), blocking)
    say_all_but_the_error(proof.findings, blocking)
    for sentence in proof.sentences:
        say(f"proved: {sentence}")
    warn_without_backup(renewal.pair)
    if not options.json:
        put_bytes(csr.to_pem(renewal.request.der))
    pair, _ = renew.reuse(session, renewal)  # only now: what could not be written out is not waited for
    pair = _marked(session, pair, options)
    if options.json:
        put_json(describe(pair, session.clock()))
    return 0


def _marked(session: Session, pair: Pair, options: argparse.Namespace) -> Pair:
    """Note that it was submitted, if so; only once what could not be written out was written."""
    if not options.mark_submitted:
        return pair
    return mark_submitted(session, hand_out(session, pair, HandOut(HandOutWay.STDOUT)))


def _say_way(renewal: renew.Renewal, way: RenewalWay) -> None:
    """Say what follows, and where the other way would be the better one, that."""
    choice = next(choice for choice in renewal.choices if choice.way is way)
    for sentence in choice.consequences:
        say(f"renewing with {way.value}: {sentence}")
    if way is RenewalWay.OLD_CSR:
        known = {finding.text for finding in renewal.about_old}
        for sentence in choice.obstacles:
            if sentence not in known:
                say(f"warning: {sentence}")
    first = renewal.choices[0]
    if first.way is not way:
        option = "" if first.way is RenewalWay.NEW_PAIR else " --reuse"
        say(f"note: {first.way.value} is the better way here: csrtui renew {renewal.pair.name}{option}")


def _known_passphrase(pair: Pair, options: argparse.Namespace) -> Secret | None:
    if not pair.record.key.encrypted:
        return None
    return read_known_passphrase(options, f"Passphrase of the key of {pair.name}: ")


ACTION = Action(
    "csrtui renew www.mydomain.com\ncsrtui renew www.mydomain.com --reuse > www.mydomain.com.csr",
    _arguments,
    _run,
)
