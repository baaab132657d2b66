"""The dialogs with results: of a backup, which they also run, and of an import."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.base.finding import Level
from csrtui.core.base.validity import date_text
from csrtui.core.certificates.path_validation import ChainState
from csrtui.core.pairs.pair import NextStep
from csrtui.tasks.backup import back_up_many
from csrtui.tasks.import_ import ImportResult
from csrtui.tasks.list import read_pair
from csrtui.tasks.pair_text import NEXT_STEPS, NO_NAMES, time_left
from csrtui.tui.modals.questions import TextModal
from csrtui.tui.modals.work_base import WorkModal
from csrtui.tui.widgets.one_line_widgets import ProgressLine
from csrtui.tui.widgets.text_block import TextView
from csrtui.tui.wrapping import hanging, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from threading import Event

    from textual.binding import BindingType
    from textual.widget import Widget

    from csrtui.core.certificates.chain import Chain
    from csrtui.core.certificates.path_validation import ChainStatus
    from csrtui.tasks.parallel import Result
    from csrtui.tasks.session import Session
    from csrtui.tui.modals.backup import BackupAnswer
    from csrtui.tui.widgets.text_block import Line


ItemT = TypeVar("ItemT")


class ResultsModal(WorkModal["Sequence[ItemT]", ItemT], Generic[ItemT]):
    """A dialog that starts work when it opens, then shows a result for each item, and returns the results.

    A subclass defines the texts and a `begin_work` that calls `begin`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_or_close", "Stop", show=False, priority=True),
        Binding("enter", "close", "Close", show=False, priority=True),
        Binding("full_stop", "follow_up", "Next step", show=False, priority=True),
    ]
    FIRST_FOCUS = "#results"
    STOP: ClassVar[str]
    """The label of the key that stops the work."""
    STOPPING: ClassVar[str]
    """The text in place of the keys while the work is stopping."""

    next_step = ""
    """The label of the key that closes the dialog and does the next step, or an empty string."""
    follows_up = False
    """Whether the user has chosen the next step."""
    _results: Sequence[ItemT] | None = None

    def content(self) -> Iterable[Widget]:
        """Return the progress and the list of results."""
        return (ProgressLine(id="progress"), TextView(id="results"))

    def on_mount(self) -> None:
        """Start the work."""
        self.begin_work()

    def begin_work(self) -> None:
        """Begin the work."""
        raise NotImplementedError

    def heading(self, results: Sequence[ItemT] | None) -> str:
        """Return the title. The results are None while the work is running."""
        raise NotImplementedError

    def result_lines(self, results: Sequence[ItemT]) -> list[Line]:
        """Return the lines that show the results."""
        raise NotImplementedError

    def show_results(self, results: Sequence[ItemT]) -> None:
        """Show the results."""
        self._results = results
        self.draw()

    def action_stop_or_close(self) -> None:
        """Stop after the items in progress, or close the dialog if the results are already shown."""
        if self._results is None:
            self.stop()
            self.draw()
        else:
            self.dismiss(self._results)

    def action_close(self) -> None:
        """Close the dialog, but only if the results are already shown."""
        if self._results is not None:
            self.dismiss(self._results)

    def action_follow_up(self) -> None:
        """Close the dialog and choose the next step, if the dialog offers one."""
        if self.next_step:
            self.follows_up = True
            self.action_close()

    def draw(self) -> None:
        """Redraw the dialog."""
        self.show_title(self.heading(self._results))
        if self._results is None:
            self.show_list([], ("", self.STOPPING) if self.is_stopping else ("Esc", self.STOP))
        else:
            next_step = [(".", self.next_step)] if self.next_step else []
            self.show_list(self.result_lines(self._results), *next_step, ("Enter", "Close"))


class BackupProgressModal(ResultsModal["Result"]):
    """A dialog that backs up pairs and returns one result for each pair.

    Args:
        on_finish: Called when the backup has ended, so that the list behind the dialog shows it.
    """

    STOP = "Stop; finished backups are kept"
    STOPPING = "Stopping after the current pairs …"

    def __init__(self, session: Session, answer: BackupAnswer, on_finish: Callable[[], None]) -> None:
        super().__init__()
        self._session = session
        self._answer: BackupAnswer | None = answer
        self._on_finish = on_finish
        self._count = len(answer.names)
        self._folder = answer.spec.folder
        self._next = "The keystore shows the next step of each pair. "

    def begin_work(self) -> None:
        """Begin the backup."""
        answer, self._answer = self._answer, None  # do not keep the passphrase longer than needed
        if answer is None:
            return

        def work(report: Callable[[Result], None], stop: Event) -> Sequence[Result]:
            return back_up_many(self._session, answer.names, answer.spec, on_result=report, cancel=stop)

        self.begin(self._count, work)

    def show_progress(self, line: ProgressLine, item: Result) -> None:
        """Show the pair that was backed up."""
        line.advance(item.pair or "")

    def show_results(self, results: Sequence[Result]) -> None:
        """Show the results, with the next step of a single pair."""
        self._on_finish()
        if len(results) == 1:
            step = step_after(self._session, results)
            self._next = "" if step is NextStep.NONE else f"Next: {NEXT_STEPS[step]}. "
            is_offered = step not in {NextStep.NONE, NextStep.BACK_UP}
            self.next_step = NEXT_STEPS[step].capitalize() if is_offered else ""
        super().show_results(results)

    def heading(self, results: Sequence[Result] | None) -> str:
        """Return the title during the work, or the summary of the results."""
        if results is None:
            return f"Backing up {plural(self._count, 'pair')} to {self._folder}"
        return backup_summary(results)

    def result_lines(self, results: Sequence[Result]) -> list[Line]:
        """Return the failures, then the files of the backups."""
        failed = [result for result in results if not result.ok]
        lines = []
        for result in failed:
            lines += self.lines(self.with_keys(f"{result.pair}: {result.text}"), "error")
        succeeded = [result for result in results if result.ok]
        if failed and succeeded:
            lines.append(())
        for result in succeeded:
            lines += self.lines(result.file or "")
        if succeeded:
            lines += [(), *self.lines(f"{self._next}Store the passphrase separately from the backups.")]
        return lines


