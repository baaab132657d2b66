"""``csrtui csr PAIR``: the CSR, and only the CSR, for the CA."""

import argparse

from csrtui.cli.output import put_bytes, say
from csrtui.cli.parser import Action
from csrtui.cli.session import open_session
from csrtui.core.pair import BackupStatus
from csrtui.tasks.submit import csr_pem, mark_submitted


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument("--mark-submitted", action="store_true", help="note that it goes to the CA now")


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    pair, pem = csr_pem(session, options.pair)
    status = pair.record.backup_status
    if status is not BackupStatus.VERIFIED:
        say(
            f"warning: the key of {pair.name} has no verified backup (backup: {status.value}); "
            "if it is lost, the certificate is useless"
        )
    put_bytes(pem)
    if options.mark_submitted:  # only now: what could not be written out was not submitted
        mark_submitted(session, pair)
    return 0


ACTION = Action("csrtui csr www.mydomain.com --mark-submitted > www.mydomain.com.csr", _arguments, _run)
