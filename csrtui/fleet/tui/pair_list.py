"""The list of the pairs of many hosts. It first shows the last known state, then the answer of each host."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.query import Query, Retired, retired_filter
from csrtui.fleet.host_states import Fleet, HostPair, HostState, fleet_age_text, fleet_summary, select_pairs
from csrtui.fleet.tasks.run_on_hosts import Reach, load_fleet, load_matching_fleet, read_hosts
from csrtui.fleet.tui.pages import hosts_page, pair_page
from csrtui.fleet.tui.rows import FleetRows
from csrtui.tasks.draft import LastUsed, recall_sort_order, remember
from csrtui.tui.commands import Scope, bar_in_filter, bindings, step_label
from csrtui.tui.messages import error_text
from csrtui.tui.panes.count_line import empty_texts, summary_text
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.one_line_widgets import CommandBar, ProgressLine, RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import pad, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult

    from csrtui.tasks.session import Session

_DRAW_EVERY = 0.5
"""Seconds between updates of the list while hosts answer. More updates would be unreadable and use bandwidth."""

_ALL = ("all",)
_NO_PAIRS = "No pairs on these hosts yet. Press {} to request one on one or more hosts."
_READING = "Reading the hosts …"
_FILTER_SHARE, _FILTER_MAX = 4, 24
"""The filter is at most `_FILTER_MAX` columns wide, and no wider than the screen's width divided by `_FILTER_SHARE`."""


