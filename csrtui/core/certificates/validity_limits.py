"""How long a public certificate may live, by the day it is issued (BR 6.3.2)."""

from datetime import UTC, datetime, timedelta
from typing import Final

from csrtui.core.base.times import Validity

SCHEDULE: Final = (
    (datetime(2026, 3, 15, tzinfo=UTC), 398),
    (datetime(2027, 3, 15, tzinfo=UTC), 200),
    (datetime(2029, 3, 15, tzinfo=UTC), 100),
)
"""Before that time: the most days. Ballot SC-081v3."""
LAST_DAYS: Final = 47
"""The most days after the schedule's last row."""
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


def longest_days(issued: datetime) -> int:
    """Return the most days that a public certificate issued at that time may live."""
    return next((days for until, days in SCHEDULE if issued < until), LAST_DAYS)


def days_of(validity: Validity) -> int:
    """Return the days that a life is counted as by the rules: both ends included, a day begun is a day (BR 6.3.2)."""
    return -((validity.not_before - validity.not_after - _SECOND) // _DAY)


def whole_days(validity: Validity) -> int:
    """Return the days of a life as people count them: whole days, both ends included.

    Some CAs write 90 days as 90 times 24 hours, others as a second less; both are 90 days.
    """
    return (validity.not_after - validity.not_before + _SECOND) // _DAY
