"""The work of the keystore pane that runs in threads: reading the store, and selecting among many pairs."""

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

_REPORT_EVERY = 0.5
"""Seconds between two reports of progress."""


class Loaded(Message):
    """The pairs of the store, as far as they are known.

    Args:
        pair_list: The pairs.
    """

    def __init__(self, pair_list: PairList) -> None:
        super().__init__()
        self.pair_list = pair_list


class ReadingEnded(Message):
    """The store has been read.

    Args:
        generation: The store's generation before all pairs were read; None if only some were.
        seconds: The duration of the reading.
        error: The reason why the store cannot be read, or None.
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
        text: The progress, to be shown.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Selected(Message):
    """Pairs were selected.

    Args:
        pair_list: The list that they were selected from.
        summaries: The pairs, in order.
        now: The time of the selection.
    """

    def __init__(self, pair_list: PairList, summaries: Sequence[PairSummary], now: datetime) -> None:
        super().__init__()
        self.pair_list = pair_list
        self.summaries = summaries
        self.now = now


def read_store(reader: SummaryReader, generation: int, post: Post, *, is_first: bool) -> None:
    """Read all pairs of the store; at the first reading, post the pairs of the cache before.

    Args:
        reader: Reads the store, and remembers the pairs.
        generation: The store's generation.
        post: Posts a message: `Loaded` for each state of the list, then `ReadingEnded`.
        is_first: Whether nothing has been read yet.
    """
    started = reported = time.monotonic()
    verb = "checking" if not is_first else "reading"

    def report(done: int, total: int) -> None:
        nonlocal reported
        if time.monotonic() - reported > _REPORT_EVERY:
            reported = time.monotonic()
            post(Progress(f"{verb} {done * 100 // total}%"))

    try:
        cached = reader.load_cache() if is_first else []
        if cached:
            verb = "checking"
            post(Progress("as last seen, checking"))
            post(Loaded(PairList(SummaryListing(cached, []))))
        post(Loaded(PairList(reader.read(on_progress=report))))
    except CsrtuiError as error:
        post(ReadingEnded(generation, error=error))
    else:
        post(ReadingEnded(generation, time.monotonic() - started))


def read_visible(reader: SummaryReader, names: Collection[str], post: Post) -> None:
    """Read new pairs and those on the screen again, and post as `read_store` does.

    Args:
        reader: Reads the store, and remembers the pairs.
        names: The pairs on the screen.
        post: Posts a message.
    """
    try:
        post(Loaded(PairList(reader.read(recheck=names))))
    except CsrtuiError as error:
        post(ReadingEnded(None, error=error))
    else:
        post(ReadingEnded(None))


def select_pairs(pair_list: PairList, query: Query, order: SortOrder, now: datetime, post: Post) -> None:
    """Select pairs, and post `Selected`."""
    post(Selected(pair_list, pair_list.select(query, order, now), now))
