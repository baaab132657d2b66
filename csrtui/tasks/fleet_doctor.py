"""The doctor of many hosts: each examines its own keystore, and what they find comes together here."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from csrtui.core.finding import Level
from csrtui.core.fleet import Failure, Reason
from csrtui.core.host_answer import Answer, Hosts, document_of
from csrtui.core.host_failure import failure
from csrtui.core.host_finding import HostFinding, read_finding
from csrtui.core.host_limits import MAX_PAIRS
from csrtui.core.visible import visible
from csrtui.tasks.fleet import Reach, ask_all, call

MAX_FINDINGS = MAX_PAIRS
"""The most findings of one host."""


@dataclass(frozen=True, slots=True)
class Examined:
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
        return self.failure is None and all(one.level is Level.NOTE for one in self.findings)


def examine(reach: Reach, begun: Callable[[int], None] = lambda _: None) -> Iterator[Examined]:
    """Have each host examine its keystore, and give what it found as it comes.

    Args:
        reach: Which hosts.
        begun: Told how many those are.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
    """
    for said in ask_all(reach, call("doctor", "--json")):
        if isinstance(said, Hosts):
            begun(len(said.names))
        else:
            yield _examined(said)


def worst_first(examined: Iterable[Examined]) -> list[HostFinding]:
    """Return the findings on hosts, those that do not answer among them, worst first, then by host."""
    found = [finding for one in examined for finding in _findings(one)]
    return sorted(found, key=lambda one: (one.level.rank, one.host))


def _examined(answer: Answer) -> Examined:
    document = document_of(answer, (0, 1))
    if isinstance(document, Failure):
        return Examined(answer.host, failure=document)
    found = document.get("findings")
    listed = found if isinstance(found, list) else []
    if len(listed) > MAX_FINDINGS:
        text = f"its doctor lists {len(listed)} findings, more than {MAX_FINDINGS}"
        return Examined(answer.host, failure=failure(answer.host, Reason.TOO_LARGE, text))
    return Examined(
        answer.host, tuple(read_finding(answer.host, one) for one in listed if isinstance(one, dict))
    )


def _findings(one: Examined) -> Iterator[HostFinding]:
    if one.failure is not None:
        text = f"{one.failure.reason.value}: {visible(one.failure.text)}"
        yield HostFinding(one.host, Level.ERROR, text, visible(one.failure.remedy))
    yield from one.findings
