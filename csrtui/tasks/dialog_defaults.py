"""Save the folders, recipients and hosts that were used last, to prefill dialogs. Secrets are never saved."""

import json
import os
from contextlib import suppress
from enum import StrEnum

from csrtui.core.base.errors import StoreError
from csrtui.tasks.session import Session


class LastUsed(StrEnum):
    """A value that is remembered."""

    BACKUP_FOLDER = "backup_folder"
    """The destination of backups on this machine."""
    HOST_BACKUP_FOLDER = "host_backup_folder"
    """The destination of backups on other hosts."""
    RECIPIENTS = "recipients"
    """The recipients of backups on other hosts, as typed."""
    CSR_FOLDER = "csr_folder"
    """The destination of CSRs of other hosts."""
    HOST_REQUEST = "host_request"
    """The form for many hosts: a draft as JSON."""
    REQUEST_HOSTS = "request_hosts"
    """The hosts that were typed with that form."""


def recall(session: Session, key: LastUsed) -> str:
    """Return a remembered value, or an empty text if there is none or it cannot be read."""
    text = _read_values(session).get(key, "")
    return text if isinstance(text, str) and text.isprintable() else ""


def remember(session: Session, key: LastUsed, text: str) -> None:
    """Save a value as the next default of its dialog, if the store can be written to."""
    if text != recall(session, key):
        with suppress(StoreError):
            session.store.update_last_used(
                lambda data: json.dumps({**_parse_values(data), key: text}).encode("ascii")
            )


def recall_folder(session: Session) -> str:
    """Return the last destination folder of backups, or an empty text."""
    return recall(session, LastUsed.BACKUP_FOLDER)


def remember_folder(session: Session, folder: str) -> None:
    """Save the destination folder of backups as an absolute path."""
    remember(session, LastUsed.BACKUP_FOLDER, os.path.abspath(folder))


def _read_values(session: Session) -> dict[str, object]:
    try:
        return _parse_values(session.store.load_last_used())
    except StoreError:
        return {}


def _parse_values(data: bytes | None) -> dict[str, object]:
    try:
        values = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
