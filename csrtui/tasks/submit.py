"""Give the CSR to the user (clipboard, screen, file), and record that it was submitted to a CA."""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.pairs.pair import BackupStatus, Pair, PairRecord
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks.list import read_pair
from csrtui.tasks.private_keys import refuse_compromised
from csrtui.tasks.session import Session, change_record, csrtui_command

if TYPE_CHECKING:
    from csrtui.core.servers.guide import Host

LONGEST_TO = 60
"""The maximum number of characters in the recipient of a CSR."""
LONGEST_NOTE = 200
"""The maximum number of characters in a note."""
_WITHOUT_BACKUP = ", although no backup is verified"
_UNUSABLE = frozenset({BackupStatus.MISSING, BackupStatus.DAMAGED})


class CsrForm(StrEnum):
    """The encoding of a CSR in a file."""

    PEM = "PEM"
    DER = "DER"


class HandOutWay(StrEnum):
    """A way to give the CSR to the user, worded as in the history of the pair."""

    CLIPBOARD = "clipboard"
    SCREEN = "screen"
    STDOUT = "standard output"
    FILE = "file"


def csr_bytes(
    session: Session, name: str, form: CsrForm, *, without_backup: bool = False
) -> tuple[Pair, bytes]:
    """Return a pair and its encoded CSR, after checking that the CSR is the recorded one.

    With `without_backup`, the policy that requires a verified backup is overridden.

    Raises:
        InputError: The pair does not exist.
        RefusedError: The key of the pair is compromised, or the policy requires a verified backup.
        StoreError: The pair is damaged, or its permissions are not safe.
    """
    from csrtui.core.certificates import csr as csrs

    pair, csr = read_pair(session, name)
    refuse_compromised(session, [pair])
    if not without_backup:
        refuse_without_backup(session, pair)
    return pair, csr.der if form is CsrForm.DER else csrs.to_pem(csr.der)


def refuse_without_backup(session: Session, pair: Pair) -> None:
    """Check that the key of a pair has a verified backup, if the policy requires one before submission.

    Raises:
        RefusedError: There is no verified backup.
    """
    if session.policy.backup_before_submit and lacks_backup(pair.record):
        raise RefusedError(
            f"{pair.name} has no verified backup, which the policy {session.policy.origin} requires first",
            f"{csrtui_command(session, 'backup', pair.name, '--to', 'DIR')}; or override with --force",
            pair=pair.name,
        )


def lacks_backup(record: PairRecord) -> bool:
    """Return whether the key has no verified backup."""
    return record.backup_status is not BackupStatus.VERIFIED


def record_handout(session: Session, pair: Pair, way: HandOutWay, path: str = "") -> Pair:
    """Record in the history how the user got a CSR, and return the changed pair.

    The entry contains the path if the CSR is in a file, and shows if the key had no verified backup.

    Raises:
        StoreError: The record cannot be changed.
    """

    def update(record: PairRecord) -> PairRecord:
        target = f"{way.value} {visible(path)}".rstrip()
        event = f"CSR handed out: {target}{_backup_note(record)}"
        return record.with_event(session.clock(), event, session.user)

    return _change(session, pair, update)


class WrittenCsr(NamedTuple):
    """A CSR in a file.

    Attributes:
        pair: The pair, with the event in its history.
        path: The absolute path of the file.
        unconfirmed: The error if the history might not survive a power cut, or None if the disk confirmed it.
    """

    pair: Pair
    path: str
    unconfirmed: NotConfirmedError | None = None


def write_csr(
    session: Session, name: str, path: str, form: CsrForm, *, without_backup: bool = False
) -> WrittenCsr:
    """Write a CSR to a new file, record this in the history, and return the changed pair and the path.

    The options are the same as for `csr_bytes`.

    Raises:
        InputError: The pair does not exist, or the file cannot be created.
        RefusedError: The CSR is refused (`csr_bytes`).
        StoreError: The file cannot be written, or it is written but not recorded. The message says which.
    """
    from csrtui.store.new_files import write_new_file

    pair, data = csr_bytes(session, name, form, without_backup=without_backup)
    written = write_new_file(path, data, dry_run=session.is_dry_run)
    try:
        return WrittenCsr(record_handout(session, pair, HandOutWay.FILE, written), written)
    except NotConfirmedError as error:
        return WrittenCsr(read_pair(session, name)[0], written, error)
    except CsrtuiError as error:
        raise StoreError(
            f"{visible(written)} is written, but not recorded: {error.message}", error.hint
        ) from error


