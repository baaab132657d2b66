"""When the certificates of the keystore end."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto

from csrtui.core.expiry_chart import Expiries, count
from csrtui.core.pair import NextStep, Stage, Validity
from csrtui.core.pair_line import PairLine, time_at
from csrtui.core.pair_query import Query
from csrtui.tasks.looking import look_up
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


class _LeftOut(Enum):
    """Why a pair is not counted."""

    BARE = auto()
    PAST = auto()


def count_expiries(session: Session) -> Counted:
    """Count by month when the certificates in use become due and when they expire.

    Raises:
        StoreError: The store cannot be used.
    """
    now = session.clock()
    found = look_up(session, Query(), now, lambda lines: list(map(_life, lines)))
    lives = found.made
    left_out = Counter(one for one in lives if isinstance(one, _LeftOut))
    counted = (Validity(time_at(one[0]), time_at(one[1])) for one in lives if isinstance(one, tuple))
    return Counted(
        expiries=count(counted, now),
        bare=left_out[_LeftOut.BARE],
        past=left_out[_LeftOut.PAST],
        unreadable=len(found.problems),
    )


def _life(line: PairLine) -> tuple[int, int] | _LeftOut:
    """The life of a pair's certificate, as the line has it, or why it is left out."""
    if line.stage == Stage.RETIRED or (line.step == NextStep.NONE and line.due is None):
        return _LeftOut.PAST
    if line.begins is None or line.expires is None:
        return _LeftOut.BARE
    return line.begins, line.expires
