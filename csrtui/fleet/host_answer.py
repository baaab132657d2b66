"""Read the answers of hosts: one line of JSON each, from the callback plugin of csrtui's collection.

A host is not trusted. Its texts are shown as quotations with the name of the host. Every remedy is csrtui's own text,
chosen by the reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from csrtui.core.base.escaping import command
from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding import FindingCode, Remedy, instruction
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.fleet.answer_limits import MAX_BYTES, MAX_PAIRS, cut, decode, has_too_many_values, quoted
from csrtui.fleet.model import SCHEMA, Failure, Reason

_COMMAND_NOT_FOUND = 127
_TIMEOUT_STATUSES = frozenset({124, 137})
"""The exit statuses of ``timeout`` after it ended or killed the program."""
_REASONS = {1: Reason.REFUSED, 2: Reason.INPUT, 3: Reason.STORE}
_MAX_SCHEMA = 1000
"""The largest schema number that a message shows. No real schema number is as large."""
_ERROR = "csrtui: error: "
_VARIABLES = "a variable of this host cannot be evaluated"
_VARIABLES_REMEDY = "correct it in the inventory; {} shows the variables"
SILENT = "silent"
"""The outcome of a task on a host that had not answered when Ansible ended."""
_START = 8192
"""The number of characters at the start of an oversized line in which the name of the host is searched."""
_ANSWER_START = re.compile(r'\{"host": ("(?:[^"\\]|\\.)*"), "ended": "')


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """The result of a task on a host.

    Attributes:
        host: The name of the host.
        outcome: ``ok``, ``failed``, ``unreachable`` or `SILENT`.
        result: The result as Ansible prints it.
        cause: Ansible's own message if it could not evaluate a variable, so that the host was not contacted.
    """

    host: str
    outcome: str
    result: dict[str, object]
    cause: str = ""

    def text(self, name: str) -> str:
        """Return a text member of the result, or an empty text if there is none."""
        value = self.result.get(name)
        return value if isinstance(value, str) else ""

    @property
    def lines(self) -> list[str]:
        """The lines of stderr, then those of stdout."""
        return (self.text("stderr") + "\n" + self.text("stdout")).splitlines()

    @property
    def changed(self) -> bool:
        """Whether the task changed something on the host."""
        return self.result.get("changed") is True


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts of a play. The callback plugin prints them before Ansible contacts them."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutLine:
    """A line of the callback plugin that was longer than `csrtui.fleet.answer_limits.MAX_BYTES`.

    Attributes:
        start: The first characters of the line. The others were dropped.
    """

    start: str


def read_line(line: str | CutLine) -> HostAnswer | Hosts | None:
    """Return the content of a line of the callback plugin, or None for any other line that Ansible prints.

    A line that is too large becomes a failed answer of the host that the start of the line names.
    """
    if isinstance(line, CutLine):
        return _too_large(line.start)
    if has_too_many_values(line):
        return _too_large(line[:_START])
    document = decode(line)
    if not isinstance(document, dict):
        return None
    hosts, host, result = document.get("hosts"), document.get("host"), document.get("result")
    if isinstance(hosts, list):
        return Hosts(tuple(name for name in hosts if isinstance(name, str)))
    if isinstance(host, str) and isinstance(result, dict):
        cause = document.get("cause")
        return HostAnswer(host, str(document.get("ended")), result, cause if isinstance(cause, str) else "")
    return None


def document_of(answer: HostAnswer, statuses: tuple[int, ...] = (0,)) -> dict[str, object] | Failure:
    """Return the JSON document that csrtui printed on the host, or the failure.

    Args:
        answer: The answer of a task that ran csrtui.
        statuses: The exit statuses with which csrtui prints a document.
    """
    stdout = answer.text("stdout")
    status = answer.result.get("rc")
    if status not in statuses or answer.outcome == "unreachable":
        return failure_of(answer)
    document = decode(stdout[max(stdout.find("{"), 0) :])  # a login banner can come before it
    if not isinstance(document, dict):
        if status != 0:
            return failure_of(answer)
        return create_failure(answer.host, Reason.UNEXPECTED, "the output of csrtui on the host is not JSON")
    schema = document.get("schema")
    if schema != SCHEMA:
        is_number = isinstance(schema, int) and 0 <= schema < _MAX_SCHEMA
        shown = f"schema {schema}" if is_number else "an unknown schema"
        text = f"csrtui on the host uses {shown}, this one uses schema {SCHEMA}"
        return create_failure(answer.host, Reason.SCHEMA, text)
    return document


def errors_of(answer: HostAnswer) -> list[str]:
    """Return the error messages of csrtui on the host, without their prefix."""
    return [line[len(_ERROR) :] for line in answer.lines if line.startswith(_ERROR)]


def failure_of(answer: HostAnswer) -> Failure:
    """Return the failure of a task: csrtui's own diagnosis, then the host's text, quoted."""
    if answer.outcome == SILENT:
        text = "Ansible ended before this host answered"
        return Failure(Reason.UNEXPECTED, text, "run the same command again")
    if answer.cause:
        failure = create_failure(answer.host, Reason.INPUT, _VARIABLES, quote=answer.cause, speaker="Ansible")
        return replace(
            failure, remedy=_VARIABLES_REMEDY.format(command("ansible-inventory", "--host", answer.host))
        )
    message = answer.text("msg").removeprefix("Task failed: ")
    if answer.outcome == "unreachable":
        return create_failure(answer.host, Reason.UNREACHABLE, quote=message, speaker="Ansible")
    if "timedout" in answer.result:
        return create_failure(answer.host, Reason.TIMEOUT)
    reason, remedy = answer.text("reason"), answer.text("remedy")
    if reason in tuple(Reason):
        # A module repeats its remedy in brackets, but csrtui shows its own remedy.
        quote = message.removesuffix(f" ({remedy})") if remedy else message
        return create_failure(answer.host, Reason(reason), quote=quote)
    return _command_failure(answer, message)


def _command_failure(answer: HostAnswer, message: str) -> Failure:
    """Return the failure of a csrtui command, from its exit status and output."""
    status = answer.result.get("rc")
    if status == _COMMAND_NOT_FOUND:
        return create_failure(answer.host, Reason.MISSING)
    if status in _TIMEOUT_STATUSES:
        return create_failure(answer.host, Reason.TIMEOUT)
    errors = errors_of(answer)
    if errors and errors[0].startswith("unrecognized arguments"):  # an earlier release has fewer options
        return create_failure(answer.host, Reason.SCHEMA, quote=errors[0])
    if errors and isinstance(status, int):
        return create_failure(answer.host, _REASONS.get(status, Reason.UNEXPECTED), quote="; ".join(errors))
    first = next((line for line in answer.lines if line.strip()), "")
    if first and isinstance(status, int):
        text = f"csrtui on the host exited with status {status}"
        return create_failure(answer.host, Reason.UNEXPECTED, text, quote=first)
    return create_failure(answer.host, Reason.UNEXPECTED, quote=message)


def _too_large(start: str) -> HostAnswer | None:
    match = _ANSWER_START.match(start)
    host = decode(match[1]) if match else None
    return HostAnswer(host, "failed", {"reason": Reason.TOO_LARGE.value}) if isinstance(host, str) else None


ROLE = "install csrtui on the host with the role csrtui.csrtui.csrtui"
_TEXTS = {
    Reason.UNREACHABLE: "the host cannot be reached",
    Reason.MISSING: "csrtui is not installed on this host",
    Reason.SCHEMA: "csrtui on the host is a different release",
    Reason.TIMEOUT: "it did not answer in time",
    Reason.REFUSED: "csrtui on the host refused",
    Reason.INPUT: "csrtui on the host did not accept the input",
    Reason.STORE: "its keystore cannot be used",
    Reason.UNEXPECTED: "csrtui on the host failed",
    Reason.TOO_LARGE: f"its answer has more than {MAX_BYTES // 1024 // 1024} MiB or {MAX_PAIRS} pairs",
    Reason.MISMATCH: "its answer does not match its list of pairs",
}
_REMEDIES = {
    Reason.UNREACHABLE: "check that it runs and that ssh reaches it: {ping}",
    Reason.MISSING: ROLE,
    Reason.SCHEMA: f"use the same release on both machines: {ROLE}",
    Reason.TIMEOUT: "check its load and disk, or raise --timeout, and run it again; completed work is kept",
    Reason.TOO_LARGE: "check what csrtui list --json prints on {host}; a larger keystore must be split (csrtui_store)",
    Reason.MISMATCH: "do not use its CSRs until it is clear who changed them: "
    "compare with csrtui show on {host} itself",
}
_DEFAULT_REMEDY = "run csrtui doctor on {host}"

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
    FindingCode.KEY_WEAK: _RENEW,
    FindingCode.CERTIFICATE_EXPIRED: _RENEW,
    FindingCode.CERTIFICATE_NO_NAMES: _RENEW,
    FindingCode.CERTIFICATE_MISSING: ("csrtui", "import", "FILE", "--pair", "{pair}"),
    FindingCode.RENEWAL_NOT_NOTED: ("csrtui", "show", "{pair}"),
    FindingCode.RENEWAL_BROKEN: ("csrtui", "show", "{pair}"),
    FindingCode.KEY_NOT_OPENED: ("csrtui", "verify", "{pair}"),
}
"""The command on the host for each finding about a pair."""
_DEFAULT_COMMAND = ("csrtui", "doctor")


def create_failure(
    host: str, reason: Reason, text: str = "", *, quote: str = "", speaker: str = ""
) -> Failure:
    """Return a failure with the remedy for its reason.

    Args:
        host: The name of the host in the inventory.
        text: The diagnosis. The default is the diagnosis for `reason`.
        quote: A text that the host sent. It is shortened and shown as a quotation.
        speaker: The source of `quote` if it is not the host.
    """
    text = text or _TEXTS[reason]
    if quote.strip():
        text = f"{text}; {quoted(speaker or host, quote)}"
    remedy = _REMEDIES.get(reason, _DEFAULT_REMEDY)
    return Failure(reason, text, remedy.format(host=host, ping=command("ansible", host, "-m", "ping")))


@dataclass(frozen=True, slots=True)
class HostFinding:
    """A problem on a host, or a note.

    Attributes:
        host: The name of the host in the inventory.
        level: The severity.
        text: One sentence. A text of the host is quoted with the host's name.
        fix: csrtui's own remedy. It is an instruction, because a command in it is for the host, not for this machine.
        pair: The name of the pair, or None.
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


def read_finding(host: str, document: Mapping[str, object]) -> HostFinding:
    """Return a finding that ``csrtui doctor --json`` printed on a host; no part of it is trusted."""
    code, level, pair = (document.get(name) for name in ("code", "level", "pair"))
    known = next((known for known in FindingCode if known.value == code), None)
    name = pair if isinstance(pair, str) and is_pair_name(pair) else None
    words = (
        _COMMANDS.get(known, _DEFAULT_COMMAND) if known is not None and name is not None else _DEFAULT_COMMAND
    )
    text = _text(document, "text")
    return HostFinding(
        host,
        Level(str(level)) if level in tuple(Level) else Level.WARNING,
        quoted(host, text),
        instruction(f"on {host}: {command(*(word.format(pair=name) for word in words))}"),
        name,
        known.value if known is not None else UNKNOWN,
        cut(text),
        cut(_text(document, "path")),
    )


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
