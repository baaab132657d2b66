"""``csrtui csr PAIR``: the CSR, and only the CSR, for the CA."""

import argparse
import sys

from csrtui.cli.output import put_bytes, say
from csrtui.cli.parser import Action
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError
from csrtui.core.pairs.pair import Pair
from csrtui.tasks.session import Session
from csrtui.tasks.submit import (
    LONGEST_NOTE,
    LONGEST_TO,
    CsrForm,
    HandOut,
    HandOutWay,
    WrittenCsr,
    csr_bytes,
    hand_out,
    lacks_backup,
    mark_submitted,
    short_text,
    write_csr,
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument("--der", action="store_true", help="as DER instead of PEM")
    parser.add_argument("--to", metavar="FILE", help="into a new file, instead of on standard output")
    parser.add_argument("--mark-submitted", action="store_true", help="note that it goes to the CA now")
    parser.add_argument(
        "--submitted-to", metavar="TEXT", default="", help="whom it goes to; marks it as submitted"
    )
    parser.add_argument(
        "--note", metavar="TEXT", default="", help="what to keep with that, such as the order's number"
    )


def _run(options: argparse.Namespace) -> int:
    marks = options.mark_submitted or bool(options.submitted_to)
    _refuse(options, marks=marks)
    session = open_existing_session(options)
    given = _give(session, options, CsrForm.DER if options.der else CsrForm.PEM)
    pair = given.pair
    if marks:  # only now: what could not be written out was not submitted
        if options.to is None:
            # Not noted otherwise: a store that cannot be written to still gives its CSRs.
            pair = hand_out(session, pair, HandOut(HandOutWay.STDOUT))
        mark_submitted(session, pair, options.submitted_to, options.note)
    if given.unconfirmed is not None:  # the file exists, and whoever asked for it has it
        raise given.unconfirmed
    return 0


def _refuse(options: argparse.Namespace, *, marks: bool) -> None:
    """Refuse what could only be found wrong once the CSR is out."""
    if options.note and not marks:
        raise InputError(
            "--note says something about the submission", "add --mark-submitted or --submitted-to"
        )
    short_text(options.submitted_to, "--submitted-to", LONGEST_TO)
    short_text(options.note, "--note", LONGEST_NOTE)
    if options.der and options.to is None and sys.stdout.isatty():
        raise InputError("DER is not for a terminal", "add --to FILE, or > FILE")


def _give(session: Session, options: argparse.Namespace, form: CsrForm) -> WrittenCsr:
    if options.to is not None:
        written = write_csr(session, options.pair, options.to, form)
        warn_without_backup(written.pair)
        say(f"written: {written.path}")
        return written
    pair, data = csr_bytes(session, options.pair, form)
    warn_without_backup(pair)
    put_bytes(data)
    return WrittenCsr(pair, "")


def warn_without_backup(pair: Pair) -> None:
    """Say that a CSR goes out although no backup of its key is verified, if so."""
    if lacks_backup(pair.record):
        say(
            f"warning: the key of {pair.name} has no verified backup "
            f"(backup: {pair.record.backup_status.value}); if it is lost, the certificate is useless"
        )


ACTION = Action(
    "csrtui csr www.mydomain.com --mark-submitted > www.mydomain.com.csr\n"
    'csrtui csr www.mydomain.com --to www.csr --submitted-to "Example CA" --note "order 4711"',
    _arguments,
    _run,
)
