"""The doctor of many hosts: each examines its own keystore, and what they find comes together here."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from csrtui.core.doctor.remedy import RemedyKind, pasteable
from csrtui.core.finding import Level
from csrtui.core.fleet import Failure
from csrtui.core.host_answer import Hosts, document_of
from csrtui.core.visible import visible
from csrtui.tasks.fleet import Reach, ask_all, call


@dataclass(frozen=True, slots=True)
class Examined:
    """What the doctor of a host found.

    Attributes:
        host: Its name.
        findings: As ``csrtui doctor --json`` prints them.
        failure: Why there is no answer, or None.
    """

    host: str
    findings: tuple[dict[str, object], ...] = ()
    failure: Failure | None = None

    @property
    def is_well(self) -> bool:
        """Whether the host answered that nothing is wrong; notes only tell."""
        return self.failure is None and all(one.get("level") == Level.NOTE for one in self.findings)


@dataclass(frozen=True, slots=True)
class HostFinding:
    """Something that is wrong on a host, or worth knowing; its texts are visible.

    Attributes:
        host: Its name, as the inventory has it.
        level: How much it weighs.
        text: One sentence.
        remedy: What fixes it, on that host.
        pair: The pair's name, or None.
        kind: The kind of the remedy, a `RemedyKind`; an older csrtui on a host gives commands only.
    """

    host: str
    level: Level
    text: str
    remedy: str
    pair: str | None = None
    kind: str = RemedyKind.COMMAND

    @property
    def pasteable(self) -> str:
        """The remedy for a shell: an instruction is a comment."""
        return pasteable(self.kind, self.remedy)


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
            continue
        document = document_of(said, (0, 1))
        if isinstance(document, Failure):
            yield Examined(said.host, failure=document)
            continue
        found = document.get("findings")
        findings = tuple(one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()
        yield Examined(said.host, findings)


def worst_first(examined: Iterable[Examined]) -> list[HostFinding]:
    """Return what is wrong on hosts, those that do not answer among it, worst first, then by host."""
    found = [finding for one in examined for finding in _findings(one)]
    return sorted(found, key=lambda one: (one.level.rank, one.host))


def _findings(one: Examined) -> Iterator[HostFinding]:
    if one.failure is not None:
        text = f"{one.failure.reason.value}: {visible(one.failure.text)}"
        yield HostFinding(
            one.host, Level.ERROR, text, visible(one.failure.remedy), None, RemedyKind.INSTRUCTION
        )
    for finding in one.findings:
        level, pair = finding.get("level"), finding.get("pair")
        yield HostFinding(
            one.host,
            Level(str(level)) if level in tuple(Level) else Level.WARNING,
            visible(str(finding.get("text", ""))),
            visible(str(finding.get("remedy", ""))),
            pair if isinstance(pair, str) else None,
            str(finding.get("remedy_kind", RemedyKind.COMMAND)),
        )
