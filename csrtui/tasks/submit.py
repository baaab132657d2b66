"""Handing out the CSR, and remembering that it went to a CA."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from csrtui.core.servers.guide import Host

LONGEST_TO = 60
"""The most characters of whom a CSR was submitted to."""
LONGEST_NOTE = 200
"""The most characters of a note."""
_OVERRULED = ", although no backup is verified"
_AWAY = frozenset({BackupStatus.MISSING, BackupStatus.DAMAGED})


class CsrForm(StrEnum):
    """How a CSR is written down."""

    PEM = "PEM"
    DER = "DER"


class HandOutWay(StrEnum):
    """How a CSR leaves csrtui, in the words of a pair's history."""

    CLIPBOARD = "clipboard"
    SCREEN = "screen"
    STDOUT = "standard output"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class HandOut:
    """One way that a CSR went.

    Attributes:
        way: How.
        place: The file's path; empty for the other ways.
    """

    way: HandOutWay
    place: str = ""

    def __str__(self) -> str:
        return f"{self.way.value} {visible(self.place)}".rstrip()


def csr_pem(session: Session, name: str) -> tuple[Pair, bytes]:
    """Return a pair and its CSR in PEM, which is the one on record.

    Raises:
        InputError: There is no such pair.
        StoreError: It is damaged or not safe.
    """
    return csr_bytes(session, name, CsrForm.PEM)


def csr_bytes(session: Session, name: str, form: CsrForm) -> tuple[Pair, bytes]:
    """Return a pair and its CSR as PEM or DER; raises as `csr_pem`."""
    from csrtui.core.certificates import csr

    pair, asked = read_pair(session, name)
    return pair, asked.der if form is CsrForm.DER else csr.to_pem(asked.der)


def lacks_backup(record: PairRecord) -> bool:
    """Whether a CSR that goes now goes although no backup of its key is verified."""
    return record.backup_status is not BackupStatus.VERIFIED


def hand_out(session: Session, pair: Pair, how: HandOut) -> Pair:
    """Note in the history that a CSR went, and whether it went although no backup was verified.

    Raises:
        StoreError: The record cannot be changed.
    """

    def noted(record: PairRecord) -> PairRecord:
        return record.with_event(session.clock(), _although(record, f"CSR handed out: {how}"), session.user)

    return _changed(session, pair, noted)


class WrittenCsr(NamedTuple):
    """A CSR in a file.

    Attributes:
        pair: The pair, with the hand-out in its history.
        path: The file, absolute.
        unconfirmed: That the file or the history might not survive a power cut; None where the disk confirmed both.
    """

    pair: Pair
    path: str
    unconfirmed: NotConfirmedError | None = None


def write_csr(session: Session, name: str, path: str, form: CsrForm) -> WrittenCsr:
    """Write a CSR into a new file, and note it in the history.

    Raises:
        InputError: There is no such pair, or a file cannot be made there.
        StoreError: It cannot be written; or it is written, which is said then, but not noted.
    """
    from csrtui.store import new_file

    pair, data = csr_bytes(session, name, form)
    unconfirmed = None
    try:
        written = new_file.write(path, data)
    except NotConfirmedError as error:  # such as on a share, which cannot flush folders
        written, unconfirmed = new_file.absolute_path(path), error
    try:
        return WrittenCsr(hand_out(session, pair, HandOut(HandOutWay.FILE, written)), written, unconfirmed)
    except NotConfirmedError as error:
        return WrittenCsr(read_pair(session, name)[0], written, unconfirmed or error)
    except CsrtuiError as error:
        raise StoreError(
            f"{visible(written)} is written; noting that went wrong: {error.what}", error.hint
        ) from error


def mark_submitted(session: Session, pair: Pair, to: str = "", note: str = "") -> Pair:
    """Note in the pair's record that its CSR went to a CA now.

    Args:
        session: Whose store.
        pair: The pair.
        to: Whom it went to, such as a CA's name; at most `LONGEST_TO` characters.
        note: Anything, such as the order's number; at most `LONGEST_NOTE` characters.

    Raises:
        InputError: A text is too long.
        StoreError: The record cannot be changed.
    """
    whom, said = short_text(to, "whom it went to", LONGEST_TO), short_text(note, "the note", LONGEST_NOTE)
    what = f"submitted{f' to {whom}' if whom else ''}"

    def marked(record: PairRecord) -> PairRecord:
        event = _although(record, what) + (f": {said}" if said else "")
        return record.marked_submitted(session.clock(), session.user, event)

    return _changed(session, pair, marked)


def short_text(text: str, what: str, longest: int) -> str:
    """Return a text from outside as it is kept in a history: visible, in one line, no longer than that.

    Raises:
        InputError: It is too long.
    """
    short = visible(" ".join(text.split()))
    if len(short) > longest:
        raise InputError(f"{what} has {len(short)} characters, and may have {longest}", "keep it short")
    return short


def newest_backup(record: PairRecord) -> Backup | None:
    """The newest backup that is not known to be away or damaged."""
    there = [backup for backup in record.backups if backup.status not in _AWAY]
    return max(there, key=lambda backup: backup.created, default=None)


def this_host(session: Session, environ: Mapping[str, str]) -> "Host":
    """This machine as ssh reaches it, with the port that the session at hand came in by.

    Args:
        session: Whose user.
        environ: ``SSH_CONNECTION`` is read (ssh(1): both addresses and ports, the server's last).
    """
    from csrtui.core.servers.guide import Host

    name = os.uname().nodename
    *_, port = environ.get("SSH_CONNECTION", "").split(" ")
    # As ssh(1) writes it; anything else is nobody's port.
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16
    return Host(name, session.user, int(port)) if is_port else Host(name, session.user)


def fetch_lines(pair: Pair, host: "Host") -> list[tuple[str, str]]:
    """Return what to type on the laptop to fetch the CSR, and the newest backup if any: a label and a line each.

    The key itself is never among them.
    """
    from csrtui.core.servers.guide import scp_line

    backup = newest_backup(pair.record)
    wanted = [("the CSR", f"{pair.path}/request.pem", f"{pair.name}.csr")]
    if backup is not None:
        wanted.append(("its encrypted backup", backup.path, "."))
    lines = [(label, scp_line(host, path, to)) for label, path, to in wanted]
    return [(label, line) for label, line in lines if line is not None]


def _although(record: PairRecord, what: str) -> str:
    return what + (_OVERRULED if lacks_backup(record) else "")


def _changed(session: Session, pair: Pair, change: Callable[[PairRecord], PairRecord]) -> Pair:
    return pair._replace(record=change_record(session, pair.name, change))
