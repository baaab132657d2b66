"""Shared by the tests of the backup dialogs: pairs in a store, a cheap key derivation, and the texts of a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screen_text import title_of
from screens_user import session_on

from csrtui.core.base.secret import Secret
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.store.keystore import Keystore
from csrtui.tasks.backup import BackupSpec, back_up
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.widgets.text_block import TextBlock, TextView

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.core.pairs.pair import Backup
    from csrtui.tasks.session import Session

CHEAP_ROUNDS = 1000
"""The number of iterations instead of `csrtui.core.keys.pkcs8.ITERATIONS`, because only the dialogs are tested."""
PASSPHRASE = "long enough for all"


def session_with(store: Path, *names: str) -> Session:
    """Return a session on a store with these pairs."""
    session = session_on(Keystore(str(store)))
    for name in names:
        create_pair(session, RequestSpec(names=(name,)))
    return session


def backed_up(session: Session, name: str, folder: Path) -> Backup:
    """Back up a pair with `PASSPHRASE`, and return the path of the file."""
    folder.mkdir(exist_ok=True)
    secret = Secret(PASSPHRASE)
    return back_up(session, name, BackupSpec(str(folder), secret, secret))


def say_encrypted(session: Session, name: str) -> None:
    """Record that a pair's key has a passphrase."""
    with session.store.change(name) as change:
        record = load_record(change.record)
        change.replace_record(dump_record(record._replace(key=record.key._replace(encrypted=True))))


def said(user: User, *blocks: str) -> str:
    """Return the texts of blocks of the dialog on one line. ``about`` includes the title in the frame."""
    texts = []
    for block in blocks or ("about", "notes"):
        found = user.app.screen.query_one(f"#{block}", TextBlock)
        texts += [title_of(user.app.screen)] if block == "about" else []
        texts.append(found.all_text if isinstance(found, TextView) else found.text)
    return " ".join(" ".join(texts).split())
