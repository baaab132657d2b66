"""Examiners: the checks that the doctor's screen runs and shows."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import plural
from csrtui.core.base.finding import Level
from csrtui.store.config_file import config_path
from csrtui.store.location import store_argument
from csrtui.tasks.doctor import CHECKED, Examination, is_well, worst_first
from csrtui.tasks.settings import load_settings
from csrtui.tui.panes.finding_rows import FindingRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Event

    from textual.screen import Screen

    from csrtui.tasks.session import Session

    Report = Callable[[int, int], None]
    """A function that is called with the number of examined pairs or hosts, and with the total."""

_STEPS = 100
"""Maximum number of updates of the progress bar."""


@dataclass(frozen=True, slots=True)
class ExaminationResult:
    """The result of an examination.

    Attributes:
        rows: The findings, most severe first.
        lines: The lines of the verdict, most important one first.
    """

    rows: FindingRows
    lines: Sequence[str]


class Examiner(Protocol):
    """The checks behind the doctor's screen."""

    title: str
    """The title of the screen."""
    progress_text: str
    """The message shown while the checks run."""

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Examine everything, and return the result. Called in a thread.

        Args:
            report: The function to call with the progress.
            stop: An event. Once it is set, no further check is started.

        Raises:
            CsrtuiError: The examination cannot be run.
        """

    def screen_for(self, rows: FindingRows, index: int) -> Screen[None]:
        """Return the screen of the pair that a finding concerns.

        Raises:
            CsrtuiError: The finding does not concern a pair, or the pair cannot be shown.
        """


class StoreExaminer:
    """The checks of the keystore on this machine.

    Args:
        session: The session whose keystore is examined.
    """

    title = "Keystore · doctor"
    progress_text = "Checking the keystore …"

    def __init__(self, session: Session) -> None:
        self._session = session

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Examine all pairs and the store itself, and return the result."""
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
        pairs = f"{plural(total, 'pair')} examined"
        if not findings:
            lines = [f"Nothing is wrong. {pairs}.", "", "Checked:", *(f"- {text}" for text in CHECKED)]
            return ExaminationResult(FindingRows(()), lines)
        verdict = f"{pairs}: {count_levels(finding.level for finding in findings)}."
        if is_well(findings):
            verdict = f"Nothing is wrong. {verdict}"
        return ExaminationResult(FindingRows(findings), [verdict])

    def screen_for(self, rows: FindingRows, index: int) -> Screen[None]:
        """Return the screen of the pair that a finding concerns."""
        from csrtui.tui.screens.pair import PairScreen

        name = rows.item(index).pair
        if name is None:
            raise InputError("concerns the store, not a pair")
        try:
            return PairScreen.of(self._session, name)
        except CsrtuiError as error:
            raise InputError(f"{name} cannot be shown: {error.message}") from error


def count_levels(levels: Iterable[Level]) -> str:
    """Return the number of findings of each level, most severe first, such as ``2 errors, 1 warning``."""
    counts = Counter(levels)
    return ", ".join(plural(counts[level], level.value) for level in Level if counts[level])
