"""Pairs in a store of a test, and the options to back them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backups_made import PASSPHRASE

from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.tasks.backup import BackupSpec
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.restore import NO_CONSENT, Consent, read_backup, restore_contents
from csrtui.tasks.verify import verify_names_or_files

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.base.secret import Secret
    from csrtui.core.pairs.pair import Pair, PairRecord
    from csrtui.tasks.parallel import Result
    from csrtui.tasks.session import Session


def new_pair(
    session: Session,
    name: str = "a.com",
    *,
    passphrase: Secret | None = None,
    key_type: KeyType = KeyType.EC_P256,
) -> str:
    """Make a pair, and return its name."""
    ca = CaKind.PUBLIC if key_type.public_ca else CaKind.PRIVATE
    return create_pair(session, RequestSpec((name,), ca=ca, key_type=key_type), passphrase=passphrase).name


def order(place: Path, passphrase: Secret = PASSPHRASE, again: Secret | None = None) -> BackupSpec:
    """Return the options of a backup to `place`.

    The passphrase typed the second time is `again`, or else the same.
    """
    return BackupSpec(str(place), passphrase, passphrase if again is None else again)


def record_of(session: Session, pair: str = "a.com") -> PairRecord:
    """Return the current record of a pair."""
    return read_pair(session, pair)[0].record


def restore(session: Session, path: str, passphrase: Secret | None, consent: Consent = NO_CONSENT) -> Pair:
    """Restore the pair in a backup file into the store."""
    return restore_contents(session, read_backup(session, path), passphrase, consent)


def verify_file(session: Session, path: str, passphrase: Secret | None = None) -> Result:
    """Return the result of ``csrtui verify PATH`` for a backup file."""
    (result,) = verify_names_or_files(session, [path], passphrase)
    return result
