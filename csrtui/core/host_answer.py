"""What a host answered through Ansible: a line of JSON for each, from the callback of csrtui's collection."""

import json
from dataclasses import dataclass

from csrtui.core.fleet import SCHEMA, Failure, Reason

_ROLE = "set csrtui up there with the role csrtui.csrtui.csrtui"
_AGAIN = "what was done is kept, and running again does the rest"
_NOT_FOUND = 127
_REASONS = {1: Reason.REFUSED, 2: Reason.INPUT, 3: Reason.STORE}
_ERROR, _HINT = "csrtui: error: ", "hint: "
_LONGEST = 500
"""Characters of what a host says; more is cut."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of the task on a host.

    Attributes:
        host: Its name.
        ended: ``ok``, ``failed`` or ``unreachable``.
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


def read_line(line: str) -> Answer | Hosts | None:
    """Return what a line of the callback says; None for any other line, which Ansible may print as well."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    hosts, host, result = said.get("hosts"), said.get("host"), said.get("result")
    if isinstance(hosts, list):
        return Hosts(tuple(name for name in hosts if isinstance(name, str)))
    if isinstance(host, str) and isinstance(result, dict):
        return Answer(host, str(said.get("ended")), result)
    return None


def document_of(answer: Answer, statuses: tuple[int, ...] = (0,)) -> dict[str, object] | Failure:
    """Return the JSON document that csrtui printed on the host, or why there is none.

    Args:
        answer: Of a task that ran csrtui.
        statuses: The exit statuses with which there is a document.
    """
    out = answer.text("stdout")
    status = answer.result.get("rc")
    if status not in statuses or answer.ended == "unreachable":
        return failure_of(answer)
    try:
        document = json.loads(out[max(out.find("{"), 0) :])  # a login banner may come before it
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) and status != 0:
        return failure_of(answer)
    if not isinstance(document, dict):
        return Failure(
            Reason.UNEXPECTED,
            "what csrtui printed there is not JSON",
            "see what its login prints, and run csrtui there",
        )
    if document.get("schema") != SCHEMA:
        return Failure(
            Reason.SCHEMA,
            f"csrtui there speaks schema {document.get('schema')}, this one knows {SCHEMA}",
            f"have the same release on both: {_ROLE}",
        )
    return document


def errors_of(answer: Answer) -> list[str]:
    """Return what csrtui called errors on the host, without the words before them."""
    lines = (answer.text("stderr") + "\n" + answer.text("stdout")).splitlines()
    return [line[len(_ERROR) :] for line in lines if line.startswith(_ERROR)]


def failure_of(answer: Answer) -> Failure:
    """Return why a task did not do what it was for, in csrtui's own words where it has some."""
    said = _line(answer.text("msg").removeprefix("Task failed: ")) or "it says nothing"
    if answer.ended == "unreachable":
        return Failure(
            Reason.UNREACHABLE,
            said,
            f"see that it runs and that ssh gets there: ansible {answer.host} -m ping",
        )
    if "timedout" in answer.result:
        return Failure(
            Reason.TIMEOUT,
            "it did not answer in time",
            f"look at its load and disk; or raise --timeout; {_AGAIN}",
        )
    reason = answer.text("reason")
    if reason in tuple(Reason):
        remedy = answer.text("remedy")
        said = said.removesuffix(f" ({remedy})") if remedy else said
        return Failure(Reason(reason), said, remedy or f"run csrtui on {answer.host} for more")
    return _ended(answer, said)


def _ended(answer: Answer, said: str) -> Failure:
    """Why a call of csrtui ended as it did."""
    status = answer.result.get("rc")
    if status == _NOT_FOUND:
        return Failure(Reason.MISSING, "there is no csrtui on this host", _ROLE)
    lines = (answer.text("stderr") + "\n" + answer.text("stdout")).splitlines()
    errors = errors_of(answer)
    hints = [line[len(_HINT) :] for line in lines if line.startswith(_HINT)]
    if errors and isinstance(status, int):
        remedy = hints[-1] if hints else f"run csrtui on {answer.host} for more"
        return Failure(_REASONS.get(status, Reason.UNEXPECTED), _line("; ".join(errors)), _line(remedy))
    told = [line for line in lines if line.strip()]
    what = f"csrtui ended with status {status}: {told[0]}" if told and status is not None else said
    return Failure(Reason.UNEXPECTED, _line(what), f"ansible {answer.host} -m ping; then csrtui doctor on it")


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