class FleetListScreen(CommandScreen[None]):
    """The list of the pairs of many hosts. It reads the hosts automatically and can be closed at any time."""

    place: ClassVar[Scope] = Scope.FLEET
    base_places: ClassVar[tuple[Scope, ...]] = (Scope.FLEET,)
    BINDINGS = bindings(Scope.FLEET)
    DEFAULT_CSS = """
    FleetListScreen #fleet-top { height: 1; }
    FleetListScreen #title { width: 1fr; }
    FleetListScreen #progress { display: none; margin: 0 1; }
    """

    def __init__(self, session: Session, reach: Reach) -> None:
        super().__init__()
        self._session = session
        self._reach = Reach(reach.target, reach.timeout, Event())
        # Only Ansible knows which hosts match a limit.
        is_limited = reach.target.limit is not None
        self._fleet = Fleet.from_states(()) if is_limited else load_fleet(session, *reach.target.inventories)
        self._pairs_by_host: dict[str, tuple[HostState, list[HostPair]]] = {}
        self._order = recall_sort_order(session)
        self._retired = Retired.HIDDEN
        self._is_reading = self._has_news = False
        self._hosts_to_read: set[str] = set()
        self._summary = self._displayed_age = ""
        self._rows = FleetRows((), session.clock())

    def compose(self) -> ComposeResult:
        """Build the screen."""
        with Horizontal(id="fleet-top"):
            yield TextBlock(id="title")
            yield TextField(placeholder="/ filter", id="filter")
        yield RuleLine()
        yield TextBlock(id="summary")
        yield ProgressLine(id="progress")
        yield LineList(self._rows, can_mark=True, id="pairs")
        yield TextBlock(id="no-pairs")
        yield RuleLine(id="message")
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Show the last known state and read all hosts."""
        self.query_one("#pairs").focus()
        self._show()
        self.set_interval(_DRAW_EVERY, self._show_news)
        if self._reach.target.limit is not None:
            self.run_worker(self._show_last_known())
        self.action_read_hosts()

    def on_unmount(self) -> None:
        """Stop reading hosts, because the screen was closed."""
        self._reach.stop.set()

    def draw(self) -> None:
        """Fit the filter and the lines to the width."""
        self.query_one("#filter").styles.width = self._filter_width
        self._draw_lines()

    # Reading hosts

    def action_read_hosts(self) -> None:
        """Read all hosts, unless hosts are being read."""
        if not self._is_reading:
            self.clear_message()
            self._read_in_thread(_ALL)

    def read_again(self, hosts: Iterable[str]) -> None:
        """Read hosts whose pairs were changed, as soon as no other hosts are being read."""
        self._hosts_to_read |= set(hosts) - {""}
        if self._hosts_to_read and not self._is_reading:
            names, self._hosts_to_read = sorted(self._hosts_to_read), set()
            self._read_in_thread(names)

    def _read_in_thread(self, hosts: Sequence[str]) -> None:
        self._is_reading = True
        self._draw_lines()
        self.run_worker(self._read(hosts))

    async def _read(self, hosts: Sequence[str]) -> None:
        def report(state: HostState, count: int, total: int) -> None:
            self.call_later(self._show_host, state, count, total)

        fleet = await run_in_thread(lambda: read_hosts(self._session, self._reach, report, hosts))
        self.call_later(self._end_reading, fleet, is_all=hosts is _ALL)  # after all reports

    async def _show_last_known(self) -> None:
        """Show the last known state of each host that matches the limit and has not answered yet."""
        fleet = await run_in_thread(lambda: load_matching_fleet(self._session, self._reach))
        if isinstance(fleet, CsrtuiError):
            return  # reading the hosts reports it
        answered = self._fleet.hosts
        for name in [name for name in fleet.hosts if name not in answered]:
            self._fleet = self._fleet.with_state(fleet.hosts[name])
            self._has_news = True

    def _show_host(self, state: HostState, count: int, total: int) -> None:
        """Store the state of a host and update the progress bar."""
        self._fleet = self._fleet.with_state(state)
        self._has_news = True
        line = self.query_one("#progress", ProgressLine)
        if count == 1:
            line.begin(max(total, 1))
        line.reach(count, state.name)

    def _end_reading(self, fleet: Fleet | CsrtuiError, *, is_all: bool) -> None:
        """Show the final list and the hosts that failed, or the error that prevents reading any host."""
        self._is_reading = False
        self.query_one("#progress", ProgressLine).clear()
        if is_all and not isinstance(fleet, CsrtuiError):
            self._fleet = self._fleet.restricted_to(sorted(fleet.hosts))
        self._show()
        failed = self._fleet.failed
        if isinstance(fleet, CsrtuiError):
            self.tell_error(fleet)
        elif failed and is_all:
            names = ", ".join(state.name for state in failed)
            self.tell(f"{self.key_of('hosts')} shows why these hosts failed: {names}")
        self.read_again(())

    # Views of the list

    def action_filter(self) -> None:
        """Focus the filter."""
        self.query_one("#filter").focus()

    def action_show_all(self) -> None:
        """If the filter has the focus, move to the list. If the list has it, show all pairs."""
        field = self.query_one("#filter", TextField)
        if not field.has_focus:
            field.load_text("")
            self._show()
        self.query_one("#pairs").focus()

    def on_input_changed(self) -> None:
        """Filter the list while the user types."""
        self._show()

    def on_input_submitted(self) -> None:
        """Go from the filter to the list."""
        self.query_one("#pairs").focus()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._order = self._order.next_order
        self._show()
        remember(self._session, LastUsed.SORT_ORDER, self._order.value)
        self.tell(f"sorted: {self._order.value}")

    def action_show_retired(self) -> None:
        """Show or hide retired pairs."""
        self._retired = Retired.HIDDEN if self._retired is Retired.SHOWN else Retired.SHOWN
        self._show()
        self.tell(f"retired pairs are {self._retired.name.lower()}")

    def action_hosts(self) -> None:
        """Show every host: first the failed hosts, each with its fix."""
        self.app.push_screen(hosts_page(self._fleet, self._session.clock()))

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Show all details of the pair, if it is still listed."""
        event.stop()
        index = self._rows.find(event.key)
        if index is not None:
            self.app.push_screen(pair_page(self._rows.item(index), self._session.clock()))

    def on_line_list_highlighted(self) -> None:
        """Show the next step of the pair under the cursor in the bar."""
        self._draw_bar()

    def on_descendant_focus(self) -> None:
        """Show in the bar what can be done in the list or in the filter."""
        self._draw_bar()

    def on_line_list_marked(self) -> None:
        """Show the number of marked pairs."""
        self._draw_lines()

    def tell_error(self, error: CsrtuiError) -> None:
        """Show an error with its hint. While another screen covers this one, show it only in the message line."""
        if self.is_current:
            super().tell_error(error)
        else:
            self.tell(error_text(error, self.commands))

    # The pairs for commands

    @property
    def current(self) -> HostPair | None:
        """The pair under the cursor, or None."""
        host_pair: HostPair | None = self.query_one("#pairs", LineList).current
        return host_pair

    @property
    def marked(self) -> list[HostPair]:
        """The marked pairs, including those that the filter hides."""
        marks = self.query_one("#pairs", LineList).marks
        return [pair for pair in self._pairs() if (pair.host, pair.pair.name) in marks] if marks else []

    def clear_marks(self) -> None:
        """Remove all marks."""
        self.query_one("#pairs", LineList).clear_marks()

    # Drawing

    def _show_news(self) -> None:
        if self._has_news:
            self._show()
        elif self._displayed_age != self._age:
            self._draw_lines()

    def _show(self) -> None:
        self._has_news = False
        now = self._session.clock()
        text = self.query_one("#filter", TextField).value
        query = Query.parse(text, retired=retired_filter(text, self._retired))
        host_pairs = select_pairs(self._pairs(), query, now, self._order)
        self._rows = FleetRows(host_pairs, now, self._order)
        self.query_one("#pairs", LineList).set_rows(self._rows)
        self._summary = fleet_summary(self._fleet, [host_pair.pair for host_pair in host_pairs], now)
        self._draw_lines()
        self._draw_empty(text)
        self._draw_bar()

    def _pairs(self) -> Sequence[HostPair]:
        """Return all pairs. The JSON of a host is decoded only once."""
        cache, self._pairs_by_host = self._pairs_by_host, {}
        for name, state in self._fleet.hosts.items():
            cached = cache.get(name)
            if cached is None or cached[0].documents is not state.documents:
                cached = (state, list(self._fleet.restricted_to([name]).pairs()))
            self._pairs_by_host[name] = cached
        return [pair for _, pairs in self._pairs_by_host.values() for pair in pairs]

    def _draw_empty(self, filter_text: str) -> None:
        self.set_class(not len(self._rows), "-empty")
        if any(pairs for _, pairs in self._pairs_by_host.values()):
            texts = empty_texts(filter_text.strip(), 0, self.key_of("show_retired"))
        else:
            texts = [_READING if self._is_reading else _NO_PAIRS.format(self.key_of("new_request"))]
        width = max(self.size.width - 2, 1)
        self.query_one("#no-pairs", TextBlock).show([line for text in texts for line in wrapped(text, width)])

    def _draw_bar(self) -> None:
        host_pair = self.current
        step = NextStep.NONE if host_pair is None else host_pair.pair.record.next_step(self._session.clock())
        left_out = set()
        if step is NextStep.NONE:
            left_out.add("next_step")
        if host_pair is None:
            left_out |= {"open_pair", "back_up", "fetch_csrs"}
        labels = {"next_step": step_label(step)}
        if self.query_one("#filter").has_focus:
            labels["open_pair"] = "To the list"
            self.query_one(CommandBar).show_commands(bar_in_filter(Scope.FLEET, self.commands), labels)
        else:
            self.show_bar(Scope.FLEET, left_out, labels)

    @property
    def _filter_width(self) -> int:
        return min(self.size.width // _FILTER_SHARE, _FILTER_MAX)

    @property
    def _age(self) -> str:
        """The age of the displayed state."""
        return "reading …" if self._is_reading else fleet_age_text(self._fleet, self._session.clock())

    def _draw_lines(self) -> None:
        self._displayed_age = self._age
        room = max(self.size.width - self._filter_width - len(self._displayed_age) - 3, 1)
        title = pad(visible(f" csrtui · {self._reach.target.label}"), room)
        self.query_one("#title", TextBlock).show(
            [((title, "strong"), (f" {self._displayed_age}  ", "label"))]
        )
        marked = len(self.query_one("#pairs", LineList).marks)
        summary = summary_text(self._summary, marked, "")
        lines = wrapped(summary, max(self.size.width - 2, 1), "strong")
        block = self.query_one("#summary", TextBlock)
        block.styles.height = len(lines)
        block.show(lines)
