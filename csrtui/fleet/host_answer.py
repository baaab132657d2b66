"""Read the answers of hosts: one line of JSON each, from the callback plugin of csrtui's collection.

A host is not trusted, and an attacker who controls it also controls its answers. Their size, depth and text lengths are
therefore limited, and each limit is checked before a larger answer can cause more work. Text from a host is shown
as a quotation with its name. Every remedy is csrtui's own text, chosen by the reason.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from csrtui.core.base.escaping import command, visible
from csrtui.core.base.json_members import MemberError

SCHEMA = 1
"""The schema of the JSON that csrtui prints on a host, and of the stored host states."""
MAX_BYTES = 16 * 1024 * 1024
"""The maximum number of bytes in an answer."""
MAX_STATE = MAX_BYTES - 64 * 1024
"""The maximum number of bytes in a stored host state. A short failure that is added later still fits `MAX_BYTES`."""
MAX_VALUES = 1_000_000
"""The maximum number of JSON values in an answer. A value of two bytes takes 64 bytes of memory when decoded."""
MAX_PAIRS = 10_000
"""The maximum number of pairs on a host."""
MAX_TEXT = 4096
"""The maximum number of characters of a text in a pair's JSON. A path can be this long (Linux, PATH_MAX)."""
MAX_ITEMS = 1000
"""The maximum number of items in a list or an object in a pair's JSON, such as its names."""
MAX_DEPTH = 8
"""The maximum number of nested lists and objects in a pair's JSON."""
MAX_QUOTE = 400
"""The maximum number of characters of a host's text in a message."""
_SEPARATORS = (",", "[", "{")
_MAX_NAME = 40
_COMMAND_NOT_FOUND = 127
_TIMEOUT_STATUSES = frozenset({124, 137})
"""The exit statuses of ``timeout`` after it ended or killed the program."""
_MAX_SCHEMA = 1000
"""The largest schema number that a message shows. No real schema number is as large."""
_ERROR = "csrtui: error: "
_VARIABLES = "a variable of this host cannot be evaluated"
_VARIABLES_REMEDY = "correct it in the inventory; {} shows the variables"
_NO_MODULE = "Ansible cannot run its modules on this host"
_NO_MODULE_REMEDY = "check the host's Python with {}, or set ansible_python_interpreter in the inventory"
SILENT = "silent"
"""The outcome of a task on a host that had not answered when Ansible ended."""
_START = 8192
"""The number of characters at the start of an oversized line that are searched for the name of the host."""
_ANSWER_START = re.compile(r'\{"host": ("(?:[^"\\]|\\.)*"), "ended": "')


class Reason(StrEnum):
    """The reason why a host failed, as the collection's modules or csrtui itself report it."""

    UNREACHABLE = "unreachable"
    MISSING = "missing"
    SCHEMA = "schema"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    INPUT = "input"
    STORE = "store"
    UNEXPECTED = "unexpected"
    TOO_LARGE = "too-large"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure of a host.

    Attributes:
        text: The description, as one line. It can quote text from the host.
        remedy: The remedy. It never contains text from the host.
    """

    reason: Reason
    text: str
    remedy: str

    def as_json(self, host: str) -> dict[str, object]:
        """Return the failure as the JSON that commands print."""
        return {
            "host": host,
            "ok": False,
            "reason": self.reason.value,
            "error": self.text,
            "remedy": self.remedy,
        }


_REASONS = {1: Reason.REFUSED, 2: Reason.INPUT, 3: Reason.STORE}


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """The result of a task on a host.

    Attributes:
        outcome: ``ok``, ``failed``, ``unreachable`` or `SILENT`.
        result: The result as Ansible prints it.
        cause: Ansible's own message if it could not evaluate a variable, so that the host was not contacted.
    """

    host: str
    outcome: str
    result: dict[str, object]
    cause: str = ""

    def text(self, name: str) -> str:
        """Return a string in the result, or an empty string if there is none."""
        return text_of(self.result, name)

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
    """A line of the callback plugin that was longer than `MAX_BYTES`.

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
        number = f"schema {schema}" if is_number else "an unknown schema"
        text = f"csrtui on the host uses {number}, this one uses schema {SCHEMA}"
        return create_failure(answer.host, Reason.SCHEMA, text)
    return document


def errors_of(answer: HostAnswer) -> list[str]:
    """Return the error messages from csrtui on the host, without their prefix."""
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
    return _module_failure(answer, message) or _command_failure(answer, message)


