"""What the keystore pane does in threads: reading the store, and finding pairs among many."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.message import Message

from csrtui.core.errors import CsrtuiError
from csrtui.core.pair_query import Query
from csrtui.tasks.holdings import Few, FewItems
from csrtui.tasks.looking import MANY
from csrtui.tasks.review import Keyring, list_pairs
from csrtui.tasks.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from csrtui.core.pair_query import Order
    from csrtui.tasks.holdings import Holdings, Items
    from csrtui.tasks.session import Session

    Post = Callable[[Message], object]

_REPORT_EVERY = 0.5
"""Seconds between two reports of how far a reading is."""
_SHOW_EVERY = 3.0
"""Seconds after which what was read meanwhile is shown, where nothing was known before."""


class Loaded(Message):
    """The store was read.

    Args:
        holdings: What is in it.
        generation: The store's stamp before it was read, or None when the reading goes on.
        seconds: How long it took.
        error: Why nothing could be read, or None.
    """

    def __init__(
        self,
        holdings: Holdings,
        generation: int | None,
        seconds: float = 0.0,
        error: CsrtuiError | None = None,
    ) -> None:
        super().__init__()
        self.holdings = holdings
        self.is_last = generation is not None
        self.generation = generation or 0
        self.seconds = seconds
        self.error = error


class Followed(Message):
    """Who came and went was looked for.

    Args:
        changed: Whether any did.
    """

    def __init__(self, changed: bool) -> None:  # noqa: FBT001 - a message with one value
        super().__init__()
        self.changed = changed


class Progress(Message):
    """The store is being read.

    Args:
        text: How far.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Selected(Message):
    """Pairs were found.

    Args:
        holdings: Among which.
        items: The pairs.
        tally: A count of all.
        now: When.
        error: Why none could be found, or None.
    """

    def __init__(
        self, holdings: Holdings, items: Items, tally: Tally, now: datetime, error: CsrtuiError | None = None
    ) -> None:
        super().__init__()
        self.holdings = holdings
        self.items = items
        self.tally = tally
        self.now = now
        self.error = error


def read_store(session: Session, before: Holdings, generation: int, post: Post) -> None:
    """Read the store; post `Loaded` when that is done, and before that what an earlier run knew of many pairs.

    Args:
        session: Whose store.
        before: What was read of it the last time.
        generation: The store's stamp.
        post: Posts a message.
    """
    started = time.monotonic()
    try:
        if session.store.has_many(MANY):
            holdings: Holdings = _read_many(session, before, post)
        else:
            holdings = Few(list_pairs(session))
    except CsrtuiError as error:
        post(Loaded(Few(Keyring(())), generation, error=error))
    else:
        post(Loaded(holdings, generation, time.monotonic() - started))


def follow_store(holdings: Holdings, post: Post) -> None:
    """Look who came and went; post `Followed`."""
    changed = False
    with suppress(CsrtuiError):  # which the next reading says
        changed = holdings.follow()
    post(Followed(changed))


def select_pairs(holdings: Holdings, query: Query, order: Order, now: datetime, post: Post) -> None:
    """Find pairs, and post `Selected`."""
    try:
        post(Selected(holdings, *holdings.select(query, order, now), now))
    except CsrtuiError as error:
        post(Selected(holdings, FewItems(()), Tally(), now, error))


def prepare(holdings: Holdings, order: Order, now: datetime) -> None:
    """Sort all as the user may want it next, which is remembered; what goes wrong is said when he does."""
    with suppress(CsrtuiError):
        holdings.select(Query(), order, now)


def _read_many(session: Session, before: Holdings, post: Post) -> Holdings:
    from csrtui.tasks.large_store import Many

    holdings = before if isinstance(before, Many) else Many(session)
    is_known = holdings.is_checked or holdings.recall() > 0
    if holdings is not before:
        post(Progress("as last seen, checking" if is_known else "reading the pairs"))
    if is_known and holdings is not before:
        post(Loaded(holdings, None))
    reported = shown = time.monotonic()

    def report(done: int, pairs: int) -> None:
        nonlocal reported, shown
        now = time.monotonic()
        if now - reported > _REPORT_EVERY:
            reported = now
            post(Progress(f"checking {done * 100 // pairs}%" if is_known else f"reading {done} of {pairs}"))
        if not is_known and now - shown > _SHOW_EVERY:
            shown = now
            post(Loaded(holdings, None))

    if holdings.follow():
        post(Loaded(holdings, None))
    holdings.check(report)
    return holdings
