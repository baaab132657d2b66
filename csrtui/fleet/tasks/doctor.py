"""Run the doctor on every host, and combine the findings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from csrtui.core.base.escaping import command, visible
from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding import FindingCode, Remedy, instruction
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.fleet.host_answer import (
    MAX_PAIRS,
    Failure,
    HostAnswer,
    Hosts,
    Reason,
    create_failure,
    cut,
    document_of,
    quoted,
    text_of,
)
from csrtui.fleet.tasks.run_on_hosts import Reach, run_on_all, shell_call

_DOCTOR = f'if e; then {shell_call("doctor", "--json")}; else echo \'{{"schema": 1, "ok": true, "findings": []}}\'; fi'
MAX_FINDINGS = MAX_PAIRS
"""The maximum number of findings of a host."""
UNKNOWN = "unknown"
"""The code that replaces a finding's code if it is unknown to this version of csrtui."""
_BACKUP = ("csrtui", "backup", "{pair}", "--to", "DIR")
_RENEW = ("csrtui", "renew", "{pair}")
_COMMANDS = {
    FindingCode.BACKUP_NONE: _BACKUP,
    FindingCode.BACKUP_MISSING: _BACKUP,
    FindingCode.BACKUP_DAMAGED: _BACKUP,
    FindingCode.BACKUP_UNVERIFIED: ("csrtui", "verify", "{pair}"),
    FindingCode.BACKUP_UNSIGNED: _BACKUP,
    FindingCode.BACKUP_SAME_DISK: _BACKUP,
    FindingCode.BACKUP_OUTDATED: _BACKUP,
    FindingCode.KEY_WEAK: _RENEW,
    FindingCode.CERTIFICATE_EXPIRED: _RENEW,
    FindingCode.CERTIFICATE_NO_NAMES: _RENEW,
    FindingCode.CERTIFICATE_WRONG_NAMES: ("csrtui", "import", "FILE", "--pair", "{pair}"),
    FindingCode.CERTIFICATE_WRONG_PURPOSE: ("csrtui", "import", "FILE", "--pair", "{pair}"),
    FindingCode.CERTIFICATE_MISSING: ("csrtui", "import", "FILE", "--pair", "{pair}"),
    FindingCode.RENEWAL_NOT_NOTED: ("csrtui", "show", "{pair}"),
    FindingCode.RENEWAL_BROKEN: ("csrtui", "show", "{pair}"),
    FindingCode.KEY_NOT_OPENED: ("csrtui", "verify", "{pair}"),
}
"""The command on the host for each finding about a pair."""
_DEFAULT_COMMAND = ("csrtui", "doctor")


@dataclass(frozen=True, slots=True)
class HostFinding:
    """A problem on a host, or a note.

    Attributes:
        text: One sentence. Text from the host is quoted with the host's name.
        fix: csrtui's own remedy. It is an instruction, because a command in it is for the host, not for this machine.
        code: The code of the doctor, or `UNKNOWN`; empty if the host did not answer.
        quote: The host's text alone, as one visible line of limited length; empty if `text` is csrtui's own.
        path: The file or folder on the host, as one visible line of limited length; empty if there is none.
    """

    host: str
    level: Level
    text: str
    fix: Remedy
    pair: str | None = None
    code: str = ""
    quote: str = ""
    path: str = ""

    @property
    def remedy(self) -> str:
        """The text of the remedy."""
        return self.fix.text

    @property
    def pasteable(self) -> str:
        """The remedy as a comment for a shell on this machine."""
        return self.fix.pasteable

    def as_json(self) -> dict[str, object]:
        """Return the finding as ``csrtui fleet doctor --json`` prints it."""
        return {
            "host": self.host,
            "code": self.code,
            "level": self.level.value,
            "pair": self.pair,
            "path": self.path or None,
            "text": self.quote,
            "remedy": self.remedy,
            "remedy_kind": self.fix.kind.value,
        }


@dataclass(frozen=True, slots=True)
class ExaminedHost:
    """The doctor's result for a host.

    Attributes:
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


def read_finding(host: str, document: Mapping[str, object]) -> HostFinding:
    """Return a finding that ``csrtui doctor --json`` printed on a host; no part of it is trusted."""
    code, level, pair = (document.get(name) for name in ("code", "level", "pair"))
    known = next((known for known in FindingCode if known.value == code), None)
    name = pair if isinstance(pair, str) and is_pair_name(pair) else None
    words = (
        _COMMANDS.get(known, _DEFAULT_COMMAND) if known is not None and name is not None else _DEFAULT_COMMAND
    )
    text = text_of(document, "text")
    return HostFinding(
        host,
        Level(str(level)) if level in tuple(Level) else Level.WARNING,
        quoted(host, text),
        instruction(f"on {host}: {command(*(word.format(pair=name) for word in words))}"),
        name,
        known.value if known is not None else UNKNOWN,
        cut(text),
        cut(text_of(document, "path")),
    )
