"""The doctor of many hosts: each examines its own keystore, and what they find comes together here."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import Level
from csrtui.core.doctor.remedy import instruction
from csrtui.fleet.host_answer import HostAnswer, Hosts, document_of
from csrtui.fleet.host_finding import HostFinding, failure, read_finding
from csrtui.fleet.host_limits import MAX_PAIRS
from csrtui.fleet.model import Failure, Reason
from csrtui.fleet.tasks.hosts import Reach, ask_all, call

_DOCTOR = (
    f'if e; then {call("doctor", "--json")}; else echo \'{{"schema": 1, "ok": true, "findings": []}}\'; fi'
)
MAX_FINDINGS = MAX_PAIRS
"""The most findings of one host."""


@dataclass(frozen=True, slots=True)
class ExaminedHost:
    """What the doctor of a host found.

    Attributes:
        host: Its name.
        findings: The findings, in the order of the host.
        failure: Why there is no answer, or None.
    """

    host: str
    findings: tuple[HostFinding, ...] = ()
    failure: Failure | None = None

    @property
    def is_well(self) -> bool:
        """Whether the host answered that nothing is wrong; notes only tell."""
        return self.failure is None and all(finding.level is Level.NOTE for finding in self.findings)


def examine(reach: Reach, begun: Callable[[int], None] = lambda _: None) -> Iterator[ExaminedHost]:
    """Have each host examine its keystore, and give what it found as it comes.

    Args:
        reach: Which hosts.
        begun: Told how many those are.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
    """
    for answer in ask_all(reach, _DOCTOR):
        if isinstance(answer, Hosts):
            begun(len(answer.names))
        else:
            yield _examined(answer)


def worst_first(examined: Iterable[ExaminedHost]) -> list[HostFinding]:
    """Return the findings on hosts, those that do not answer among them, worst first, then by host."""
    findings = [finding for host in examined for finding in _findings(host)]
    return sorted(findings, key=lambda finding: (finding.level.rank, finding.host))


def _examined(answer: HostAnswer) -> ExaminedHost:
    document = document_of(answer, (0, 1))
    if isinstance(document, Failure):
        return ExaminedHost(answer.host, failure=document)
    findings = document.get("findings")
    listed = findings if isinstance(findings, list) else []
    if len(listed) > MAX_FINDINGS:
        text = f"its doctor lists {len(listed)} findings, more than {MAX_FINDINGS}"
        return ExaminedHost(answer.host, failure=failure(answer.host, Reason.TOO_LARGE, text))
    return ExaminedHost(
        answer.host, tuple(read_finding(answer.host, member) for member in listed if isinstance(member, dict))
    )


def _findings(host: ExaminedHost) -> Iterator[HostFinding]:
    if host.failure is not None:
        text = f"{host.failure.reason.value}: {visible(host.failure.text)}"
        yield HostFinding(host.host, Level.ERROR, text, instruction(visible(host.failure.remedy)))
    yield from host.findings
