"""The preview of a request for many hosts: the request and advice of each host, before any pair is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural, visible
from csrtui.fleet.tasks.requests import add_counterparts, first_blocking, make_pairs
from csrtui.fleet.tui.rows import PlanRows, severity_rank
from csrtui.fleet.tui.work import HostWorkModal, Job
from csrtui.tasks.request_spec import preview
from csrtui.tui.commands import Scope, bindings
from csrtui.tui.modals.questions import ask
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.one_line_widgets import CommandBar, RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import hanging

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

    from csrtui.fleet.tasks.requests import PlannedRequest
    from csrtui.fleet.tasks.results import HostResult
    from csrtui.fleet.tasks.run_on_hosts import Reach
    from csrtui.tasks.session import Session
    from csrtui.tui.widgets.text_block import Line

_LABEL = 10
_SHORT = 20
"""The number of screen lines below which the details of the host are shorter."""
_KEY_STAYS = "Each host generates its own key, which never leaves it. A host that has the same pair keeps it."


class FleetPlanScreen(CommandScreen["Sequence[HostResult] | None"]):
    """The preview screen, which returns the result of each host, or None if no pair was made."""

    place: ClassVar[Scope] = Scope.PLAN
    BINDINGS = bindings(Scope.PLAN)
    DEFAULT_CSS = """
    FleetPlanScreen #host { height: 10; }
    FleetPlanScreen.-short #host { height: 4; }
    """

    def __init__(self, session: Session, reach: Reach, requests: Sequence[PlannedRequest]) -> None:
        super().__init__()
        self._session = session
        self._reach = reach
        self._rows = _sorted_rows(requests)

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield LineList(self._rows, id="plan")
        yield RuleLine(id="message")
        yield TextBlock(id="host")
        yield RuleLine()
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Focus the list and fill the bar."""
        self.query_one("#plan").focus()
        self.show_bar(Scope.PLAN)

    # Events

    def on_line_list_highlighted(self) -> None:
        """Show the request and advice of the host under the cursor."""
        self._draw_host()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Ignore Enter, because the details are already shown."""
        event.stop()

    # Commands

    def action_cover_twins(self) -> None:
        """Also cover the www or bare counterparts, and show the new requests."""
        old_requests = self._requests
        try:
            requests = add_counterparts(self._session, old_requests)
        except CsrtuiError as error:
            self.tell(error.message)
            return
        count = _count_names(requests) - _count_names(old_requests)
        self._rows = _sorted_rows(requests)
        self.query_one("#plan", LineList).set_rows(self._rows)
        self.draw()
        self.tell(f"{plural(count, 'name')} added" if count else "all www and bare counterparts are covered")

    def action_make_on_hosts(self) -> None:
        """Ask for confirmation, then make the pairs."""
        hosts = len(self._feasible)
        blocking = first_blocking(self._requests, force=False)
        fatal = first_blocking(self._requests, force=True)
        if not hosts:
            self.tell("no pair can be made on any host")
        elif blocking is None:
            title = f"Make a pair on {plural(hosts, 'host')}?"
            ask(self.app, title, _KEY_STAYS, "Make", lambda: self._make(force=False))
        elif fatal is None:
            request, finding = blocking
            text = f"{request.host}: {finding.text}"
            title = "Make them even though a CA will refuse them?"
            ask(self.app, title, text, "Make them", lambda: self._make(force=True))
        else:
            request, _ = fatal
            self.query_one("#plan", LineList).move_to(self._rows.find(request.host) or 0)
            self.tell(f"{visible(request.host)} has this error: fix it first")

    def _make(self, *, force: bool) -> None:
        requests = self._feasible

        def work(reach: Reach) -> Iterator[HostResult]:
            return make_pairs(reach, requests, force=force)

        title = f"Making a pair on {plural(len(requests), 'host')}"
        job = Job(title, work, len(requests), f"Next: back them up with {self.key_of('back_up')}.")
        self.app.push_screen(HostWorkModal(self._reach, job), self.dismiss)

    # The rows

    @property
    def _requests(self) -> list[PlannedRequest]:
        return [self._rows.item(index) for index in range(len(self._rows))]

    @property
    def _feasible(self) -> list[PlannedRequest]:
        return [request for request in self._requests if request.failure is None]

    # Drawing

    def draw(self) -> None:
        """Draw the lines for the current size."""
        self.set_class(self.size.height < _SHORT, "-short")
        count = len(self._feasible)
        left_out = len(self._rows) - count
        suffix = f", {left_out} left out" if left_out else ""
        self.show_title(f"Preview for {plural(count, 'host')}{suffix}")
        self._draw_host()

    def _draw_host(self) -> None:
        request = self.query_one("#plan", LineList).current
        lines = _detail_lines(request, self.size.width) if request else []
        self.query_one("#host", TextBlock).show(lines)


def _sorted_rows(requests: Sequence[PlannedRequest]) -> PlanRows:
    return PlanRows(sorted(requests, key=lambda request: (severity_rank(request), request.host)))


def _count_names(requests: Sequence[PlannedRequest]) -> int:
    return sum(len(request.spec.names) for request in requests)


def _detail_lines(request: PlannedRequest, width: int) -> list[Line]:
    """Return the details of a planned request: the content to be signed and the advice, or the failure."""
    if request.failure is not None:
        return [
            *_labelled_lines("Left out", request.failure.text, width, "error"),
            *_labelled_lines("", request.failure.remedy, width),
        ]
    if request.advice is None:
        return []
    csr = preview(request.advice)
    lines = _labelled_lines("Subject", csr.subject_text if csr else "– (fix the errors below)", width)
    lines += _labelled_lines("Covers", ", ".join(request.advice.covered_names), width)
    for finding in request.advice.findings:
        lines += _labelled_lines(finding.level.value.capitalize(), finding.text, width, finding.level.value)
    return lines


def _labelled_lines(label: str, text: str, width: int, style: str = "label") -> list[Line]:
    return hanging(f" {label}".ljust(_LABEL), text, width - 2, style)
