"""The validity period of a certificate, and times as text."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""The abbreviated names of the months."""


class Validity(NamedTuple):
    """The validity period of a certificate, including both ends (RFC 5280, 4.1.2.5)."""

    not_before: datetime
    not_after: datetime

    def days_left(self, now: datetime) -> int:
        """Return the number of whole days until the certificate expires, negative if it has expired."""
        return (self.not_after - now) // timedelta(days=1)

    @property
    def whole_days(self) -> int:
        """The number of whole days in the period.

        Some CAs encode 90 days as 90 times 24 hours, others as one second less. The result is 90 for both.
        """
        return (self.not_after - self.not_before + timedelta(seconds=1)) // timedelta(days=1)

    @property
    def due(self) -> datetime:
        """The time at which a renewal becomes due, when one third of the validity is left."""
        return self.not_after - (self.not_after - self.not_before) // 3

    def is_due(self, now: datetime) -> bool:
        """Return whether a renewal is due because one third of the validity or less is left."""
        return self.due <= now


def utc_text(time: datetime) -> str:
    """Return a time as RFC 3339 in UTC, to the second, for programs and files: ``2026-11-23T09:00:00Z``."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def date_text(time: datetime) -> str:
    """Return the date of a time in UTC, for people: ``29 Nov 2026``."""
    time = time.astimezone(UTC)
    return f"{time.day} {MONTHS[time.month - 1]} {time.year}"


def time_text(time: datetime) -> str:
    """Return a time in UTC, to the minute, for people: ``29 Nov 2026 09:00 UTC``."""
    return f"{date_text(time)} {time.astimezone(UTC):%H:%M} UTC"
