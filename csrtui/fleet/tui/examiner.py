"""The examination of the keystores of all hosts, for the doctor's screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.fleet.tasks.doctor import examine, worst_first
from csrtui.fleet.tui.rows import HostFindingRows
from csrtui.tui.examiners import ExaminationResult, count_levels
from csrtui.tui.panes.finding_rows import FindingRows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from textual.screen import Screen

    from csrtui.fleet.host_finding import HostFinding
    from csrtui.fleet.tasks.hosts import Reach
    from csrtui.tui.examiners import Report


class FleetExaminer:
    """Has every host examine its keystore.

    Args:
        reach: Which hosts.
        show: Gives the screen of a pair on a host, or raises `InputError`.
    """

    title = "Hosts · doctor"
    looking = "Every host looks at its keystore …"

    def __init__(self, reach: Reach, show: Callable[[str, str], Screen[None]]) -> None:
        self._reach = reach
        self._show = show
        self._found: Sequence[HostFinding] = ()

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Have all of them examined; one that does not answer is a finding, too."""
        total = 0

        def begun(count: int) -> None:
            nonlocal total
            total = count
            report(0, total)

        examined = []
        for one in examine(replace(self._reach, stop=stop), begun):
            examined.append(one)
            report(len(examined), total)
        self._found = worst_first(examined)
        answered = sum(one.failure is None for one in examined)
        hosts = f"{answered} of {len(examined)} hosts examined their keystores"
        if not self._found:
            return ExaminationResult(FindingRows(()), [f"Nothing is wrong. {hosts}."])
        lines = [f"{hosts}: {count_levels(one.level for one in self._found)}."]
        return ExaminationResult(HostFindingRows(self._found), lines)

    def shown(self, rows: FindingRows, index: int) -> Screen[None]:
        """Return the screen of the pair that a finding is about."""
        del rows
        one = self._found[index]
        if one.pair is None:
            raise InputError(f"this is about {one.host} itself, not about a pair")
        return self._show(one.host, one.pair)
