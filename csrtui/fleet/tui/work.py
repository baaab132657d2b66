"""The dialog for work on many hosts: the progress, then the result of each host, with fixes for failures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural, visible
from csrtui.tui.modals.results import ResultsModal
from csrtui.tui.wrapping import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from csrtui.fleet.tasks.results import HostResult
    from csrtui.fleet.tasks.run_on_hosts import Reach
    from csrtui.tui.widgets.one_line_widgets import ProgressLine
    from csrtui.tui.widgets.text_block import Line

    Work = Callable[[Reach], Iterator[HostResult]]
    """A function that does the work and yields each result as soon as it is available."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work on hosts.

    Attributes:
        title: The title during the work: ``Fetching 3 CSRs``.
        work: The function that does the work.
        after: The next step, which is shown if a host succeeded, or an empty string.
    """

    title: str
    work: Work
    hosts: int
    after: str = ""


class HostWorkModal(ResultsModal["HostResult"]):
    """A dialog that runs a job in a thread and returns the list of results."""

    STOP = "Stop; finished work is kept"
    STOPPING = "Stopping; finished work is kept …"

    def __init__(self, reach: Reach, job: Job) -> None:
        super().__init__()
        self._reach = reach
        self._job = job
        self._hosts: set[str] = set()
        self._error: CsrtuiError | None = None

    def begin_work(self) -> None:
        """Begin the job."""
        self.begin(self._job.hosts, self._run_job)

    def _run_job(self, report: Callable[[HostResult], None], stop: Event) -> Sequence[HostResult]:
        results = []
        try:
            for result in self._job.work(replace(self._reach, stop=stop)):
                results.append(result)
                report(result)
        except CsrtuiError as error:
            self._error = error
        return results

    def show_progress(self, line: ProgressLine, result: HostResult) -> None:
        """Show the host of a result. All results of a host arrive together."""
        self._hosts |= {result.host} - {""}
        line.reach(len(self._hosts), result.host)

    def heading(self, results: Sequence[HostResult] | None) -> str:
        """Return the title of the job, or the summary of the results."""
        return self._job.title if results is None else summarize_results(results)

    def result_lines(self, results: Sequence[HostResult]) -> list[Line]:
        """Return the failures with their fixes, then new results, then results of earlier work."""
        lines = [] if self._error is None else [*self.error_lines(self._error), ()]
        for result in results:
            if result.failure is not None:
                lines += self.lines(f"{_label(result)}: {result.failure.text}", "error")
                lines += self._indented(result.failure.remedy)
        successes = [result for result in results if result.failure is None]
        if lines and successes:
            lines.append(())
        for result in sorted(successes, key=lambda result: (not result.changed, result.host)):
            lines += self.lines(f"{_label(result)}  {result.text}", "" if result.changed else "label")
            lines += self._indented(result.file, "label") if result.file else []
        if successes and self._job.after:
            lines += [(), *self.lines(self._job.after)]
        return lines

    def _indented(self, text: str, style: str = "") -> list[Line]:
        return wrapped(text, self.inner_width - 2, style, "  ")


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
