"""Read the store in a thread of the keystore pane."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from csrtui.store.summary_reader import SummaryListing
from csrtui.tasks.list import PairList

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from csrtui.store.summary_reader import SummaryReader

_REPORT_INTERVAL = 0.5
"""Seconds between two reports of the progress."""


def read_store(
    reader: SummaryReader,
    show: Callable[[PairList], object],
    tell: Callable[[str], object],
    *,
    is_first: bool,
) -> float:
    """Read all pairs of the store and show them. The first time, show the cached pairs before that.

    Returns:
        The duration of reading, in seconds.

    Raises:
        CsrtuiError: The store cannot be read.
    """
    start_time = last_report = time.monotonic()
    verb = "reading" if is_first else "checking"

    def report(count: int, total: int) -> None:
        nonlocal last_report
        if time.monotonic() - last_report > _REPORT_INTERVAL:
            last_report = time.monotonic()
            tell(f"{verb} {count * 100 // total}%")

    summaries = reader.load_cache() if is_first else []
    if summaries:
        verb = "checking"
        tell("as last seen, checking")
        show(PairList(SummaryListing(summaries, [])))
    show(PairList(reader.read(on_progress=report)))
    return time.monotonic() - start_time


def read_visible(reader: SummaryReader, names: Collection[str], show: Callable[[PairList], object]) -> float:
    """Read new pairs, read the pairs `names` on the screen again, and show the list.

    Return 0 in place of the duration, which the caller does not use.
    """
    show(PairList(reader.read(recheck=names)))
    return 0.0


def hour_of(now: datetime) -> datetime:
    """Return `now` rounded down to the hour.

    The list is updated every hour, because the number of days left can change at any time of day.
    """
    return now.replace(minute=0, second=0, microsecond=0)
