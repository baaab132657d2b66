"""Run the doctor on every host, and combine the findings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding import instruction
from csrtui.fleet.answer_limits import MAX_PAIRS
from csrtui.fleet.host_answer import HostAnswer, HostFinding, Hosts, create_failure, document_of, read_finding
from csrtui.fleet.model import Failure, Reason
from csrtui.fleet.tasks.run_on_hosts import Reach, run_on_all, shell_call

_DOCTOR = f'if e; then {shell_call("doctor", "--json")}; else echo \'{{"schema": 1, "ok": true, "findings": []}}\'; fi'
MAX_FINDINGS = MAX_PAIRS
"""The maximum number of findings of a host."""


@dataclass(frozen=True, slots=True)
class ExaminedHost:
    """The result of the doctor of a host.

    Attributes:
        host: The name of the host.
        findings: The findings, in the order of the host.
        failure: The failure of the host, or None if there is a result.
    """

    host: str
    findings: tuple[HostFinding, ...] = ()
    failure: Failure | None = None

    @property
    def is_well(self) -> bool:
        """Whether the host answered and has no findings except notes."""
        return self.failure is None and all(finding.level is Level.NOTE for finding in self.findings)


def examine(reach: Reach, on_start: Callable[[int], None] = lambda _: None) -> Iterator[ExaminedHost]:
    """Run the doctor on each host, and yield each result as soon as it arrives.

    Args:
        on_start: A function that is called with the number of hosts.

    Raises:
        InputError: Ansible is not installed or fails, or no host matches.
    """
    for answer in run_on_all(reach, _DOCTOR):
        if isinstance(answer, Hosts):
            on_start(len(answer.names))
        else:
            yield _read_result(answer)


def sort_findings(results: Iterable[ExaminedHost]) -> list[HostFinding]:
    """Return the findings and failures of hosts, the most severe first, then by host."""
    findings = [finding for result in results for finding in _findings(result)]
    return sorted(findings, key=lambda finding: (finding.level.rank, finding.host))


def _read_result(answer: HostAnswer) -> ExaminedHost:
    document = document_of(answer, (0, 1))
    if isinstance(document, Failure):
        return ExaminedHost(answer.host, failure=document)
    findings = document.get("findings")
    listed = findings if isinstance(findings, list) else []
    if len(listed) > MAX_FINDINGS:
        text = f"its doctor lists {len(listed)} findings, more than {MAX_FINDINGS}"
        return ExaminedHost(answer.host, failure=create_failure(answer.host, Reason.TOO_LARGE, text))
    return ExaminedHost(
        answer.host,
        tuple(read_finding(answer.host, finding) for finding in listed if isinstance(finding, dict)),
    )


def _findings(result: ExaminedHost) -> Iterator[HostFinding]:
    if result.failure is not None:
        text = f"{result.failure.reason.value}: {visible(result.failure.text)}"
        yield HostFinding(result.host, Level.ERROR, text, instruction(visible(result.failure.remedy)))
    yield from result.findings
