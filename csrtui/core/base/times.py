"""Times: the validity of a certificate, and times as text."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Validity(NamedTuple):
    """The life of the certificate of a pair, both ends included (RFC 5280, 4.1.2.5)."""

    not_before: datetime
    not_after: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until the certificate expires; negative when it has."""
        return (self.not_after - now) // timedelta(days=1)

    @property
    def due(self) -> datetime:
        """When a renewal becomes due: the first moment at which `is_due`."""
        return self.not_after - (self.not_after - self.not_before) // 3

    def is_due(self, now: datetime) -> bool:
        """Whether a third of the life or less is left, which is when a renewal is due."""
        return (self.not_after - now) * 3 <= self.not_after - self.not_before


def utc_text(time: datetime) -> str:
    """Return a time as RFC 3339 in UTC, to the second: ``2026-11-23T09:00:00Z``."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
