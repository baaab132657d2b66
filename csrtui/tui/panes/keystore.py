"""The keystore pane: every pair, its backup, its stage, and the one next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget

from csrtui.core.errors import CsrtuiError
from csrtui.core.pair_query import Order, sort_key
from csrtui.core.visible import visible
from csrtui.tasks.review import Keyring, Problem, list_pairs, select
from csrtui.tasks.wording import summary
from csrtui.tui.commands import HELP_IN_LISTS
from csrtui.tui.groups import AtHand
from csrtui.tui.panes.pair_rows import PairRows
from csrtui.tui.widgets.line_list import LineList, Marking
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.core.pair import Pair
    from csrtui.tasks.session import Session

_LOOK_EVERY = 1.0
"""Seconds between looks at whether another session changed the store: one system call each."""
_NO_PAIRS = (
    "No pairs yet. A pair is a private key and the CSR made from it. Type the host name into "
    "the request form, then ctrl+g makes one."
)


class KeystorePane(Widget):
    """The list of pairs with its filter.

    Args:
        session: Whose store is shown.
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

    class Loaded(Message):
        """The store was read in the background.

        Args:
            keyring: What is in it.
            generation: The store's stamp before it was read.
            error: Why nothing could be read, or None.
        """

        def __init__(self, keyring: Keyring, generation: int, error: CsrtuiError | None = None) -> None:
            super().__init__()
            self.keyring = keyring
            self.generation = generation
            self.error = error

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._session = session
        self._keyring = Keyring(())
        self._rows = PairRows((), (), session.clock())
        self._order = Order.URGENCY
        self._generation = -1
        self._reading = False
        self._error: CsrtuiError | None = None
        self._wanted: str | None = None

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
        generation = self._session.store.generation()
        if generation != self._generation and not self._reading:
            self._reading = True
            self.run_worker(lambda: self._read(generation), thread=True, group="keystore")

    def _read(self, generation: int) -> None:
        try:
            self.post_message(self.Loaded(list_pairs(self._session), generation))
        except CsrtuiError as error:
            self.post_message(self.Loaded(Keyring(()), generation, error))
            self.post_message(self.Failed(error))

    def on_keystore_pane_loaded(self, event: Loaded) -> None:
        """Show what was read."""
        event.stop()
        self._reading = False
        self._generation = event.generation
        self._keyring, self._error = event.keyring, event.error
        self._show()
        self.look()

    # Commands

    def at_hand(self) -> AtHand:
        """The pair under the cursor, the marked ones, also those that the filter hides, and all."""
        item = None if self.pairs.cursor is None else self._rows.item(self.pairs.cursor)
        current = None if isinstance(item, Problem) else item
        return AtHand.among(self._keyring.pairs, current, self.pairs.marks)

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

    # Events

    def on_input_changed(self) -> None:
        """Filter by what is typed."""
        self._show()

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

    # Drawing

    def _show(self) -> None:
        now = self._session.clock()
        text = self.filter.value
        pairs = select(self._keyring.pairs, now, text=text)
        if self._order is not Order.URGENCY:
            pairs.sort(key=sort_key(self._order, now))
        problems = [problem for problem in self._keyring.problems if text.casefold() in problem.name]
        self._rows = PairRows(pairs, problems, now)
        self.pairs.set_rows(self._rows)
        self._go_to_wanted()
        counted = summary(self._keyring.pairs, now) if self._error is None else "cannot be read"
        if self._keyring.problems:
            counted += f" · {len(self._keyring.problems)} cannot be read"
        shown = f"{len(pairs)} of {counted}" if text.strip() else counted
        self.query_one("#summary", TextBlock).show([((f" {shown}", "label"),)])
        self._show_empty()
        self.post_message(self.Summed(counted))

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
        elif self._keyring.pairs or self._keyring.problems:
            texts = [f"No pair holds all of: {self.filter.value}   Esc shows all."]
        else:
            texts = [_NO_PAIRS]
        lines = [line for text in texts for line in wrap(visible(text), max(self.size.width - 2, 1))]
        block.show([((f" {line}", ""),) for line in lines])
