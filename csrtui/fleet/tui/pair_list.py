"""The pairs of many hosts as a list: as last known at once, then as each host says that they are now."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.query import Query, Retired, SortOrder, shown_for
from csrtui.fleet.model import HostPair, HostState, fleet_age, fleet_summary, selected
from csrtui.fleet.tasks.hosts import Reach, recall, refresh
from csrtui.fleet.tui.pages import hosts_page, pair_page
from csrtui.fleet.tui.rows import FleetRows
from csrtui.tui.commands import COMMANDS, HELP_IN_LISTS, Where, bar, bindings, key_of
from csrtui.tui.steps import step_label
from csrtui.tui.widgets.command_bar import CommandBar
from csrtui.tui.widgets.line_list import LineList, Marking
from csrtui.tui.widgets.progress_line import ProgressLine
from csrtui.tui.widgets.rule_line import RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import pad, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command

_DRAW_EVERY = 0.5
"""Seconds between two drawings while hosts answer: more often costs bytes, and nobody can read it."""

_ALL = ("all",)
_NO_PAIRS = "No pairs on these hosts yet. {} asks for one on one or many of them at once."
_READING = "Asking the hosts …"
_FILTER_SHARE, _FILTER_MOST = 4, 24
"""The filter has at most so many-th of the width, and at most so many columns."""


class FleetListScreen(Screen[None]):
    """The pairs of many hosts; it asks them by itself, and can be left at any moment.

    Args:
        session: Whose store keeps what was last known.
        reach: Which hosts.
        commands: All commands, with the keys they have.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(Where.LISTS, Where.STEPS, Where.FLEET),
        HELP_IN_LISTS,
    ]
    DEFAULT_CSS = """
    FleetListScreen #fleet-top { height: 1; }
    FleetListScreen #title { width: 1fr; }
    FleetListScreen #progress { display: none; margin: 0 1; }
    """

    class Heard(Message):
        """A host answered.

        Args:
            state: What is known of it now.
            done: How many have answered.
            total: Of how many.
        """

        def __init__(self, state: HostState, done: int, total: int) -> None:
            super().__init__()
            self.state = state
            self.done = done
            self.total = total

    class Ended(Message):
        """All have answered, or nobody can be asked.

        Args:
            asked: All hosts that there are, where all were asked; None where only some were.
            error: Why nobody can be asked, or None.
        """

        def __init__(self, asked: Iterable[str] | None, error: CsrtuiError | None = None) -> None:
            super().__init__()
            self.asked = asked
            self.error = error

    def __init__(self, session: Session, reach: Reach, commands: Sequence[Command] = COMMANDS) -> None:
        super().__init__()
        self._commands = commands
        self._session = session
        self._reach = Reach(reach.target, reach.timeout, Event())
        self._fleet = recall(session, reach.target.inventory)
        self._known: dict[str, tuple[HostState, list[HostPair]]] = {}
        self._order = SortOrder.URGENCY
        self._retired = Retired.HIDDEN
        self._reading = self._is_news = False
        self._waiting: set[str] = set()
        self._summary = self._told = ""
        self._rows = FleetRows((), session.clock())

    def compose(self) -> ComposeResult:
        """Build the screen."""
        with Horizontal(id="fleet-top"):
            yield TextBlock(id="title")
            yield TextField(placeholder="/ filter", id="filter")
        yield RuleLine()
        yield TextBlock(id="summary")
        yield ProgressLine(id="progress")
        yield LineList(self._rows, marking=Marking.SPACE, id="pairs")
        yield TextBlock(id="no-pairs")
        yield RuleLine(id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Show what was last known, and ask."""
        self.query_one("#pairs").focus()
        self._show()
        self.set_interval(_DRAW_EVERY, self._show_news)
        self.action_read_hosts()

    def on_unmount(self) -> None:
        """It was left: no host more."""
        self._reach.stop.set()

    def on_resize(self) -> None:
        """Fit the width."""
        self.query_one("#filter").styles.width = self._filter_width
        self._draw_lines()

    # Asking

    def action_read_hosts(self) -> None:
        """Ask all hosts, unless that is being done."""
        if not self._reading:
            self.query_one("#message", RuleLine).clear()
            self._read_in_thread(_ALL)

    def read_again(self, hosts: Iterable[str]) -> None:
        """Ask these hosts once more, as soon as no others are being asked: something was done there."""
        self._waiting |= set(hosts) - {""}
        if self._waiting and not self._reading:
            asked, self._waiting = sorted(self._waiting), set()
            self._read_in_thread(asked)

    def _read_in_thread(self, hosts: Sequence[str]) -> None:
        self._reading = True
        self._draw_lines()
        self.run_worker(lambda: self._read(hosts), thread=True)

    def _read(self, hosts: Sequence[str]) -> None:
        def report(state: HostState, done: int, total: int) -> None:
            self.post_message(self.Heard(state, done, total))

        try:
            fleet = refresh(self._session, self._reach, report, hosts)
        except CsrtuiError as error:
            self.post_message(self.Ended(None, error))
        else:
            self.post_message(self.Ended(fleet.hosts if hosts is _ALL else None))

    def on_fleet_list_screen_heard(self, event: Heard) -> None:
        """Take what a host said, and move the bar."""
        event.stop()
        self._fleet = self._fleet.after(event.state)
        self._is_news = True
        line = self.query_one("#progress", ProgressLine)
        if event.done == 1:
            line.begin(max(event.total, 1))
        line.reach(event.done, event.state.name)

    def on_fleet_list_screen_ended(self, event: Ended) -> None:
        """Show everything, and who did not answer."""
        event.stop()
        self._reading = False
        self.query_one("#progress", ProgressLine).clear()
        if event.asked is not None:
            self._fleet = self._fleet.only(sorted(event.asked))
        self._show()
        failed = self._fleet.failed
        if event.error is not None:
            self.tell_error(event.error)
        elif failed and event.asked is not None:
            self.tell(
                f"{key_of('hosts', self._commands)} says why, and what mends it: {', '.join(state.name for state in failed)}"
            )
        self.read_again(())

    # Looking

    def action_filter(self) -> None:
        """Put the cursor into the filter."""
        self.query_one("#filter").focus()

    def action_show_all(self) -> None:
        """Go back to the list; from there show all pairs."""
        field = self.query_one("#filter", TextField)
        if not field.has_focus:
            field.load_text("")
            self._show()
        self.query_one("#pairs").focus()

    def on_input_changed(self) -> None:
        """Filter while it is typed."""
        self._show()

    def on_input_submitted(self) -> None:
        """Go from the filter to the list."""
        self.query_one("#pairs").focus()

    def action_sort(self) -> None:
        """Sort by another column."""
        self._order = self._order.following
        self._show()
        self.tell(f"sorted: {self._order.value}")

    def action_show_retired(self) -> None:
        """Show retired pairs too, or hide them again."""
        self._retired = Retired.HIDDEN if self._retired is Retired.SHOWN else Retired.SHOWN
        self._show()
        self.tell(f"retired pairs are {self._retired.name.lower()}")

    def action_hosts(self) -> None:
        """Show every host: those that failed first, with what mends it."""
        self.app.push_screen(hosts_page(self._fleet, self._session.clock()))

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Show the pair in full."""
        event.stop()
        self.app.push_screen(pair_page(self._rows.item(event.index), self._session.clock()))

    def on_line_list_highlighted(self) -> None:
        """Say what the next step of the pair under the cursor is."""
        self._draw_bar()

    def tell(self, text: str) -> None:
        """Tell the user something in a line."""
        self.query_one("#message", RuleLine).tell(text)

    def tell_error(self, error: CsrtuiError) -> None:
        """Tell the user what is wrong and what to do about it, in whole sentences where a line is too short."""
        line = self.query_one("#message", RuleLine)
        line.tell(f"{error.what}{f' — {error.hint}' if error.hint else ''}")
        if line.is_cut and self.is_current:
            from csrtui.tui.screens.notice import NoticeScreen

            self.app.push_screen(NoticeScreen("That did not work.", [error.what, error.hint or ""]))

    # What commands are for

    @property
    def current(self) -> HostPair | None:
        """The pair under the cursor, and its host."""
        cursor = self.query_one("#pairs", LineList).cursor
        return None if cursor is None else self._rows.item(cursor)

    @property
    def marked(self) -> list[HostPair]:
        """The marked pairs, also those that the filter hides."""
        marks = self.query_one("#pairs", LineList).marks
        return [one for one in self._pairs() if (one.host, one.pair.name) in marks] if marks else []

    def clear_marks(self) -> None:
        """Take the marks away."""
        self.query_one("#pairs", LineList).clear_marks()

    # Drawing

    def _show_news(self) -> None:
        if self._is_news:
            self._show()
        elif self._told != self._age:
            self._draw_lines()

    def _show(self) -> None:
        self._is_news = False
        now = self._session.clock()
        text = self.query_one("#filter", TextField).value
        query = Query.typed(text, retired=shown_for(text, self._retired))
        found = selected(self._pairs(), query, now, self._order)
        self._rows = FleetRows(found, now)
        self.query_one("#pairs", LineList).set_rows(self._rows)
        self._summary = fleet_summary(self._fleet, [one.pair for one in found], now)
        self._draw_lines()
        self._draw_empty(text)
        self._draw_bar()

    def _pairs(self) -> Sequence[HostPair]:
        """All pairs; those of a host are read from its JSON once."""
        before, self._known = self._known, {}
        for name, state in self._fleet.hosts.items():
            kept = before.get(name)
            fresh = kept is None or kept[0].documents is not state.documents
            pairs = list(self._fleet.only([name]).pairs()) if fresh or kept is None else kept[1]
            self._known[name] = (state, pairs)
        return [one for _, pairs in self._known.values() for one in pairs]

    def _draw_empty(self, filtered: str) -> None:
        self.set_class(not len(self._rows), "-empty")
        if filtered.strip() and self._known:
            text = f"No pair holds all of: {filtered}   Esc shows all."
        elif any(pairs for _, pairs in self._known.values()):
            text = f"All pairs are retired and hidden: {key_of('show_retired', self._commands)} shows them."
        else:
            text = _READING if self._reading else _NO_PAIRS.format(key_of("new_request", self._commands))
        lines = wrap(visible(text), max(self.size.width - 2, 1))
        self.query_one("#no-pairs", TextBlock).show([((f" {line}", ""),) for line in lines])

    def _draw_bar(self) -> None:
        one = self.current
        step = NextStep.NONE if one is None else one.pair.record.next_step(self._session.clock())
        labels = {"next_step": step_label(step)}
        self.query_one(CommandBar).show_commands(bar(Where.FLEET, self._commands), labels)

    @property
    def _filter_width(self) -> int:
        return min(self.size.width // _FILTER_SHARE, _FILTER_MOST)

    @property
    def _age(self) -> str:
        """How old what is shown is."""
        return "reading …" if self._reading else fleet_age(self._fleet, self._session.clock())

    def _draw_lines(self) -> None:
        self._told = self._age
        room = max(self.size.width - self._filter_width - len(self._told) - 3, 1)
        title = pad(visible(f" csrtui · {self._reach.target.inventory}"), room)
        self.query_one("#title", TextBlock).show([((title, "strong"), (f" {self._told}  ", "label"))])
        lines = wrap(self._summary, max(self.size.width - 2, 1))
        block = self.query_one("#summary", TextBlock)
        block.styles.height = len(lines)
        block.show([((f" {line}", "strong"),) for line in lines])
