"""The doctor's screens, which check everything in a thread and show problems with their fixes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual.app import SuspendNotSupported

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.base.escaping import plural, visible
from csrtui.core.doctor.finding import DoctorFinding
from csrtui.store.config_file import config_path
from csrtui.store.permissions import restrict_mode
from csrtui.store.store_location import store_argument
from csrtui.tasks.doctor import CHECKED, Examination, is_well, worst_first
from csrtui.tasks.list import Pairs
from csrtui.tasks.settings import load_settings
from csrtui.tasks.verify import record_backup_states
from csrtui.tui.commands import Scope, bindings
from csrtui.tui.flows.backups import back_up_pair
from csrtui.tui.groups import PairSelection
from csrtui.tui.messages import error_texts, with_keys
from csrtui.tui.panes.finding_rows import FindingRows, count_levels, short_text
from csrtui.tui.screens.base import CommandScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.screens.pairs_screen import PairsScreen
from csrtui.tui.terminal import show_plain
from csrtui.tui.threads import run_in_thread
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.one_line_widgets import CommandBar, ProgressLine, RuleLine
from csrtui.tui.widgets.text_block import TextBlock
from csrtui.tui.wrapping import cut_lines, wrap, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.screen import Screen

    from csrtui.core.pairs.pair import Pair
    from csrtui.tui.panes.finding_rows import DisplayedFinding
    from csrtui.tui.widgets.text_block import Line

    Report = Callable[[int, int], None]
    """A function that is called with the number of examined pairs or hosts, and with the total."""

_DETAIL, _SHORT_DETAIL = 6, 3
"""The lines for the selected finding, as in ``app.tcss``."""
_AROUND_PLAIN = 6
"""The lines of a plain text view that are not for remedies: the prompt, blank lines, and the number of those below."""


@dataclass(frozen=True, slots=True)
class ExaminationResult:
    """The result of an examination. The most severe findings and the most important line come first."""

    rows: FindingRows
    lines: Sequence[str]


class DoctorScreen(CommandScreen[None]):
    """A screen with the problems of the local keystore or of many hosts. It can be closed at any time."""

    place: ClassVar[Scope] = Scope.DOCTOR
    BINDINGS = bindings(Scope.DOCTOR)

    HEADING: ClassVar[str]
    """The title."""
    CHECKING: ClassVar[str]
    """The message shown while the checks run."""

    _is_working = False
    _rows = FindingRows(())
    _verdict: Sequence[str] = ()
    _stop: Event

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Examine everything, and return the result. Called in a thread.

        Args:
            report: The function to call with the progress.
            stop: An event. Once it is set, no further check is started.
        """
        raise NotImplementedError

    def screen_for(self, index: int) -> Screen[None]:
        """Return the screen of the pair that the finding in a row concerns.

        Raises:
            CsrtuiError: The finding does not concern a pair, or the pair cannot be shown.
        """
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Build the screen."""
        yield TextBlock(id="title")
        yield RuleLine()
        yield TextBlock(id="verdict")
        yield ProgressLine(id="progress")
        yield LineList(self._rows, id="findings")
        yield RuleLine(id="message")
        yield TextBlock(id="finding")
        yield RuleLine()
        yield CommandBar(id="bar")

    def on_mount(self) -> None:
        """Start the check."""
        self._stop = Event()
        self.show_title(self.HEADING)
        self.query_one("#findings").focus()
        self.action_examine()

    def on_unmount(self) -> None:
        """Stop the check. No further pair is checked."""
        self._stop.set()

    # Check

    def action_examine(self) -> None:
        """Check everything, unless a check is running."""
        if not self._is_working:
            self._show_findings(FindingRows(()), [self.CHECKING])
            self.query_one("#findings", LineList).action_first()
            self.clear_message()
            self.examine_again()

    def examine_again(self) -> None:
        """Check everything, unless a check is running. The findings and the cursor stay until the check has ended."""
        if not self._is_working:
            self._is_working = True
            self.run_worker(self._examine())

    async def _examine(self) -> None:
        def report(done: int, total: int) -> None:
            self.call_later(self._show_progress, done, total)

        verdict = await run_in_thread(lambda: self.examine(report, self._stop))
        self.call_later(self._show_verdict, verdict)  # after all reports

    def _show_progress(self, done: int, total: int) -> None:
        line = self.query_one("#progress", ProgressLine)
        if done:
            line.reach(done)
        elif total:
            line.begin(total)

    def _show_verdict(self, verdict: ExaminationResult | CsrtuiError) -> None:
        self._is_working = False
        self.query_one("#progress", ProgressLine).clear()
        if isinstance(verdict, CsrtuiError):
            lines = ["The check failed.", *error_texts(verdict, self.commands)]
            self._show_findings(FindingRows(()), lines)
        else:
            self._show_findings(verdict.rows, verdict.lines)

    # Findings

    @property
    def current_finding(self) -> DisplayedFinding | None:
        """The finding under the cursor, or None if there are no findings."""
        finding: DisplayedFinding | None = self.query_one("#findings", LineList).current
        return finding

    def fix_label(self) -> str:
        """Return the label of the command that fixes the finding under the cursor, or "" if no command does."""
        return ""

    def remedy_text(self, finding: DisplayedFinding) -> str:
        """Return the remedy of a finding as it is shown."""
        return finding.remedy

    async def action_fix_finding(self) -> None:
        """Show how to fix the finding under the cursor. No command of this screen can fix it."""
        self.tell(f"Run the command shown below. {self.key_of('view_remedies')} shows only the command.")

    def on_line_list_highlighted(self) -> None:
        """Show the finding under the cursor in full."""
        self._draw_finding()

    def on_line_list_opened(self, event: LineList.Opened) -> None:
        """Show the pair that the finding concerns."""
        event.stop()
        try:
            screen = self.screen_for(event.index)
        except CsrtuiError as error:
            self.tell_error(error)
        else:
            self.app.push_screen(screen)

    def action_view_remedies(self) -> None:
        """Show the remedy under the cursor, and as many of those below it as fit, as plain text in the terminal."""
        cursor = self.query_one("#findings", LineList).cursor
        if cursor is None:
            self.tell("no problems to fix")
        else:
            self.run_worker(self._show_plain(cursor), group="plain", exclusive=True)

    async def _show_plain(self, cursor: int) -> None:
        parts: list[str] = []
        room = self.size.height - _AROUND_PLAIN
        for index in range(cursor, len(self._rows)):
            remedy = visible(self._rows.item(index).pasteable)
            heading = [f"# {line}" for line in wrap(self._rows.heading(index), max(self.size.width - 2, 8))]
            # The terminal wraps the remedy: a line break in it would be copied.
            room -= len(heading) + -(-cell_len(remedy) // self.size.width) + 1
            if parts and room < 0:
                parts.append(f"# {len(self._rows) - index} more below")
                break
            parts.append("\n".join([*heading, remedy]))
        try:
            await show_plain(self.app, "\n\n".join(parts))
        except SuspendNotSupported:
            from csrtui.tui.modals.questions import NoticeModal

            self.app.push_screen(NoticeModal("Fix:", [visible(self._rows.item(cursor).pasteable)]))

    # Drawing

    def _show_findings(self, rows: FindingRows, verdict: Sequence[str]) -> None:
        self._rows = rows
        self._verdict = verdict
        findings = self.query_one("#findings", LineList)
        findings.set_rows(self._rows)
        self.draw()

    def draw(self) -> None:
        """Draw the lines for the current size."""
        self.set_class(self.size.height < 20, "-short")  # noqa: PLR2004 - as on the main screen
        lines: list[Line] = []
        for index, text in enumerate(text for text in self._verdict if text):
            lines += self._wrapped(text, "" if index else "strong")
        verdict = self.query_one("#verdict", TextBlock)
        if len(self._rows) and self.has_class("-short"):
            lines = cut_lines(lines, 1, self.size.width)
        verdict.styles.height = min(len(lines), max(self.size.height - 5, 1))
        verdict.show(lines)
        self._draw_finding()

    def _draw_finding(self) -> None:
        row, label = self.current_finding, self.fix_label()
        left_out = set() if label else {"fix_finding"}
        left_out |= {"open_finding"} if row is None or row.pair is None else set()
        left_out |= {"view_remedies"} if row is None else set()
        self.show_bar(Scope.DOCTOR, left_out, {"fix_finding": label})
        block = self.query_one("#finding", TextBlock)
        if row is None:
            block.show([])
            return
        is_short, text = self.has_class("-short"), row.text
        remedy = self._wrapped(self.remedy_text(row), "strong")
        if label:
            press = f"Press {self.key_of('fix_finding')} ({label.strip()})"
            remedy = (
                self._wrapped(f"{press}.") if is_short else [*self._wrapped(f"{press}, or run:"), *remedy]
            )
        if is_short and row.pair:
            text = f"{row.pair}: {short_text(row.text, row.pair)}"
        room = _SHORT_DETAIL if is_short else _DETAIL
        lines = cut_lines(self._wrapped(text), max(room - len(remedy), 1), self.size.width)
        block.show(cut_lines([*lines, *remedy], room, self.size.width))

    def _wrapped(self, text: str, style: str = "") -> list[Line]:
        return wrapped(text, max(self.size.width - 2, 8), style)


_ACTIONS: Final = {"backup": "back_up", "import": "import", "renew": "renew", "verify": "verify"}
"""For some commands of the command line, the command of the screens that does the same."""
_CHMOD = "chmod 600"
"""The label for a finding that a mode fixes."""
_STEPS = 100
"""Maximum number of updates of the progress bar."""


class StoreDoctorScreen(DoctorScreen, PairsScreen):
    """The problems of the keystore. A finding whose remedy is a command for its pair can be fixed with a key."""

    HEADING = "Keystore · doctor"
    CHECKING = "Checking the keystore …"

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Examine all pairs and the store itself, record which backups are missing or damaged, and return the result."""
        argument = store_argument(self._session.store.path)
        problems = load_settings(os.environ, with_own=False).problems
        examination = Examination(
            self._session, config_path(os.environ), store_argument=argument, site_problems=problems
        )
        total = len(examination.names)
        count = 0

        def count_pair() -> None:
            nonlocal count
            count += 1
            if count * _STEPS // total != (count - 1) * _STEPS // total:
                report(count, total)

        report(0, total)
        findings = worst_first(examination.run(count_pair, stop))
        record_backup_states(self._session, examination.outdated_records)
        pairs = f"{plural(total, 'pair')} examined"
        if not findings:
            lines = [f"Nothing is wrong. {pairs}.", "", "Checked:", *(f"- {text}" for text in CHECKED)]
            return ExaminationResult(FindingRows(()), lines)
        verdict = f"{pairs}: {count_levels(finding.level for finding in findings)}."
        if is_well(findings):
            verdict = f"No errors or warnings. {verdict}"
        return ExaminationResult(FindingRows(findings), [verdict])

    def screen_for(self, index: int) -> Screen[None]:
        """Return the screen of the pair that the finding in a row concerns."""
        name = self._rows.item(index).pair
        if name is None:
            raise InputError("this finding concerns the store, not a pair")
        try:
            return PairScreen.of(self._session, name)
        except StoreError as error:
            raise InputError(f"{name} cannot be shown until this is fixed") from error

    def selection(self) -> PairSelection:
        """Return the pair that the finding under the cursor concerns."""
        return PairSelection(self._current)

    @property
    def only_pair(self) -> str | None:
        """The name of the pair that the finding under the cursor concerns, or None."""
        return self.current_finding.pair if self.current_finding else None

    @property
    def _current(self) -> Pair | None:
        return next(iter(Pairs(self._session, [self.only_pair])), None) if self.only_pair else None

    def refresh_pairs(self, want: str | None = None) -> None:  # noqa: ARG002 - the cursor stays where it is
        """Check again, because a pair has changed."""
        self.examine_again()

    def remedy_text(self, finding: DisplayedFinding) -> str:
        """Return the remedy: a command to run, or an instruction with the keys of the screens."""
        is_command = finding.pasteable == finding.remedy
        return finding.remedy if is_command else with_keys(finding.remedy, self.commands)

    def fix_label(self) -> str:
        """Return the label of the command that fixes the finding under the cursor, or "" if no command does."""
        action, mode = _action_of(self.current_finding), _mode_of(self.current_finding)
        labels = {
            command.action: command.label for command in self.commands if command.action in _ACTIONS.values()
        }
        label = labels[action] if action else f"chmod {mode:o}" if mode else ""
        return label and label.ljust(max(map(len, (*labels.values(), _CHMOD))))

    async def action_fix_finding(self) -> None:
        """Do what fixes the finding under the cursor."""
        finding, action = self.current_finding, _action_of(self.current_finding)
        if isinstance(finding, DoctorFinding) and finding.mode:
            try:
                restrict_mode(finding.path, finding.mode)
            except CsrtuiError as error:
                self.tell_error(error)
            else:
                self.tell(f"{visible(os.path.basename(finding.path))} now has mode {finding.mode:04o}")
                self.examine_again()
        elif action is None:
            await super().action_fix_finding()
        elif (pair := self.current_pair()) is None:
            return
        elif action == "back_up":
            await self.start(back_up_pair(self, pair))
        else:
            await self.app.run_action(action, default_namespace=self)


def _mode_of(finding: DisplayedFinding | None) -> int | None:
    """Return the mode to set as the remedy of a finding, or None."""
    return finding.mode if isinstance(finding, DoctorFinding) else None


def _action_of(finding: DisplayedFinding | None) -> str | None:
    """Return the action that does the same as the remedy of a finding, or None if there is none."""
    words = finding.remedy.split() if finding is not None and finding.pair is not None else []
    is_one_command = words[:1] == ["csrtui"] and "&&" not in words
    return _ACTIONS.get(words[1]) if is_one_command else None
