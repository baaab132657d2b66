"""``csrtui csr PAIR``: print the CSR for the CA."""

import argparse
import sys

from csrtui.cli.options import DRY_RUN, add_options, load_settings, open_existing_session
from csrtui.cli.output import print_bytes, print_message
from csrtui.cli.parser import Action
from csrtui.core.base.errors import InputError
from csrtui.core.pairs.pair import Pair
from csrtui.tasks.session import Session
from csrtui.tasks.submit import (
    LONGEST_NOTE,
    LONGEST_TO,
    CsrForm,
    HandOutWay,
    WrittenCsr,
    csr_bytes,
    lacks_backup,
    mark_submitted,
    record_handout,
    short_text,
    write_csr,
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    add_options(
        parser,
        ("--der", "DER instead of PEM"),
        ("--to", "FILE", "write to a new file instead of standard output"),
        ("--mark-submitted", "mark the CSR as submitted"),
    )
    parser.add_argument(
        "--submitted-to",
        metavar="TEXT",
        default="",
        help="mark the CSR as submitted to TEXT, such as the name of a CA",
    )
    parser.add_argument(
        "--note", metavar="TEXT", default="", help="record a note on the submission, such as the order number"
    )
    add_options(parser, ("--force", "proceed even if a policy requires a verified backup first"), DRY_RUN)


def _run(options: argparse.Namespace) -> int:
    is_submitted = options.mark_submitted or bool(options.submitted_to)
    _check_options(options, is_submitted=is_submitted)
    session = open_existing_session(options)
    load_settings(with_own=False)  # prints a warning if the policy is ignored
    written = _write(session, options, CsrForm.DER if options.der else CsrForm.PEM)
    pair = written.pair
    if is_submitted:  # the submission is recorded only after the CSR was written
        if options.to is None:
            # Without a submission, nothing is recorded, so that a CSR in a read-only store can be printed.
            pair = record_handout(session, pair, HandOutWay.STDOUT)
        mark_submitted(session, pair, options.submitted_to, options.note)
        if session.is_dry_run:
            print_message(f"would mark the CSR of {pair.name} as submitted")
    if written.unconfirmed is not None:  # the file exists, and the submission is recorded
        raise written.unconfirmed
    return 0


def _check_options(options: argparse.Namespace, *, is_submitted: bool) -> None:
    """Raise an InputError for options that would otherwise cause an error only after the CSR was written."""
    if options.note and not is_submitted:
        raise InputError("--note belongs to a submission", "add --mark-submitted or --submitted-to")
    short_text(options.submitted_to, "--submitted-to", LONGEST_TO)
    short_text(options.note, "--note", LONGEST_NOTE)
    if options.der and options.to is None and sys.stdout.isatty():
        raise InputError("DER cannot be shown on a terminal", "add --to FILE, or > FILE")


def _write(session: Session, options: argparse.Namespace, form: CsrForm) -> WrittenCsr:
    if options.to is not None:
        written = write_csr(session, options.pair, options.to, form, without_backup=options.force)
        warn_without_backup(written.pair)
        print_message(f"{'would be written' if session.is_dry_run else 'written'}: {written.path}")
        return written
    pair, data = csr_bytes(session, options.pair, form, without_backup=options.force)
    warn_without_backup(pair)
    print_bytes(data)
    return WrittenCsr(pair, "")


def warn_without_backup(pair: Pair) -> None:
    """Print a warning if no backup of the pair's key is verified."""
    if lacks_backup(pair.record):
        print_message(
            f"warning: the key of {pair.name} has no verified backup "
            f"(backup: {pair.record.backup_status.value}); if it is lost, the certificate is useless"
        )


ACTION = Action(
    "csrtui csr www.mydomain.com --mark-submitted > www.mydomain.com.csr\n"
    'csrtui csr www.mydomain.com --to www.csr --submitted-to "My CA" --note 4711',
    _arguments,
    _run,
)
