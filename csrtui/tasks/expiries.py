"""When the certificates of the keystore end."""

from dataclasses import dataclass

from csrtui.core.expiry_chart import Expiries, count
from csrtui.core.pair import Stage
from csrtui.tasks.review import list_pairs
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class Counted:
    """When certificates end, and what was left out of the count.

    Attributes:
        expiries: Those in use.
        bare: How many pairs in use have no certificate yet.
        past: How many pairs are retired or replaced by another.
        unreadable: How many pairs cannot be read.
    """

    expiries: Expiries
    bare: int = 0
    past: int = 0
    unreadable: int = 0


def count_expiries(session: Session) -> Counted:
    """Count by month when the certificates in use become due and when they expire.

    Raises:
        StoreError: The store cannot be used.
    """
    keyring = list_pairs(session)
    records = [pair.record for pair in keyring.pairs]
    used = [one for one in records if one.stage is not Stage.RETIRED and one.renewed_by is None]
    lives = [one.validity for one in used if one.validity]
    return Counted(
        expiries=count(lives, session.clock()),
        bare=len(used) - len(lives),
        past=len(records) - len(used),
        unreadable=len(keyring.problems),
    )
