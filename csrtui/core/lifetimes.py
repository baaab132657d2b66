"""How long a public certificate may live, by the day it is issued (BR 6.3.2)."""

from datetime import UTC, datetime, timedelta
from typing import Final

from csrtui.core.pair import Validity

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
    """Return the days of a life: both ends included, and a day begun is a day (BR 6.3.2)."""
    return -((validity.not_before - validity.not_after - _SECOND) // _DAY)
