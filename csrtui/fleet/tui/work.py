"""The dialog for work on many hosts: the progress, then the result of each host, with fixes for failures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural, visible
from csrtui.tui.modals.base import Modal
from csrtui.tui.widgets.progress_line import ProgressLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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


class HostWorkModal(Modal["Sequence[HostResult]"]):
    """A dialog that runs a job in a thread and returns the list of results.

    Args:
        reach: The hosts and how to reach them.
        job: The job.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_or_close", "Stop", show=False, priority=True),
        Binding("enter", "close", "Close", show=False, priority=True),
    ]

    class ResultReady(Message):
        """A result is available.

        Args:
            result: The result of a host or a pair.
        """

        def __init__(self, result: HostResult) -> None:
            super().__init__()
            self.result = result

    class JobEnded(Message):
        """The job has ended.

        Args:
            error: The error that ended it early, or None.
        """

        def __init__(self, error: CsrtuiError | None = None) -> None:
            super().__init__()
            self.error = error

    def __init__(self, reach: Reach, job: Job) -> None:
        super().__init__()
        self._reach = replace(reach, stop=Event())
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
        self.query_one("#progress", ProgressLine).begin(max(self._job.hosts, 1))
        self.run_worker(self._run_job, thread=True, group="work")

    def on_unmount(self) -> None:
        """Stop the job, because the app ends."""
        self._reach.stop.set()

    def _run_job(self) -> None:
        try:
            for result in self._job.work(self._reach):
                self.post_message(self.ResultReady(result))
        except CsrtuiError as error:
            self.post_message(self.JobEnded(error))
        else:
            self.post_message(self.JobEnded())

    def on_host_work_modal_result_ready(self, event: ResultReady) -> None:
        """Update the progress bar; all results of a host arrive together."""
        event.stop()
        self._results.append(event.result)
        hosts = {result.host for result in self._results if result.host}
        self.query_one("#progress", ProgressLine).reach(len(hosts), event.result.host)

    def on_host_work_modal_job_ended(self, event: JobEnded) -> None:
        """Show the results."""
        event.stop()
        self._is_over, self._error = True, event.error
        self.query_one("#progress", ProgressLine).clear()
        self.draw()

    def action_stop_or_close(self) -> None:
        """Stop Ansible during the job, or close the dialog after it. Stopping does not harm the hosts."""
        if self._is_over:
            self.dismiss(self._results)
        else:
            self._reach.stop.set()
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
            key = stopping if self._reach.stop.is_set() else ("Esc", "Stop; finished work is kept")
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
    parts += [f"{unchanged} {'was' if unchanged == 1 else 'were'} done already"] if unchanged else []
    parts += [f"{failed} failed"] if failed else []
    hosts = len({result.host for result in results if result.host})
    return f"{', '.join(parts)} · {plural(hosts, 'host')}"


def _label(result: HostResult) -> str:
    return visible(" ".join(part for part in (result.host, result.pair) if part)) or "-"
