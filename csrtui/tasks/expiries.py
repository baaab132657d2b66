"""When the certificates of the keystore end."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto

from csrtui.core.base.times import Validity
from csrtui.core.pairs.expiry_chart import Expiries, count
from csrtui.core.pairs.pair import NextStep, Stage
from csrtui.core.pairs.summary import PairSummary, time_at
from csrtui.tasks.list import read_pair_list
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
    pair_list = read_pair_list(session)
    lives = list(map(_life, pair_list.summaries))
    left_out = Counter(one for one in lives if isinstance(one, _LeftOut))
    counted = (Validity(time_at(one[0]), time_at(one[1])) for one in lives if isinstance(one, tuple))
    return Counted(
        expiries=count(counted, now),
        bare=left_out[_LeftOut.BARE],
        past=left_out[_LeftOut.PAST],
        unreadable=len(pair_list.problems),
    )


def _life(summary: PairSummary) -> tuple[int, int] | _LeftOut:
    """Return when a pair's certificate begins and expires, or why the pair is not counted."""
    if summary.stage == Stage.RETIRED or (summary.step == NextStep.NONE and summary.due is None):
        return _LeftOut.PAST
    if summary.begins is None or summary.expires is None:
        return _LeftOut.BARE
    return summary.begins, summary.expires
