"""The functions that the keystore pane runs in threads: they read the store and select pairs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.message import Message

from csrtui.core.base.errors import CsrtuiError
from csrtui.store.summary_reader import SummaryListing
from csrtui.tasks.list import PairList

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from csrtui.core.pairs.query import Query, SortOrder
    from csrtui.core.pairs.summary import PairSummary
    from csrtui.store.summary_reader import SummaryReader

    Post = Callable[[Message], object]

_REPORT_INTERVAL = 0.5
"""Seconds between two progress messages."""


class PairsLoaded(Message):
    """Pairs have been loaded from the store or from its cache.

    Args:
        pair_list: The pairs.
    """

    def __init__(self, pair_list: PairList) -> None:
        super().__init__()
        self.pair_list = pair_list


class ReadingEnded(Message):
    """Reading the store has ended.

    Args:
        generation: The store's generation before all pairs were read, or None if only some pairs were read.
        seconds: The duration of reading, in seconds.
        error: The reason why the store cannot be read, or None if it was read.
    """

    def __init__(
        self, generation: int | None, seconds: float = 0.0, error: CsrtuiError | None = None
    ) -> None:
        super().__init__()
        self.generation = generation
        self.seconds = seconds
        self.error = error


class Progress(Message):
    """The store is being read.

    Args:
        text: The progress, as displayed text.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class PairsSelected(Message):
    """The pairs that match a query have been selected.

    Args:
        pair_list: All pairs.
        summaries: The selected pairs, in order.
        order: The order of the summaries.
        now: The time of the selection.
    """

    def __init__(
        self, pair_list: PairList, summaries: Sequence[PairSummary], order: SortOrder, now: datetime
    ) -> None:
        super().__init__()
        self.pair_list = pair_list
        self.summaries = summaries
        self.order = order
        self.now = now


def read_store(reader: SummaryReader, generation: int, post: Post, *, is_first: bool) -> None:
    """Read all pairs of the store and post them. The first time, post the cached pairs before that.

    Args:
        reader: The reader of the store.
        generation: The store's current generation.
        post: Called with each message: `Progress` and `PairsLoaded`, then `ReadingEnded`.
        is_first: Whether the store has not been read yet.
    """
    start_time = last_report = time.monotonic()
    verb = "reading" if is_first else "checking"

    def report(count: int, total: int) -> None:
        nonlocal last_report
        if time.monotonic() - last_report > _REPORT_INTERVAL:
            last_report = time.monotonic()
            post(Progress(f"{verb} {count * 100 // total}%"))

    try:
        summaries = reader.load_cache() if is_first else []
        if summaries:
            verb = "checking"
            post(Progress("as last seen, checking"))
            post(PairsLoaded(PairList(SummaryListing(summaries, []))))
        post(PairsLoaded(PairList(reader.read(on_progress=report))))
    except CsrtuiError as error:
        post(ReadingEnded(generation, error=error))
    else:
        post(ReadingEnded(generation, time.monotonic() - start_time))


def read_visible(reader: SummaryReader, names: Collection[str], post: Post) -> None:
    """Read new pairs, read the pairs on the screen again, and post `PairsLoaded` and `ReadingEnded`.

    Args:
        reader: The reader of the store.
        names: The names of the pairs on the screen.
        post: Called with each message.
    """
    try:
        post(PairsLoaded(PairList(reader.read(recheck=names))))
    except CsrtuiError as error:
        post(ReadingEnded(None, error=error))
    else:
        post(ReadingEnded(None))


def select_pairs(pair_list: PairList, query: Query, order: SortOrder, now: datetime, post: Post) -> None:
    """Select the pairs that match `query` and post `PairsSelected`."""
    post(PairsSelected(pair_list, pair_list.select(query, order, now), order, now))


def hour_of(now: datetime) -> datetime:
    """Return `now` rounded down to the hour.

    The list is updated every hour, because the number of days left can change at any time of day.
    """
    return now.replace(minute=0, second=0, microsecond=0)
