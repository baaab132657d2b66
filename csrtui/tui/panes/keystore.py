"""The keystore pane: all pairs with their backup status, stage and next step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.pairs.counts import PairCounts
from csrtui.core.pairs.query import Query, Retired, SortOrder, retired_filter
from csrtui.store.summary_reader import SummaryReader
from csrtui.tasks.draft import LastUsed, recall_sort_order, remember
from csrtui.tasks.list import FilteredPairs, PairList, Pairs, UnreadablePair
from csrtui.tui.commands import HELP_IN_LISTS, commands_of, key_of
from csrtui.tui.groups import PairSelection
from csrtui.tui.messages import error_texts
from csrtui.tui.panes.count_line import (
    UNREADABLE,
    CountLine,
    empty_texts,
    filtered_text,
    first_lines,
    summary_text,
    with_unreadable,
)
from csrtui.tui.panes.keystore_reading import hour_of, read_store, read_visible
from csrtui.tui.panes.pair_detail import PairDetail
from csrtui.tui.panes.pair_rows import PairRows
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.one_line_widgets import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.pairs.pair import Pair
    from csrtui.core.pairs.query import Need
    from csrtui.tasks.session import Session

CHECK_INTERVAL = 0.5
"""Seconds between two checks for changes by other sessions. A check takes one system call."""
_MAX_SECONDS_WITHOUT_PAUSE = 0.2
"""If reading the store takes longer than this number of seconds, a pause follows before the next reading."""
_THREAD_FROM = 2000
"""With at least this many pairs, a query runs in a thread, so that keys are handled without delay."""


class KeystorePane(Widget):
    """The pane with the list of pairs and its filter."""

    BINDINGS: ClassVar[list[BindingType]] = [HELP_IN_LISTS]

    @dataclass(eq=False, repr=False)
    class CountsChanged(Message):
        """The counts of pairs may have changed."""

        text: str

    @dataclass(eq=False, repr=False)
    class Opened(Message):
        """The user has opened a pair."""

        name: str

    @dataclass(eq=False, repr=False)
    class Failed(Message):
        """The store, or a pair in it, cannot be read."""

        error: CsrtuiError

    class Outdated(Message):
        """Messages about the list no longer apply: its filter has changed, or it can be read again after an error."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._session = session
        self._reader = SummaryReader(session.store)
        self._pair_list = PairList()
        self._rows = PairRows((), (), session.clock())
        self._counts = PairCounts()
        self._filtered = FilteredPairs((), self._counts)
        self._pair_order = recall_sort_order(session)
        self._retired = Retired.HIDDEN
        self._read_generation = self._started_generation = -1
        self._is_reading = False
        self._progress = ""
        self._is_pausing = False
        self._is_selecting = False
        self._must_select_again = False
        self._error: CsrtuiError | None = None
        self._name_to_select: str | None = None
        self._displayed_hour = hour_of(session.clock())

    def compose(self) -> ComposeResult:
        """Build the pane."""
        yield CountLine(id="keystore-top")
        with Container(id="keystore-body"):
            yield LineList(self._rows, can_mark=True, id="pairs")
            yield RuleLine(id="detail-rule")
            yield PairDetail(self._session, id="detail")
        yield TextBlock(id="no-pairs")

    def on_mount(self) -> None:
        """Start reading the store, and check it for changes at regular intervals."""
        self._update_list()
        self.check_for_changes()
        self.set_interval(CHECK_INTERVAL, self.check_for_changes)

    @property
    def pairs(self) -> LineList:
        """The list of pairs."""
        return self.query_one("#pairs", LineList)

    @property
    def filter(self) -> TextField:
        """The text field of the filter."""
        return self.query_one("#filter", TextField)

    # Reading

    @property
    def error(self) -> CsrtuiError | None:
        """The reason why the store cannot be read, or None if it can be read."""
        return self._error

    def check_for_changes(self, *, select: str | None = None) -> None:
        """Read the store in the background if it has changed.

        Move the cursor to the pair `select` as soon as it is in the list.
        """
        if select is not None:
            self._name_to_select = select
            self._move_to_name()  # the list may show the pair already
        if hour_of(self._session.clock()) != self._displayed_hour:
            self._update_list()  # the list depends on the time: a pair that has become due moves to the top
        if self._is_reading:
            return
        generation = self._session.store.generation()
        if generation == self._read_generation and self._error is None:
            return
        is_first, is_new = self._started_generation == -1, generation != self._started_generation
        if self._is_pausing and not is_new:
            return
        self._is_reading, self._started_generation = True, generation
        show = partial(self.call_later, self.show_pairs)
        if is_new and len(self._pair_list.summaries) >= _THREAD_FROM:
            # Read the pairs on the screen first. The next check reads all pairs.
            names = frozenset(str(key) for key in self.pairs.visible_keys)
            self._read(lambda: read_visible(self._reader, names, show), None)
        else:
            tell = partial(self.call_later, self._show_progress)
            self._read(lambda: read_store(self._reader, show, tell, is_first=is_first), generation)

    def _read(self, work: Callable[[], float], generation: int | None) -> None:
        async def read() -> None:
            seconds = await run_in_thread(work)
            self.call_later(self._end_reading, generation, seconds)  # after all reports

        self.run_worker(read(), group="keystore")

    def show_pairs(self, pair_list: PairList) -> None:
        """Show the pairs that were read from the store or from its cache."""
        self._pair_list = pair_list
        self._update_list()

    def _end_reading(self, generation: int | None, seconds: float | CsrtuiError) -> None:
        """Report an error or the recovery from an error. Without an error, check for the next change.

        `generation` is None if only some pairs were read.
        """
        previous_error, self._error = self._error, seconds if isinstance(seconds, CsrtuiError) else None
        self._is_reading, self._progress = False, ""
        if generation is not None:
            self._read_generation = generation
        if isinstance(seconds, CsrtuiError):
            self._pair_list = PairList()
        elif generation is not None:
            self._pause_after(seconds)
        self._update_list()
        if self._error is None:
            if previous_error is not None:
                self.post_message(self.Outdated())
            self.check_for_changes()  # after an error, the next regular check reads the store again
        elif previous_error is None or previous_error.message != self._error.message:
            self.post_message(self.Failed(self._error))

    def _pause_after(self, seconds: float) -> None:
        """If reading took long, read only new and visible pairs during a pause of twice that time."""
        if seconds > _MAX_SECONDS_WITHOUT_PAUSE:
            self._is_pausing = True
            self.set_timer(2 * seconds, self._resume)

    def _resume(self) -> None:
        self._is_pausing = False
        self.check_for_changes()

    def _show_progress(self, text: str) -> None:
        self._progress = text
        self._show_texts()

    # Commands

    @property
    def current(self) -> Pair | None:
        """The pair under the cursor, or None if the list is empty or the pair cannot be read."""
        item = self.pairs.current
        if item is None or isinstance(item, UnreadablePair):
            return None
        return next(iter(Pairs(self._session, [item.name])), None)

    def selection(self) -> PairSelection:
        """Return the pairs that a command can apply to, including marked pairs that the filter hides."""
        marks = self.pairs.marks
        summaries = self._pair_list.summaries if marks else ()
        marked = [summary.name for summary in summaries if summary.name in marks]
        return PairSelection(self.current, Pairs(self._session, marked), self._needing)

    def _needing(self, need: Need) -> Pairs:
        return Pairs(self._session, self._pair_list.names_needing(need, self._session.clock()))

    @property
    def is_empty(self) -> bool:
        """Whether the store was read and contains no pairs."""
        return not (self._error or self._progress or self._counts.total or self._pair_list.problems)

    def focus_list(self) -> None:
        """Focus the list."""
        self.pairs.focus()

    def set_filter(self, text: str) -> None:
        """List only the pairs that match a query, and focus the list."""
        self.filter.load_text(text)
        self.focus_list()

    def sort(self) -> SortOrder:
        """Switch to the next sort order, remember it for the next start, and return it."""
        self._pair_order = self._pair_order.next_order
        self._update_list()
        remember(self._session, LastUsed.SORT_ORDER, self._pair_order.value)
        return self._pair_order

    def show_retired(self) -> Retired:
        """Show or hide retired pairs, and return whether the list shows them: a filter for retired pairs always does."""
        self._retired = Retired.SHOWN if self._retired is Retired.HIDDEN else Retired.HIDDEN
        self._update_list()
        return self._query.retired

    # Events

    def on_input_changed(self) -> None:
        """Apply the filter."""
        self._update_list()
        self.post_message(self.Outdated())

    def on_input_submitted(self) -> None:
        """Focus the list."""
        self.focus_list()

    def on_line_list_highlighted(self) -> None:
        """Show the details of the pair under the cursor."""
        self.query_one(PairDetail).follow(self.pairs.current)

    def on_line_list_marked(self) -> None:
        """Show the number of marked pairs."""
        self._show_counts()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Open the pair, or report why it cannot be read. A pair that has been removed since is not opened."""
        event.stop()
        if (item := self._rows.find_item(event.key)) is not None:
            failed = self.Failed(item.error) if isinstance(item, UnreadablePair) else None
            self.post_message(failed or self.Opened(item.name))

    @property
    def rows(self) -> PairRows:
        """The listed pairs, in order."""
        return self._rows

    def on_resize(self) -> None:
        """Fit the texts to the new width."""
        self._show_texts()

    # Drawing

    @property
    def _query(self) -> Query:
        text = self.filter.value
        return Query.parse(text, retired=retired_filter(text, self._retired))

    def _update_list(self) -> None:
        """Show the pairs that match the query. A query on many pairs runs in a thread."""
        pair_list, query, order, now = self._pair_list, self._query, self._pair_order, self._session.clock()
        self._displayed_hour = hour_of(now)
        if len(pair_list.summaries) < _THREAD_FROM:
            self._show_rows(pair_list.filter(query, order, now), order, now)
        elif self._is_selecting:
            self._must_select_again = True
        else:
            self._is_selecting = True
            self.run_worker(self._select(pair_list, query, order, now), group="select")

    async def _select(self, pair_list: PairList, query: Query, order: SortOrder, now: datetime) -> None:
        """Show the selected pairs. If the query or the pairs have changed in the meantime, start another selection."""
        filtered = await run_in_thread(lambda: pair_list.filter(query, order, now))
        self._is_selecting = False
        if pair_list is self._pair_list and not isinstance(filtered, CsrtuiError):
            self._show_rows(filtered, order, now)
        if self._must_select_again:
            self._must_select_again = False
            self._update_list()

    def _show_rows(self, filtered: FilteredPairs, order: SortOrder, now: datetime) -> None:
        text = self.filter.value
        problems = [problem for problem in self._pair_list.problems if text.casefold() in problem.name]
        self._counts = self._pair_list.count(now)
        self._filtered = filtered
        period, missing = self._query.period, self._pair_list.missing_successors
        self._rows = PairRows(filtered.summaries, problems, now, order, period, missing=missing)
        self.pairs.set_rows(self._rows)
        self._move_to_name()
        self._show_texts()
        self.post_message(self.CountsChanged(self._counts_text))

    @property
    def _counts_text(self) -> str:
        if self._error is not None:
            return UNREADABLE
        return with_unreadable(self._counts.line(self._query.retired), len(self._pair_list.problems))

    def _show_counts(self) -> None:
        counts = self._counts_text if self._counts.total or not self._progress else ""
        if counts and self._error is None and self.filter.value.strip():
            counts = filtered_text(self._filtered.counts, self._counts.visible(self._query.retired))
            counts = with_unreadable(counts, self._rows.unreadable)
        retired_key = key_of("show_retired", commands_of(self.app))
        counts = counts.replace("retired hidden", f"retired hidden ({retired_key})")
        self.query_one(CountLine).show(
            summary_text(counts, len(self.pairs.marks), self._progress), self._rows.order
        )

    def _move_to_name(self) -> None:
        index = self._rows.find(self._name_to_select) if self._name_to_select else None
        if index is not None:
            self.pairs.move_to(index)
            self._name_to_select = None

    def _show_texts(self) -> None:
        """Show the counts and, if the list is empty, the reason in its place."""
        self._show_counts()
        block = self.query_one("#no-pairs", TextBlock)
        self.set_class(not len(self._rows), "-empty")
        if self._error is not None:
            texts = error_texts(self._error, commands_of(self.app))
        elif self._progress and not self._counts.total:
            texts = [f"{self._progress} …"]
        else:
            has_pairs = self._counts.total or self._pair_list.problems
            if not has_pairs:
                block.show(first_lines(commands_of(self.app), self.size.width))
                return
            retired_key = key_of("show_retired", commands_of(self.app))
            texts = empty_texts(self.filter.value.strip(), self._filtered.hidden, retired_key)
        width = max(self.size.width - 2, 1)
        block.show([line for text in texts for line in wrapped(text, width)])
