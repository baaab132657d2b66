"""The examinations that the doctor's screen shows."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.finding import Level
from csrtui.store.config_file import config_path
from csrtui.store.location import store_to_name
from csrtui.tasks.doctor import CHECKED, Examination, is_well, worst_first
from csrtui.tui.panes.finding_rows import FindingRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from threading import Event

    from textual.screen import Screen

    from csrtui.tasks.session import Session
    from csrtui.tui.commands import Command

    Report = Callable[[int, int], None]
    """Takes how many are examined, and of how many."""

_STEPS = 100
"""How often the bar moves at most."""


@dataclass(frozen=True, slots=True)
class ExaminationResult:
    """What an examination found.

    Attributes:
        rows: The findings, worst first.
        lines: The verdict in words, the most important line first.
    """

    rows: FindingRows
    lines: Sequence[str]


class Examiner(Protocol):
    """What the doctor's screen asks."""

    title: str
    """What the screen is called."""
    looking: str
    """What is said while it looks."""

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Examine everything; called in a thread.

        Args:
            report: Told how far it is.
            stop: Once set, no more is begun.

        Raises:
            CsrtuiError: Nothing can be examined.
        """

    def shown(self, rows: FindingRows, index: int) -> Screen[None]:
        """Return the screen that shows what a finding is about.

        Raises:
            CsrtuiError: There is none, or it cannot be shown.
        """


class StoreExaminer:
    """Examines the keystore here.

    Args:
        session: Whose it is.
        commands: For the screens that it shows.
    """

    title = "Keystore · doctor"
    looking = "Looking at the keystore …"

    def __init__(self, session: Session, commands: Sequence[Command]) -> None:
        self._session = session
        self._commands = commands

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Examine all pairs, and the store around them."""
        named = store_to_name(self._session.store.path)
        examination = Examination(self._session, config_path(os.environ), named=named)
        total = len(examination.names)
        done = 0

        def one_more() -> None:
            nonlocal done
            done += 1
            if done * _STEPS // total != (done - 1) * _STEPS // total:
                report(done, total)

        report(0, total)
        found = worst_first(examination.run(one_more, stop))
        pairs = f"{total} pair{'s' if total != 1 else ''} examined"
        if not found:
            lines = [f"Nothing is wrong. {pairs}.", "", "Checked:", *(f"- {text}" for text in CHECKED)]
            return ExaminationResult(FindingRows(()), lines)
        summed = f"{pairs}: {count_levels(one.level for one in found)}."
        return ExaminationResult(
            FindingRows(found), [f"Nothing is wrong. {summed}" if is_well(found) else summed]
        )

    def shown(self, rows: FindingRows, index: int) -> Screen[None]:
        """Return the screen of the pair that a finding is about."""
        from csrtui.tui.screens.pair import PairScreen

        name = rows.item(index).pair
        if name is None:
            raise InputError("concerns the store, not a pair")
        try:
            return PairScreen.of(self._session, name, self._commands)
        except CsrtuiError as error:
            raise InputError(f"{name} cannot be shown: {error.what}") from error


def count_levels(every: Iterable[Level]) -> str:
    """Return the number of findings of each level, the most severe first: ``2 errors, 1 warning``."""
    levels = Counter(every)
    return ", ".join(
        f"{levels[level]} {level.value}{'s' if levels[level] != 1 else ''}"
        for level in Level
        if levels[level]
    )