def mark_submitted(session: Session, pair: Pair, to: str = "", note: str = "") -> Pair:
    """Record that the CSR of a pair was submitted to a CA, and return the changed pair.

    Args:
        to: The recipient, e.g. the name of a CA, with at most `LONGEST_TO` characters.
        note: A note, e.g. the order number, with at most `LONGEST_NOTE` characters.

    Raises:
        InputError: `to` or `note` is too long.
        StoreError: The record cannot be changed.
    """
    recipient, note = short_text(to, "the recipient", LONGEST_TO), short_text(note, "the note", LONGEST_NOTE)
    event = f"submitted{f' to {recipient}' if recipient else ''}"

    def update(record: PairRecord) -> PairRecord:
        text = event + _backup_note(record) + (f": {note}" if note else "")
        return record.with_submission(session.clock(), session.user, text)

    return _change(session, pair, update)


def short_text(text: str, noun: str, limit: int) -> str:
    """Return the user's text for the history: escaped, on one line, and with at most `limit` characters.

    Raises:
        InputError: The text is too long. The message begins with `noun`.
    """
    short = visible(" ".join(text.split()))
    if len(short) > limit:
        raise InputError(f"{noun} has {len(short)} characters; at most {limit} are allowed", "shorten it")
    return short


def ssh_host(session: Session, environ: Mapping[str, str]) -> "Host":
    """Return the host name, the user and the port at which SSH reaches this machine.

    The port is that of the current SSH session. It is read from ``SSH_CONNECTION`` (ssh(1): client address and port,
    server address and port).
    """
    from csrtui.core.servers.guide import Host

    name = os.uname().nodename
    *_, port = environ.get("SSH_CONNECTION", "").split(" ")
    # A value that ssh(1) would not write is ignored.
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16
    return Host(name, session.user, int(port)) if is_port else Host(name, session.user)


def fetch_lines(pair: Pair, host: "Host") -> list[tuple[str, str]]:
    """Return the commands that copy the CSR and the newest backup to another machine, each with a label.

    The unencrypted key is never copied.
    """
    from csrtui.core.servers.guide import scp_line

    usable = [backup for backup in pair.record.backups if backup.status not in _UNUSABLE]
    backup = max(usable, key=lambda backup: backup.created, default=None)
    files = [("the CSR", f"{pair.path}/request.pem", f"{pair.name}.csr")]
    if backup is not None:
        files.append(("its encrypted backup", backup.path, "."))
    lines = [(label, scp_line(host, path, to)) for label, path, to in files]
    return [(label, line) for label, line in lines if line is not None]


def _backup_note(record: PairRecord) -> str:
    return _WITHOUT_BACKUP if lacks_backup(record) else ""


def _change(session: Session, pair: Pair, update: Callable[[PairRecord], PairRecord]) -> Pair:
    record = change_record(session, pair.name, update)
    return pair._replace(record=record._replace(renewal=pair.record.renewal))


def record_ca(session: Session, name: str, ca: CaKind) -> None:
    """Record that the CSR of a pair is for another kind of CA.

    Raises:
        InputError: The pair does not exist.
        RefusedError: That kind of CA does not issue for this CSR.
        StoreError: The store or the pair cannot be used.
    """
    from csrtui.core.bundle.prefill import read_prefill
    from csrtui.core.config.policy import NO_POLICY
    from csrtui.tasks.request_spec import RequestSpec, advise_on

    csr = read_pair(session, name)[1]
    old = read_prefill(csr.der, CaKind.PRIVATE)  # for a public CA, it would leave values out
    spec = RequestSpec.of_prefill(old, ca, csr.key_type)
    for finding in advise_on(session, spec, NO_POLICY).errors:
        raise RefusedError(f"a {ca.value} CA does not issue for this CSR: {finding.text}", pair=name)
    change_record(session, name, lambda record: record.with_ca(ca, session.clock(), session.user))
