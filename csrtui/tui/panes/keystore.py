"""The keystore pane: every pair, its backup, its stage, and the one next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget

from csrtui.core.base.escaping import visible
from csrtui.core.pairs.query import Query, Retired, SortOrder, shown_for
from csrtui.store.summary_reader import SummaryReader
from csrtui.tasks.list import PairCounts, PairList, Pairs, UnreadablePair, count_pairs, read_pairs
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, key_of
from csrtui.tui.groups import AtHand
from csrtui.tui.panes.counted import BETWEEN, UNREADABLE, as_fits
from csrtui.tui.panes.keystore_reading import (
    Loaded,
    Progress,
    ReadingEnded,
    Selected,
    read_store,
    read_visible,
    select_pairs,
)
from csrtui.tui.panes.pair_rows import PairRows
from csrtui.tui.widgets.line_list import LineList, Marking
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.base.errors import CsrtuiError
    from csrtui.core.pairs.pair import Pair
    from csrtui.core.pairs.query import Need
    from csrtui.core.pairs.summary import PairSummary
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command

_LOOK_EVERY = 0.5
"""Seconds between looks at whether another session changed the store: one system call each."""
_LONG = 0.2
"""Seconds of reading from which on a store is not read again at once."""
_MANY = 2000
"""The number of pairs from which they are selected in a thread, so that no key waits."""
_NO_PAIRS = (
    "No pairs yet. A pair is a private key and the CSR made from it. Type the host name into "
    "the request form, then {} makes one."
)


class KeystorePane(Widget):
    """The list of pairs with its filter.

    Args:
        session: Whose store is shown.
        commands: All commands, with the keys they have.
        id: The widget's id.
    """

    BINDINGS: ClassVar[list[BindingType]] = [HELP_IN_LISTS]

    class Summed(Message):
        """The keystore was read.

        Args:
            text: The line that counts.
        """

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Opened(Message):
        """A pair is to be shown in full.

        Args:
            pair: Which.
        """

        def __init__(self, pair: Pair) -> None:
            super().__init__()
            self.pair = pair

    class Failed(Message):
        """The store, or a pair in it, cannot be used.

        Args:
            error: Why.
        """

        def __init__(self, error: CsrtuiError) -> None:
            super().__init__()
            self.error = error

    class Filtered(Message):
        """Another filter was typed."""

    class Recovered(Message):
        """The store can be used again."""

    def __init__(
        self,
        session: Session,
        commands: Sequence[Command] = COMMANDS,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._commands = commands
        self._session = session
        self._reader = SummaryReader(session.store)
        self._pair_list = PairList()
        self._rows = PairRows((), (), session.clock())
        self._counts = PairCounts()
        self._order = SortOrder.URGENCY
        self._retired = Retired.HIDDEN
        self._generation = self._noticed = -1
        self._reading = False
        self._done: Progress | None = None
        self._resting = False
        self._selecting = False
        self._select_again = False
        self._error: CsrtuiError | None = None
        self._wanted: str | None = None
        self._shown_at = _hour(session.clock())

    def compose(self) -> ComposeResult:
        """Build the pane."""
        with Horizontal(id="keystore-top"):
            yield TextBlock(id="summary")
            yield TextField(placeholder="/ filter", id="filter")
        yield LineList(self._rows, marking=Marking.SPACE, id="pairs")
        yield TextBlock(id="no-pairs")

    def on_mount(self) -> None:
        """Read the store, and look again now and then."""
        self._show()
        self.look()
        self.set_interval(_LOOK_EVERY, self.look)

    @property
    def pairs(self) -> LineList:
        """The list."""
        return self.query_one("#pairs", LineList)

    @property
    def filter(self) -> TextField:
        """The filter's field."""
        return self.query_one("#filter", TextField)

    # Reading

    @property
    def error(self) -> CsrtuiError | None:
        """Why the store cannot be read, or None."""
        return self._error

    def look(self, *, want: str | None = None) -> None:
        """Read the store in the background if it has changed.

        Args:
            want: The name of the pair to put the cursor on, once it is there.
        """
        self._wanted = want or self._wanted
        if _hour(self._session.clock()) != self._shown_at:
            self._show()  # what depends on the clock: a pair may have become due, and comes first then
        if self._reading:
            return
        generation = self._session.store.generation()
        if generation == self._generation and self._error is None:
            return
        is_first, is_new = self._noticed == -1, generation != self._noticed
        if self._resting and not is_new:
            return
        self._reading, self._noticed = True, generation
        if is_new and len(self._pair_list.summaries) >= _MANY:  # the screen first, all pairs at the next look
            names = frozenset(str(key) for key in self.pairs.visible_keys)
            self._read(lambda: read_visible(self._reader, names, self.post_message))
        else:
            self._read(lambda: read_store(self._reader, generation, self.post_message, is_first=is_first))

    def _read(self, work: Callable[[], None]) -> None:
        self.run_worker(work, thread=True, group="keystore")

    def on_loaded(self, event: Loaded) -> None:
        """Show the pairs that were read."""
        event.stop()
        self._pair_list = event.pair_list
        self._show()

    def on_reading_ended(self, event: ReadingEnded) -> None:
        """Show an error, or that it is gone; then look for the next change."""
        event.stop()
        before, self._error = self._error, event.error
        self._reading, self._done = False, None
        if event.generation is not None:
            self._generation = event.generation
            self._rest(event.seconds)
        if event.error is not None:
            self._pair_list = PairList()
        self._show()
        if event.error is None:
            if before is not None:
                self.post_message(self.Recovered())
            self.look()  # after an error, wait for the next look
        elif before is None or before.what != event.error.what:
            self.post_message(self.Failed(event.error))

    def _rest(self, seconds: float) -> None:
        """After a long reading, wait twice its time before the next one; meanwhile, only new and visible pairs are read."""
        if seconds > _LONG:
            self._resting = True
            self.set_timer(2 * seconds, self._rested)

    def _rested(self) -> None:
        self._resting = False
        self.look()

    def on_progress(self, event: Progress) -> None:
        """Say how far the reading is."""
        event.stop()
        if self._reading:
            self._done = event
            self._show_counted()
            self._show_empty()

    # Commands

    @property
    def current(self) -> Pair | None:
        """The pair under the cursor."""
        item = None if self.pairs.cursor is None else self._rows.item(self.pairs.cursor)
        if item is None or isinstance(item, UnreadablePair):
            return None
        return next(iter(Pairs(self._session, [item.name])), None)

    def at_hand(self) -> AtHand:
        """The pair under the cursor, the marked ones, also those that the filter hides, and all."""
        marks = self.pairs.marks
        marked = (
            [summary.name for summary in self._pair_list.summaries if summary.name in marks] if marks else []
        )
        return AtHand(self.current, Pairs(self._session, marked), self._needing)

    def _needing(self, need: Need) -> Pairs:
        return Pairs(self._session, self._pair_list.needing(need, self._session.clock()))

    def focus_list(self) -> None:
        """Put the cursor into the list."""
        self.pairs.focus()

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.filter.focus()

    def clear_filter(self) -> None:
        """Show all pairs again, and go to the list."""
        self.filter.load_text("")
        self._show()
        self.focus_list()

    def sort(self) -> SortOrder:
        """Sort in the next way, and return which."""
        self._order = self._order.following
        self._show()
        return self._order

    def show_retired(self) -> Retired:
        """Show retired pairs, or hide them again; return which."""
        self._retired = Retired.SHOWN if self._retired is Retired.HIDDEN else Retired.HIDDEN
        self._show()
        return self._retired

    # Events

    def on_input_changed(self) -> None:
        """Filter by what is typed."""
        self._show()
        self.post_message(self.Filtered())

    def on_input_submitted(self) -> None:
        """Go from the filter to the list."""
        self.focus_list()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Open a pair, or say why it cannot be."""
        event.stop()
        item: PairSummary | Pair | UnreadablePair = self._rows.item(event.index)
        if not isinstance(item, UnreadablePair):
            item = next(read_pairs(self._session, [item.name]))
        self.post_message(self.Failed(item.error) if isinstance(item, UnreadablePair) else self.Opened(item))

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._show_empty()
        self._show_counted()

    # Drawing

    @property
    def _query(self) -> Query:
        text = self.filter.value
        return Query.typed(text, retired=shown_for(text, self._retired))

    def _show(self) -> None:
        """Show the pairs that are asked for; of many, as soon as they are found."""
        pair_list, query, order, now = self._pair_list, self._query, self._order, self._session.clock()
        self._shown_at = _hour(now)
        if len(pair_list.summaries) < _MANY:
            self._put(pair_list.select(query, order, now), now)
        elif self._selecting:
            self._select_again = True
        else:
            self._selecting = True
            self.run_worker(
                lambda: select_pairs(pair_list, query, order, now, self.post_message),
                thread=True,
                group="select",
            )

    def on_selected(self, event: Selected) -> None:
        """Show what was found, and look for what was asked for meanwhile."""
        event.stop()
        self._selecting = False
        if event.pair_list is self._pair_list:
            self._put(event.summaries, event.now)
        if self._select_again:
            self._select_again = False
            self._show()

    def _put(self, summaries: Sequence[PairSummary], now: datetime) -> None:
        text = self.filter.value
        problems = [problem for problem in self._pair_list.problems if text.casefold() in problem.name]
        self._counts = count_pairs(self._pair_list.summaries, now)
        self._rows = PairRows(summaries, problems, now)
        self.pairs.set_rows(self._rows)
        self._go_to_wanted()
        self._show_counted()
        self._show_empty()
        self.post_message(self.Summed(self._counted))

    @property
    def _counted(self) -> str:
        if self._error is not None:
            return UNREADABLE
        unreadable = len(self._pair_list.problems)
        return f"{self._counts.line(self._query.retired)}{f'{BETWEEN}{unreadable} {UNREADABLE}' if unreadable else ''}"

    def _show_counted(self) -> None:
        counted = self._counted
        found = len(self._rows) - self._rows.unreadable
        shown = f"{found} of {counted}" if self.filter.value.strip() else counted
        if self._done is not None:
            shown = f"{self._done.text} · {shown}" if self._counts.total else self._done.text
        block = self.query_one("#summary", TextBlock)
        block.show([((f" {as_fits(shown, block.size.width)}", "label"),)])

    def _go_to_wanted(self) -> None:
        place = self._rows.find(self._wanted) if self._wanted else None
        if place is not None:
            self.pairs.move_to(place)
            self._wanted = None

    def _show_empty(self) -> None:
        block = self.query_one("#no-pairs", TextBlock)
        self.set_class(not len(self._rows), "-empty")
        if self._error is not None:
            texts = [self._error.what, self._error.hint or ""]
        elif self._done is not None and not self._counts.total:
            texts = [f"{self._done.text} …"]
        elif self.filter.value.strip() and (self._counts.total or self._pair_list.problems):
            texts = [f"No pair holds all of: {self.filter.value}   Esc shows all."]
        elif self._counts.total:
            texts = [
                f"All pairs are retired and hidden: {key_of('show_retired', self._commands)} shows them."
            ]
        else:
            texts = [_NO_PAIRS.format(key_of("generate", self._commands))]
        lines = [line for text in texts for line in wrap(visible(text), max(self.size.width - 2, 1))]
        block.show([((f" {line}", ""),) for line in lines])


def _hour(now: datetime) -> datetime:
    """The hour that `now` is in: days left are counted, and pairs become due, at any time of a day."""
    return now.replace(minute=0, second=0, microsecond=0)
