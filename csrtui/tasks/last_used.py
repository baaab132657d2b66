"""What dialogs begin with because it was used last: folders, and who opens the backups. Never a secret."""

import json
import os
from contextlib import suppress
from enum import StrEnum

from csrtui.core.base.errors import StoreError
from csrtui.tasks.session import Session


class Kept(StrEnum):
    """What is remembered."""

    BACKUP_FOLDER = "backup_folder"
    """Where backups went, on this machine."""
    HOST_BACKUP_FOLDER = "host_backup_folder"
    """Where backups went on other hosts."""
    RECIPIENTS = "recipients"
    """Who can open those, as it was typed."""
    CSR_FOLDER = "csr_folder"
    """Where CSRs of other hosts went."""
    HOST_REQUEST = "host_request"
    """The form for many hosts as it was left, a draft as JSON."""
    REQUEST_HOSTS = "request_hosts"
    """Which hosts that was for, as it was typed."""


def recall(session: Session, what: Kept) -> str:
    """Return what was kept last; empty where nothing is, or it cannot be read."""
    text = _members(session).get(what, "")
    return text if isinstance(text, str) and text.isprintable() else ""


def remember(session: Session, what: Kept, text: str) -> None:
    """Keep something for the next time; a store that cannot be written to is no reason to stop."""
    if text != recall(session, what):
        with suppress(StoreError):
            session.store.update_last(
                lambda data: json.dumps({**_members_of(data), what: text}).encode("ascii")
            )


def recall_folder(session: Session) -> str:
    """Return the folder that backups went to last; empty where none is known, or it cannot be read."""
    return recall(session, Kept.BACKUP_FOLDER)


def remember_folder(session: Session, folder: str) -> None:
    """Keep the folder of backups for the next time; a store that cannot be written to is no reason to stop."""
    remember(session, Kept.BACKUP_FOLDER, os.path.abspath(folder))


def _members(session: Session) -> dict[str, object]:
    try:
        return _members_of(session.store.load_last())
    except StoreError:
        return {}


def _members_of(data: bytes | None) -> dict[str, object]:
    try:
        members = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}
