"""What a host answered through Ansible: a line of JSON for each, from the callback of csrtui's collection.

A host is not trusted. Its texts are shown as quotations that name it, and every remedy is made here, from the reason.
"""

import re
from dataclasses import dataclass

from csrtui.fleet.host_finding import failure
from csrtui.fleet.host_limits import decode, has_too_many_values
from csrtui.fleet.model import SCHEMA, Failure, Reason

_NOT_FOUND = 127
_TIMED_OUT = frozenset({124, 137})
"""Exit statuses of ``timeout``: the program was ended, or had to be killed."""
_REASONS = {1: Reason.REFUSED, 2: Reason.INPUT, 3: Reason.STORE}
_ERROR = "csrtui: error: "
SILENT = "silent"
"""How a task ended on a host from which no answer came before Ansible ended."""
_START = 8192
"""Characters of a line that is too large in which the name of its host is looked for."""
_START_OF_ANSWER = re.compile(r'\{"host": ("(?:[^"\\]|\\.)*"), "ended": "')


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What came of the task on a host.

    Attributes:
        host: Its name.
        ended: ``ok``, ``failed``, ``unreachable`` or `SILENT`.
        result: What Ansible says of it.
    """

    host: str
    ended: str
    result: dict[str, object]

    def text(self, name: str) -> str:
        """A member of the result that is a text; empty where there is none."""
        value = self.result.get(name)
        return value if isinstance(value, str) else ""

    @property
    def changed(self) -> bool:
        """Whether the task changed something on the host."""
        return self.result.get("changed") is True


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts that a play is for, which Ansible tells before it asks them."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutLine:
    """A line of the callback that was longer than `csrtui.fleet.host_limits.MAX_BYTES`.

    Attributes:
        start: Its first characters; the rest was not kept.
    """

    start: str


def read_line(line: str | CutLine) -> HostAnswer | Hosts | None:
    """Return what a line of the callback says; None for any other line, which Ansible may print as well.

    A line that is too large is a failed answer of the host that it begins with.
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
        return HostAnswer(host, str(document.get("ended")), result)
    return None


def document_of(answer: HostAnswer, statuses: tuple[int, ...] = (0,)) -> dict[str, object] | Failure:
    """Return the JSON document that csrtui printed on the host, or why there is none.

    Args:
        answer: Of a task that ran csrtui.
        statuses: The exit statuses with which there is a document.
    """
    out = answer.text("stdout")
    status = answer.result.get("rc")
    if status not in statuses or answer.ended == "unreachable":
        return failure_of(answer)
    document = decode(out[max(out.find("{"), 0) :])  # a login banner may come before it
    if not isinstance(document, dict) and status != 0:
        return failure_of(answer)
    if not isinstance(document, dict):
        return failure(answer.host, Reason.UNEXPECTED, "what csrtui printed there is not JSON")
    schema = document.get("schema")
    if schema != SCHEMA:
        known = f"schema {schema}" if isinstance(schema, int) and 0 <= schema < 1000 else "an unknown schema"  # noqa: PLR2004 - far more than there are
        return failure(answer.host, Reason.SCHEMA, f"csrtui there speaks {known}, this one knows {SCHEMA}")
    return document


def errors_of(answer: HostAnswer) -> list[str]:
    """Return what csrtui called errors on the host, without the words before them."""
    lines = (answer.text("stderr") + "\n" + answer.text("stdout")).splitlines()
    return [line[len(_ERROR) :] for line in lines if line.startswith(_ERROR)]


def failure_of(answer: HostAnswer) -> Failure:
    """Return why a task did not do what it was for: a diagnosis made here, then the host's text as a quotation."""
    if answer.ended == SILENT:
        text = "Ansible ended before this host answered"
        return Failure(Reason.UNEXPECTED, text, "run the same command again")
    message = answer.text("msg").removeprefix("Task failed: ")
    if answer.ended == "unreachable":
        return failure(answer.host, Reason.UNREACHABLE, quote=message, speaker="Ansible")
    if "timedout" in answer.result:
        return failure(answer.host, Reason.TIMEOUT)
    reason = answer.text("reason")
    if reason in tuple(Reason):
        return failure(answer.host, Reason(reason), quote=_without_remedy(message, answer.text("remedy")))
    return _failure_of_call(answer, message)


def _failure_of_call(answer: HostAnswer, message: str) -> Failure:
    """Why a call of csrtui ended as it did."""
    status = answer.result.get("rc")
    if status == _NOT_FOUND:
        return failure(answer.host, Reason.MISSING)
    if status in _TIMED_OUT:
        return failure(answer.host, Reason.TIMEOUT)
    errors = errors_of(answer)
    if errors and isinstance(status, int):
        return failure(answer.host, _REASONS.get(status, Reason.UNEXPECTED), quote="; ".join(errors))
    lines = (answer.text("stderr") + "\n" + answer.text("stdout")).splitlines()
    first = next((line for line in lines if line.strip()), "")
    if first and isinstance(status, int):
        text = f"csrtui there ended with status {status}"
        return failure(answer.host, Reason.UNEXPECTED, text, quote=first)
    return failure(answer.host, Reason.UNEXPECTED, quote=message)


def _without_remedy(message: str, remedy: str) -> str:
    """A module's message without the remedy that it repeats in brackets: a remedy is made here."""
    return message.removesuffix(f" ({remedy})") if remedy else message


def _too_large(start: str) -> HostAnswer | None:
    match = _START_OF_ANSWER.match(start)
    host = decode(match[1]) if match else None
    return HostAnswer(host, "failed", {"reason": Reason.TOO_LARGE.value}) if isinstance(host, str) else None