def _module_failure(answer: HostAnswer, message: str) -> Failure | None:
    """Return the failure of a module, or None if the answer does not come from a module."""
    reason, remedy = answer.text("reason"), answer.text("remedy")
    if reason in tuple(Reason):
        # A module repeats its remedy in brackets, but csrtui shows its own remedy.
        quote = message.removesuffix(f" ({remedy})") if remedy else message
        return create_failure(answer.host, Reason(reason), quote=quote)
    if "module_stderr" in answer.result:  # Ansible adds the output of a module that has not printed a result
        output = answer.text("module_stderr") or answer.text("module_stdout")
        failure = create_failure(answer.host, Reason.UNEXPECTED, _NO_MODULE, quote=output)
        return replace(failure, remedy=_NO_MODULE_REMEDY.format(_ping(answer.host)))
    return None


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
    Reason.TIMEOUT: "check its load and disk, or raise --timeout, and run the command again; completed work is kept",
    Reason.TOO_LARGE: "check what csrtui list --json prints on {host}; a larger keystore must be split (csrtui_store)",
    Reason.MISMATCH: "do not use its CSRs until it is clear who changed them: "
    "compare with csrtui show on {host} itself",
}
_DEFAULT_REMEDY = "run csrtui doctor on {host}"


def create_failure(
    host: str, reason: Reason, text: str = "", *, quote: str = "", speaker: str = ""
) -> Failure:
    """Return a failure with the remedy for its reason.

    Args:
        text: The diagnosis. The default is the diagnosis for `reason`.
        quote: Text from the host. It is shortened and shown as a quotation.
        speaker: The source of `quote` if it is not the host.
    """
    text = text or _TEXTS[reason]
    if quote.strip():
        text = f"{text}; {quoted(speaker or host, quote)}"
    remedy = _REMEDIES.get(reason, _DEFAULT_REMEDY)
    return Failure(reason, text, remedy.format(host=host, ping=_ping(host)))


def _ping(host: str) -> str:
    return command("ansible", host, "-m", "ping")


class TooLargeError(MemberError):
    """An answer, or a part of it, exceeds a limit. The message names the part."""


def has_too_many_values(text: str) -> bool:
    """Return whether a JSON text may have more than `MAX_VALUES` values. Separators in strings are counted too."""
    return sum(map(text.count, _SEPARATORS)) > MAX_VALUES


def decode(text: str | bytes) -> object:
    """Return the value of a JSON text, or None if it is not JSON; NaN and Infinity are not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def text_of(members: Mapping[str, object], name: str) -> str:
    """Return a string in a JSON object, or an empty string if there is none."""
    value = members.get(name)
    return value if isinstance(value, str) else ""


def check_document(document: Mapping[str, object]) -> None:
    """Check that a pair's JSON is within the limits.

    Raises:
        TooLargeError: A text, a list or the nesting exceeds its limit. The message names the member.
    """
    for name, value in document.items():
        member = visible(name[:_MAX_NAME])
        for depth, node in _walk(name, value):
            if depth > MAX_DEPTH:
                raise TooLargeError(f"{member} is nested deeper than {MAX_DEPTH} levels")
            if isinstance(node, str) and len(node) > MAX_TEXT:
                raise TooLargeError(f"{member} has a string of {len(node)} characters, more than {MAX_TEXT}")
            if isinstance(node, dict | list) and len(node) > MAX_ITEMS:
                raise TooLargeError(f"{member} has {len(node)} items, more than {MAX_ITEMS}")


def _walk(name: str, value: object) -> Iterator[tuple[int, object]]:
    """Yield a member's name, its value and everything in the value, each with its depth."""
    pending: list[tuple[int, object]] = [(0, name), (0, value)]
    while pending:
        depth, node = pending.pop()
        yield depth, node
        if isinstance(node, dict):
            pending += [(depth + 1, part) for member in node.items() for part in member]
        elif isinstance(node, list):
            pending += [(depth + 1, part) for part in node]


def cut(text: str, limit: int = MAX_QUOTE) -> str:
    """Return a text as one visible line of at most `limit` characters; ``…`` at the end marks omitted text."""
    line = visible(" ".join(text[: limit * 8].split()))
    return line if len(line) <= limit and len(text) <= limit * 8 else f"{line[: limit - 1]}…"


def quoted(speaker: str, text: str) -> str:
    """Return text from another source as a quotation with its speaker: ``web1 says: "disk full"``."""
    return f'{speaker} says: "{cut(text).replace(chr(34), chr(39))}"'
