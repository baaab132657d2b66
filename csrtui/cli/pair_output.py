"""What ``new`` and ``renew`` have in common: what is said, and asked, around the making of a pair."""

import argparse

from csrtui.cli.output import put, put_json, say, say_finding
from csrtui.cli.passphrase_options import is_given, read_new_passphrase
from csrtui.core.base.finding import Finding
from csrtui.core.base.secret import Secret
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import describe
from csrtui.tasks.new import Blocking, stops
from csrtui.tasks.pair_text import NEXT_STEPS, key_label
from csrtui.tasks.session import Session


def say_all_but_the_error(findings: tuple[Finding, ...], blocking: Blocking) -> None:
    """Say everything but the first finding that stops it, which will be the error itself."""
    error = next((finding for finding in findings if stops(finding, blocking)), None)
    for finding in findings:
        if finding is not error:
            overruled = finding.blocks and not stops(finding, blocking)
            say_finding("overruled" if overruled else finding.level.value, finding)


def passphrase_of_new_key(
    options: argparse.Namespace, findings: tuple[Finding, ...], blocking: Blocking, *, encrypted: bool = False
) -> Secret | None:
    """Return the passphrase that the key comes under, or None; ask only when nothing stands in the way any more.

    Args:
        options: The command's.
        findings: On what is to be made.
        blocking: What errors among them do.
        encrypted: What holds where the options say neither ``--encrypt-key`` nor a passphrase.

    Raises:
        InputError: It cannot be read, or there is no terminal to ask on, or the two do not agree.
    """
    wanted = options.encrypt_key
    if wanted is None:
        wanted = is_given(options) or encrypted
    if not wanted or any(stops(finding, blocking) for finding in findings):
        return None
    return read_new_passphrase(options)


def report_made(session: Session, pair: Pair, options: argparse.Namespace) -> None:
    """Say what was made, under which name, and what is next; print the name, or with ``--json`` the pair."""
    now = session.clock()
    if options.json:
        put_json(describe(pair, now))
    else:
        put(pair.name)
    if options.name is not None and options.name != pair.name:
        say(f"note: the name {options.name} is taken; this pair is {pair.name}")
    renews = f", to renew {pair.record.renews}" if pair.record.renews else ""
    say(f"made {pair.name}: {key_label(pair.record.key.type)} key and CSR in {pair.path}{renews}")
    say(f"next: {NEXT_STEPS[pair.record.next_step(now)]}")
