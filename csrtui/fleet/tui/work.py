"""Work on many hosts: how far it is, and at the end what came of it on each; who failed, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural, visible
from csrtui.tui.screens.dialog import Dialog
from csrtui.tui.widgets.progress_line import ProgressLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.widgets.text_view import TextView
from csrtui.tui.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from csrtui.fleet.tasks.hosts import HostResult, Reach
    from csrtui.tui.widgets.text_block import Line

    Work = Callable[[Reach], Iterator[HostResult]]
    """Does everything, and gives what came of each as it comes."""

_AROUND = 8
"""Lines of the dialog that are not its list."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done on hosts.

    Attributes:
        title: What it is, while it is done: ``Fetching 3 CSRs``.
        work: Does it.
        hosts: On how many hosts.
        after: What comes next, once something was done; empty for nothing.
    """

    title: str
    work: Work
    hosts: int
    after: str = ""


class HostWorkScreen(Dialog["Sequence[HostResult]"]):
    """Does a job in a thread; gives what came of it.

    Args:
        reach: How the hosts are reached.
        job: What is done.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_or_close", "Stop", show=False, priority=True),
        Binding("enter", "close", "Close", show=False, priority=True),
    ]

    class Came(Message):
        """Something came of it.

        Args:
            result: What.
        """

        def __init__(self, result: HostResult) -> None:
            super().__init__()
            self.result = result

    class Ended(Message):
        """Everything was done, or nothing more can be.

        Args:
            error: Why not, or None.
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
        """Begin."""
        self.query_one("#results").focus()
        self.query_one("#progress", ProgressLine).begin(max(self._job.hosts, 1))
        self.run_worker(self._do, thread=True, group="work")

    def on_unmount(self) -> None:
        """The program ends: no host more."""
        self._reach.stop.set()

    def _do(self) -> None:
        try:
            for result in self._job.work(self._reach):
                self.post_message(self.Came(result))
        except CsrtuiError as error:
            self.post_message(self.Ended(error))
        else:
            self.post_message(self.Ended())

    def on_host_work_screen_came(self, event: Came) -> None:
        """Move the bar: a host has one or more results, which come together."""
        event.stop()
        self._results.append(event.result)
        hosts = {one.host for one in self._results if one.host}
        self.query_one("#progress", ProgressLine).reach(len(hosts), event.result.host)

    def on_host_work_screen_ended(self, event: Ended) -> None:
        """Show what came of it."""
        event.stop()
        self._is_over, self._error = True, event.error
        self.query_one("#progress", ProgressLine).clear()
        self.draw()

    def action_stop_or_close(self) -> None:
        """Have Ansible end, which leaves every host whole; at the end, close."""
        if self._is_over:
            self.dismiss(self._results)
        else:
            self._reach.stop.set()
            self.draw()

    def action_close(self) -> None:
        """Close, at the end."""
        if self._is_over:
            self.dismiss(self._results)

    # Drawing

    def draw(self) -> None:
        """Show everything anew."""
        if not self._is_over:
            self.show("#about", [*self.lines(self._job.title, "strong"), ()])
            self._show_list([])
            stopping = ("", "Stopping; every host stays whole …")
            key = stopping if self._reach.stop.is_set() else ("Esc", "Stop; what is done stays")
            self.show("#keys", [(), *self.key_lines(key)])
            return
        self.show("#about", [*self.lines(summed_up(self._results), "strong"), ()])
        lines = self._happened()
        self._show_list(lines)
        more = [("PgDn", "More")] if len(lines) > self._room else []
        self.show("#keys", [(), *self.key_lines(*more, ("Enter", "Close"))])

    @property
    def _room(self) -> int:
        return self.app.size.height - _AROUND

    def _show_list(self, lines: Sequence[Line]) -> None:
        view = self.query_one("#results", TextView)
        view.styles.height = max(min(len(lines), self._room), 1)
        view.show_all(lines)

    def _happened(self) -> list[Line]:
        """Who failed, and what mends it; then what was done, then what was done before."""
        lines = [] if self._error is None else [*self.error_lines(self._error), ()]
        for one in self._results:
            if one.failure is not None:
                lines += self.lines(f"{_about(one)}: {one.failure.text}", "error")
                lines += self._indented(one.failure.remedy)
        good = sorted(
            (one for one in self._results if one.failure is None), key=lambda one: (not one.changed, one.host)
        )
        if lines and good:
            lines.append(())
        for one in good:
            lines += self.lines(f"{_about(one)}  {one.text}", "" if one.changed else "label")
            lines += self._indented(one.file, "label") if one.file else []
        if good and self._job.after:
            lines += [(), *self.lines(self._job.after)]
        return lines

    def _indented(self, text: str, manner: str = "") -> list[Line]:
        return [((f"  {line}", manner),) for line in wrap(visible(text), self.inner_width - 2)]


def summed_up(results: Sequence[HostResult]) -> str:
    """Return in a line what came of work on hosts."""
    done = sum(one.failure is None and one.changed for one in results)
    before = sum(one.failure is None and not one.changed for one in results)
    failed = len(results) - done - before
    parts = [f"{done} done"] if done or not results else []
    parts += [f"{before} {'was' if before == 1 else 'were'} done already"] if before else []
    parts += [f"{failed} failed"] if failed else []
    hosts = len({one.host for one in results if one.host})
    return f"{', '.join(parts)} · {plural(hosts, 'host')}" if results else "Nothing was done"


def _about(one: HostResult) -> str:
    return visible(" ".join(part for part in (one.host, one.pair) if part)) or "-"
