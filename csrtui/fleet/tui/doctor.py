"""The doctor's screen for the keystores of all hosts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.fleet.tasks.doctor import examine, sort_findings
from csrtui.fleet.tui.rows import HostFindingRows
from csrtui.tui.panes.finding_rows import FindingRows, count_levels
from csrtui.tui.screens.doctor import DoctorScreen, ExaminationResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from textual.screen import Screen

    from csrtui.fleet.tasks.doctor import HostFinding
    from csrtui.fleet.tasks.run_on_hosts import Reach
    from csrtui.tui.screens.doctor import Report


class FleetDoctorScreen(DoctorScreen):
    """The problems of the keystores of all hosts.

    Args:
        pair_screen: A function that returns the screen of a pair, given its host and name, or raises `InputError`.
    """

    HEADING = "Hosts · doctor"
    CHECKING = "Every host is checking its keystore …"

    def __init__(self, reach: Reach, pair_screen: Callable[[str, str], Screen[None]]) -> None:
        super().__init__()
        self._reach = reach
        self._pair_screen = pair_screen
        self._findings: Sequence[HostFinding] = ()

    def examine(self, report: Report, stop: Event) -> ExaminationResult:
        """Run the doctor on every host, and return the findings. A host that does not answer is also a finding."""
        total = 0

        def set_total(count: int) -> None:
            nonlocal total
            total = count
            report(0, total)

        results = []
        for result in examine(replace(self._reach, stop=stop), set_total):
            results.append(result)
            report(len(results), total)
        self._findings = sort_findings(results)
        count = sum(result.failure is None for result in results)
        hosts = f"{count} of {len(results)} hosts examined their keystores"
        if not self._findings:
            return ExaminationResult(FindingRows(()), [f"Nothing is wrong. {hosts}."])
        lines = [f"{hosts}: {count_levels(finding.level for finding in self._findings)}."]
        return ExaminationResult(HostFindingRows(self._findings), lines)

    def screen_for(self, index: int) -> Screen[None]:
        """Return the screen of the pair that the finding in a row concerns."""
        finding = self._findings[index]
        if finding.pair is None:
            raise InputError(f"this finding concerns {finding.host} itself, not a pair")
        return self._pair_screen(finding.host, finding.pair)
