"""The dialog for work on many hosts: the progress, then the result of each host, with fixes for failures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural, visible
from csrtui.tui.modals.base import WorkModal
from csrtui.tui.widgets.progress_line import ProgressLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.fleet.tasks.run_on_hosts import HostResult, Reach
    from csrtui.tui.widgets.text_block import Line

    Work = Callable[[Reach], Iterator[HostResult]]
    """A function that does the work and yields each result as soon as it is available."""

_OTHER_LINES = 8
"""The number of lines of the dialog without its list."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work on hosts.

    Attributes:
        title: The title during the work: ``Fetching 3 CSRs``.
        work: The function that does the work.
        hosts: The number of hosts.
        after: The next step, which is shown if a host succeeded, or an empty text.
    """

    title: str
    work: Work
    hosts: int
    after: str = ""


class HostWorkModal(WorkModal["Sequence[HostResult]", "HostResult", None]):
    """A dialog that runs a job in a thread and returns the list of results.

    Args:
        reach: The hosts and how to reach them.
        job: The job.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_or_close", "Stop", show=False, priority=True),
        Binding("enter", "close", "Close", show=False, priority=True),
    ]

    def __init__(self, reach: Reach, job: Job) -> None:
        super().__init__()
        self._reach = reach
        self._job = job
        self._results: list[HostResult] = []
        self._is_over = False
        self._error: CsrtuiError | None = None

    def compose(self) -> ComposeResult:
        """Build the dialog."""
        with Vertical(classes="dialog"):
            yield TextBlock(id="about")
            yield ProgressLine(id="progress")
            yield TextView(id="results")
            yield TextBlock(id="keys")

    def on_mount(self) -> None:
        """Start the job."""
        self.query_one("#results").focus()
        self.begin(self._job.hosts, self._run_job)

    def _run_job(self, report: Callable[[HostResult], None], stop: Event) -> None:
        try:
            for result in self._job.work(replace(self._reach, stop=stop)):
                report(result)
        except CsrtuiError as error:
            self._error = error

    def show_progress(self, line: ProgressLine, item: HostResult) -> None:
        """Record a result, and show its host. All results of a host arrive together."""
        self._results.append(item)
        hosts = {result.host for result in self._results if result.host}
        line.reach(len(hosts), item.host)

    def show_outcome(self, outcome: None) -> None:  # noqa: ARG002 - the results were reported
        """Show the results."""
        self._is_over = True
        self.draw()

    def action_stop_or_close(self) -> None:
        """Stop Ansible during the job, or close the dialog after it. Stopping does not harm the hosts."""
        if self._is_over:
            self.dismiss(self._results)
        else:
            self.stop()
            self.draw()

    def action_close(self) -> None:
        """Close the dialog after the job."""
        if self._is_over:
            self.dismiss(self._results)

    # Drawing

    def draw(self) -> None:
        """Draw the whole dialog."""
        if not self._is_over:
            self.show("#about", [*self.lines(self._job.title, "strong"), ()])
            self._show_list([])
            stopping = ("", "Stopping; no host is damaged …")
            key = stopping if self.is_stopping else ("Esc", "Stop; finished work is kept")
            self.show("#keys", [(), *self.key_lines(key)])
            return
        self.show("#about", [*self.lines(summarize_results(self._results), "strong"), ()])
        lines = self._result_lines()
        self._show_list(lines)
        more = [("PgDn", "More")] if len(lines) > self._room else []
        self.show("#keys", [(), *self.key_lines(*more, ("Enter", "Close"))])

    @property
    def _room(self) -> int:
        return self.app.size.height - _OTHER_LINES

    def _show_list(self, lines: Sequence[Line]) -> None:
        view = self.query_one("#results", TextView)
        view.styles.height = max(min(len(lines), self._room), 1)
        view.show_all(lines)

    def _result_lines(self) -> list[Line]:
        """Return the failures with their fixes, then new results, then results of earlier work."""
        lines = [] if self._error is None else [*self.error_lines(self._error), ()]
        for result in self._results:
            if result.failure is not None:
                lines += self.lines(f"{_label(result)}: {result.failure.text}", "error")
                lines += self._indented(result.failure.remedy)
        successes = [result for result in self._results if result.failure is None]
        if lines and successes:
            lines.append(())
        for result in sorted(successes, key=lambda result: (not result.changed, result.host)):
            lines += self.lines(f"{_label(result)}  {result.text}", "" if result.changed else "label")
            lines += self._indented(result.file, "label") if result.file else []
        if successes and self._job.after:
            lines += [(), *self.lines(self._job.after)]
        return lines

    def _indented(self, text: str, style: str = "") -> list[Line]:
        return [((f"  {line}", style),) for line in wrap(visible(text), self.inner_width - 2)]


def summarize_results(results: Sequence[HostResult]) -> str:
    """Return a line that counts the results of work on hosts: ``3 done, 1 failed · 2 hosts``."""
    if not results:
        return "Nothing was done"
    changed = sum(result.failure is None and result.changed for result in results)
    unchanged = sum(result.failure is None and not result.changed for result in results)
    failed = len(results) - changed - unchanged
    parts = [f"{changed} done"] if changed else []
    parts += [f"{unchanged} {'was' if unchanged == 1 else 'were'} already done"] if unchanged else []
    parts += [f"{failed} failed"] if failed else []
    hosts = len({result.host for result in results if result.host})
    return f"{', '.join(parts)} · {plural(hosts, 'host')}"


def _label(result: HostResult) -> str:
    return visible(" ".join(part for part in (result.host, result.pair) if part)) or "-"