def next_after(session: Session, results: Sequence[Result]) -> str:
    """Return the next step of the pair if the results are those of one pair: ``. Next: install``, or an empty string."""
    step = step_after(session, results)
    return "" if step is NextStep.NONE else f". Next: {NEXT_STEPS[step]}"


def step_after(session: Session, results: Sequence[Result]) -> NextStep:
    """Return the next step of the pair if the results are those of one pair, or else `NONE`."""
    names = {result.pair for result in results if result.ok and result.pair}
    if len(names) == 1 and all(result.ok for result in results):
        with suppress(CsrtuiError):  # the keystore shows the error
            return read_pair(session, names.pop())[0].record.next_step(session.clock())
    return NextStep.NONE


def backup_summary(results: Sequence[Result]) -> str:
    """Return a one-line summary of the results of a backup."""
    count = sum(result.ok for result in results)
    if len(results) == 1:
        return (
            f"{results[0].pair}: backed up and verified" if count else f"{results[0].pair} is not backed up"
        )
    if count == len(results):
        return f"{count} pairs backed up and verified"
    return f"{count} of {len(results)} pairs backed up and verified, {len(results) - count} failed"


_LABEL = 10
_MAX_NAMES = 8
"""The number of names of a certificate that are listed in full."""
_STYLES = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "note"}


class ImportResultModal(TextModal):
    """A dialog with the results of an import."""

    def __init__(self, session: Session, results: Sequence[Result], next_step: str = "") -> None:
        super().__init__()
        self._session = session
        self._results = results
        self.next_step = next_step

    @property
    def heading(self) -> str:
        """The title: the pair if there is only one certificate, or else a summary."""
        is_single = len(self._results) == 1 and self._results[0].ok
        title = f"certificate of {self._results[0].pair}" if is_single else import_summary(self._results)
        return title[:1].upper() + title[1:]

    def text_lines(self) -> list[Line]:
        """Return the lines of all results, failures first."""
        lines: list[Line] = []
        for result in sorted(self._results, key=lambda result: result.ok):
            lines += [
                *([()] if lines else []),
                *_result_lines(result, self._session.clock(), self.inner_width, self.with_keys),
            ]
        return lines


def import_summary(results: Sequence[Result]) -> str:
    """Return a one-line summary of the results of an import."""
    imported = [result for result in results if result.ok]
    if not imported:
        return "no certificate was imported"
    if len(results) == 1:
        return f"{visible(imported[0].pair or '')}: {imported[0].text.partition(', now ')[0]}"
    return f"{len(imported)} of {plural(len(results), 'certificate')} imported"


def _result_lines(result: Result, now: datetime, width: int, with_keys: Callable[[str], str]) -> list[Line]:
    """Return the lines that show one result."""
    lines = wrapped(result.pair or result.file or "pasted text", width, "strong", "")
    lines += wrapped(with_keys(result.text), max(width - 2, 8), "good" if result.ok else "error", "  ")
    if not isinstance(result, ImportResult):
        return lines
    if result.chain is not None and result.status is not None:
        for label, text in _facts(result.chain, result.status, now):
            lines += _labelled(label, text, width)
    if not result.differences:
        lines += _labelled("request", "issued as requested", width)
    for difference in result.differences:
        lines += _labelled("differs", difference.text, width, "warning")
    for flaw in result.flaws:
        lines += _labelled(flaw.level.value, with_keys(flaw.text), width, _STYLES[flaw.level])
    for remark in result.remarks:
        lines += _labelled("note", with_keys(remark), width, "note")
    return lines


def _facts(chain: Chain, status: ChainStatus, now: datetime) -> list[tuple[str, str]]:
    leaf = chain.leaf
    validity = leaf.validity
    state = (
        f"{status.text}; " if status.state is ChainState.VALID else ""
    )  # otherwise, a warning shows the status
    days = validity.whole_days
    # A new certificate loses its first day within a second. The next screen would contradict the number of days left.
    left = "" if days - validity.days_left(now) <= 1 else f", {time_left(validity, now)}"
    dates = f"{date_text(validity.not_before)} – {date_text(validity.not_after)}"
    names = ["leaf", *(certificate.display_name for certificate in chain.intermediates)]
    names += [f"{chain.root.display_name} (root, not sent by servers)"] if chain.root else []
    return [
        ("for", _names_text(leaf.names)),
        ("issued by", leaf.issuer_text),
        ("valid", f"{dates}: {plural(days, 'day')}{left}"),
        ("chain", f"{state}{plural(len(names), 'certificate')}, in order: {', '.join(names)}"),
    ]


def _names_text(names: Sequence[str]) -> str:
    """Return the names, or the first of many names and the number of the others, so that the other facts fit as well."""
    if len(names) <= _MAX_NAMES:
        return ", ".join(names) or NO_NAMES
    return f"{', '.join(names[: _MAX_NAMES - 1])} and {len(names) - _MAX_NAMES + 1} more"


def _labelled(label: str, text: str, width: int, style: str = "label") -> list[Line]:
    return hanging(f"  {label:<{_LABEL}} ", text, width, style)
