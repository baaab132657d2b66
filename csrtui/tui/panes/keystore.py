"""The keystore pane: every pair, its backup, its stage, and the one next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget

from csrtui.core.pair_query import Order, Query, Retired, shown_for
from csrtui.core.visible import visible
from csrtui.tasks.holdings import Few, FewItems
from csrtui.tasks.review import Keyring, Problem
from csrtui.tasks.tally import Tally
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, key_of
from csrtui.tui.groups import AtHand
from csrtui.tui.panes.counted import BETWEEN, UNREADABLE, as_fits
from csrtui.tui.panes.keystore_reading import (
    Followed,
    Loaded,
    Progress,
    Selected,
    follow_store,
    prepare,
    read_store,
    select_pairs,
)
from csrtui.tui.panes.pair_rows import PairRows
from csrtui.tui.widgets.line_list import LineList, Marking
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.errors import CsrtuiError
    from csrtui.core.pair import Pair
    from csrtui.tasks.holdings import Holdings, Items
    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command

_LOOK_EVERY = 0.5
"""Seconds between looks at whether another session changed the store: one system call each."""
_LONG = 0.2
"""Seconds of reading from which on a store is not read again at once."""
_IDLE = 0.3
"""Seconds after which what may be wanted next is made ready."""
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
        self._holdings: Holdings = Few(Keyring(()))
        self._rows = PairRows(FewItems(()), (), session.clock())
        self._tally = Tally()
        self._order = Order.URGENCY
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
        generation, holdings = self._session.store.generation(), self._holdings
        if generation == self._generation and holdings.is_current and self._error is None:
            return
        if generation != self._noticed:
            self._rows.read_anew()  # what is on the screen first
            self.pairs.refresh()
        elif self._resting:
            return
        self._reading, self._noticed = True, generation
        work = (
            (lambda: follow_store(holdings, self.post_message))
            if self._resting
            else (lambda: read_store(self._session, holdings, generation, self.post_message))
        )
        self.run_worker(work, thread=True, group="keystore")

    def on_loaded(self, event: Loaded) -> None:
        """Show what was read."""
        event.stop()
        before, self._error = self._error, event.error
        self._holdings = event.holdings
        if event.error is None and before is not None:
            self.post_message(self.Recovered())
        elif event.error is not None and (before is None or before.what != event.error.what):
            self.post_message(self.Failed(event.error))
        if event.is_last:
            self._reading, self._done = False, None
            self._generation = event.generation
            self._rest(event.seconds)
        self._show()
        if event.error is None:
            self.look()  # else at the next look: nothing may have been done about it yet

    def on_followed(self, event: Followed) -> None:
        """Show who came and went, before the store is read again."""
        event.stop()
        self._reading = False
        if event.changed:
            self._show()
        self.look()

    def _rest(self, seconds: float) -> None:
        """After a reading that took long, give others twice the time before the next one; who comes is shown all the same."""
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
        return None if isinstance(item, Problem) else item

    def at_hand(self) -> AtHand:
        """The pair under the cursor, the marked ones, also those that the filter hides, and all."""
        marks = sorted(str(mark) for mark in self.pairs.marks)
        marked = self._holdings.named(marks) if marks else ()
        return AtHand(self.current, marked, lambda need: self._holdings.needing(need, self._session.clock()))

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

    def sort(self) -> Order:
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
        item = self._rows.item(event.index)
        self.post_message(self.Failed(item.error) if isinstance(item, Problem) else self.Opened(item))

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
        holdings, query, order, now = self._holdings, self._query, self._order, self._session.clock()
        self._shown_at = _hour(now)
        if holdings.is_quick:
            self._put(*holdings.select(query, order, now), now)
        elif self._selecting:
            self._select_again = True
        else:
            self._selecting = True
            self.run_worker(
                lambda: select_pairs(holdings, query, order, now, self.post_message),
                thread=True,
                group="select",
            )

    def on_selected(self, event: Selected) -> None:
        """Show what was found, and look for what was asked for meanwhile."""
        event.stop()
        self._selecting = False
        if event.holdings is self._holdings:
            self._error = event.error
            if event.error is not None:
                self.post_message(self.Failed(event.error))
            self._put(event.items, event.tally, event.now)
        if self._select_again:
            self._select_again = False
            self._show()
        elif not self._reading:
            self.set_timer(_IDLE, lambda: self._prepare(event.holdings, event.now))

    def _prepare(self, holdings: Holdings, now: datetime) -> None:
        """Sort as the next press of the key would, before it comes, once what was found is drawn."""
        if holdings is not self._holdings or self._selecting or self._reading:
            return
        order = self._order.following
        self.run_worker(lambda: prepare(holdings, order, now), thread=True, group="prepare")

    def _put(self, items: Items, tally: Tally, now: datetime) -> None:
        text = self.filter.value
        problems = [problem for problem in self._holdings.problems if text.casefold() in problem.name]
        self._tally = tally
        self._rows = PairRows(items, problems, now)
        self.pairs.set_rows(self._rows)
        self._go_to_wanted()
        self._show_counted()
        self._show_empty()
        self.post_message(self.Summed(self._counted))

    @property
    def _counted(self) -> str:
        if self._error is not None:
            return UNREADABLE
        unreadable = len(self._holdings.problems)
        return f"{self._tally.line(self._query.retired)}{f'{BETWEEN}{unreadable} {UNREADABLE}' if unreadable else ''}"

    def _show_counted(self) -> None:
        counted = self._counted
        found = len(self._rows) - self._rows.unreadable
        shown = f"{found} of {counted}" if self.filter.value.strip() else counted
        if self._done is not None:
            shown = f"{self._done.text} · {shown}" if self._tally.pairs else self._done.text
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
        elif self._done is not None and not self._tally.pairs:
            texts = [f"{self._done.text} …"]
        elif self.filter.value.strip() and (self._tally.pairs or self._holdings.problems):
            texts = [f"No pair holds all of: {self.filter.value}   Esc shows all."]
        elif self._tally.pairs:
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
