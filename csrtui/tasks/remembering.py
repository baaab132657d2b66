"""What dialogs begin with because it was used last: the folder of the backups. Never a secret."""

import json
import os
from contextlib import suppress

from csrtui.core.errors import StoreError
from csrtui.tasks.session import Session

_FOLDER = "backup_folder"


def recall_folder(session: Session) -> str:
    """Return the folder that backups went to last; empty where none is known, or it cannot be read."""
    try:
        members = json.loads(session.store.load_last() or b"{}")
    except (StoreError, ValueError, RecursionError):
        return ""
    folder = members.get(_FOLDER, "") if isinstance(members, dict) else ""
    return folder if isinstance(folder, str) and folder.isprintable() else ""


def remember_folder(session: Session, folder: str) -> None:
    """Keep the folder for the next time; a store that cannot be written to is no reason to stop."""
    folder = os.path.abspath(folder)
    if folder != recall_folder(session):
        with suppress(StoreError):
            session.store.save_last(json.dumps({_FOLDER: folder}).encode("ascii"))
