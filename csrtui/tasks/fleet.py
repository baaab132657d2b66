"""Keystores of many hosts, through Ansible: each host answers for itself, and one that fails holds up no other."""

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Event

from csrtui.core.errors import InputError, StoreError
from csrtui.core.fleet import Failure, Fleet, HostState, Reason, dump_fleet, load_fleet, read_list
from csrtui.core.host_answer import Answer, Hosts, document_of, errors_of, failure_of, read_line
from csrtui.core.json_members import MemberError
from csrtui.store.ansible import Target, TrustedTemplate, check_inventory, run_task
from csrtui.tasks.session import Session

TIMEOUT = 30
"""Seconds that a host has for a task, unless the user says otherwise."""
PLACES = {
    "executable": TrustedTemplate("{{ csrtui_executable | default(omit) }}"),
    "store": TrustedTemplate("{{ csrtui_store | default(omit) }}"),
}
"""Where csrtui and the keystore are on a host, for the collection's modules: variables of the inventory say so."""
_CALL = (
    'PATH="$PATH:/usr/local/bin:/opt/csrtui/bin"; export PATH; '
    "command -v {{ csrtui_executable | default('csrtui') | quote }} >/dev/null 2>&1 || exit 127; "
    "c() { {{ csrtui_executable | default('csrtui') | quote }} "
    "{% if csrtui_store is defined %}--store={{ csrtui_store | quote }}{% endif %} "
    '"$@" </dev/null; }; '
    "{{ csrtui_calls[inventory_hostname] | default(csrtui_calls['']) }}"
)
"""Runs csrtui without a module: that takes half of Ansible's time, and no Python but csrtui's own."""
_LIST = "c list --json --retired"
_SILENT = Failure(Reason.UNEXPECTED, "Ansible ended before this host answered", "run the same again")


@dataclass(frozen=True, slots=True)
class Reach:
    """Which hosts are asked, and how.

    Attributes:
        target: Which, and Ansible's options.
        timeout: Seconds that each has for a task.
        stop: Once set, no more is begun.
    """

    target: Target
    timeout: int = TIMEOUT
    stop: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class HostResult:
    """What came of something on a host.

    Attributes:
        host: Its name; empty where it is about no host.
        text: What happened, a sentence.
        pair: The pair's name, or None.
        file: The file's path, or None.
        failure: What went wrong, or None.
        changed: Whether something is different now.
        document: The pair as csrtui there prints it, or None; then that stands in the JSON for its name.
    """

    host: str
    text: str
    pair: str | None = None
    file: str | None = None
    failure: Failure | None = None
    changed: bool = True
    document: Mapping[str, object] | None = None

    @classmethod
    def failed(cls, host: str, failure: Failure, pair: str | None = None) -> "HostResult":
        """The result of a host that failed."""
        return cls(host, failure.text, pair, failure=failure, changed=False)

    def as_json(self) -> dict[str, object]:
        """The result as commands print it."""
        if self.failure is not None:
            return {**self.failure.as_json(self.host), "pair": self.pair}
        return {
            "host": self.host,
            "ok": True,
            "pair": self.pair if self.document is None else self.document,
            "file": self.file,
            "text": self.text,
            "changed": self.changed,
        }


Report = Callable[[HostState, int, int], None]
"""Takes a host that was read, how many were by now, and of how many."""


def recall(session: Session, inventory: str) -> Fleet:
    """Return what was known of an inventory's hosts when they were last read; none where that cannot be read."""
    try:
        return load_fleet(session.store.load_fleet(_digest(inventory)) or b"")
    except StoreError:
        return Fleet({})


def refresh(session: Session, reach: Reach, report: Report, hosts: Sequence[str] = ("all",)) -> Fleet:
    """Read the keystores of hosts, keep what they said, and return it for those hosts.

    Args:
        session: Whose store keeps it.
        reach: Which hosts.
        report: Told of each host as it answers.
        hosts: Which of those.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
        StoreError: What they said cannot be kept.
    """
    known = recall(session, reach.target.inventory)
    names: tuple[str, ...] = ()
    done = 0
    for said in answers(reach, call_task(reach), {"csrtui_calls": {"": _LIST}}, hosts):
        if isinstance(said, Hosts):
            names = said.names
            continue
        known = known.after(_read(said, session))
        done += 1
        report(known.hosts[said.host], done, len(names))
    session.store.save_fleet(_digest(reach.target.inventory), dump_fleet(known))
    return known.only(names)


def call_task(reach: Reach) -> dict[str, object]:
    """Return the task that calls csrtui with ``csrtui_calls``: a shell's commands for each host, ``c`` being csrtui."""
    return {
        "name": "csrtui",
        "ansible.builtin.raw": TrustedTemplate(_CALL),
        "timeout": reach.timeout,
        "changed_when": False,
        "vars": {"ansible_ssh_use_tty": False},
    }


def call(command: str, *arguments: str) -> str:
    """Return a call of csrtui for a shell on a host."""
    return " ".join(["c", command, *map(shlex.quote, arguments)])


def ask_all(reach: Reach, shell: str) -> Iterator[Answer | Hosts]:
    """Give the hosts, then the answers of all of them to the same commands of a shell.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
    """
    yield from answers(reach, call_task(reach), {"csrtui_calls": {"": shell}})


def ask_each(
    reach: Reach, calls: Mapping[str, str], task: Mapping[str, object] | None = None, **more: object
) -> Iterator[Answer]:
    """Give the answers of the hosts that there are calls for; every one of them has one in the end.

    Args:
        reach: How they are reached.
        calls: A shell's commands for each host.
        task: Another task than `call_task`.
        more: Further variables of the play.

    Raises:
        InputError: Ansible is not there or refuses.
    """
    if not calls:
        return
    variables = {"csrtui_calls": calls, **more}
    for said in answers(reach, task or call_task(reach), variables, tuple(calls)):
        if isinstance(said, Answer):
            yield said


def answers(
    reach: Reach,
    task: Mapping[str, object],
    variables: Mapping[str, object],
    hosts: Sequence[str] = ("all",),
) -> Iterator[Answer | Hosts]:
    """Give the hosts, then what each answered, as it answers; those that did not come at the end.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
    """
    check_inventory(reach.target)
    waiting: dict[str, None] = {}
    for line in run_task(reach.target, task, variables, reach.stop, hosts):
        said = read_line(line)
        if isinstance(said, Hosts):
            if not said.names:
                raise InputError("no host of the inventory is meant", "look at the inventory and at --limit")
            waiting = dict.fromkeys(said.names)
            yield said
        elif said is not None and said.host in waiting:
            del waiting[said.host]
            yield said
    for host in waiting:
        yield Answer(
            host, "silent", {"msg": _SILENT.text, "reason": _SILENT.reason, "remedy": _SILENT.remedy}
        )


def failures(results: Iterable[HostResult]) -> list[HostResult]:
    """Return those that failed."""
    return [one for one in results if one.failure is not None]


def _read(answer: Answer, session: Session) -> HostState:
    """What a host says of its pairs; it gives those that it can read, and an error for the others."""
    document = document_of(answer, (0, 3))
    if isinstance(document, Failure):
        return HostState(answer.host, failure=document)
    try:
        state = read_list(answer.host, document, session.clock())
    except MemberError as error:
        return HostState(
            answer.host,
            failure=Failure(
                Reason.UNEXPECTED, f"what csrtui says there is not understood: {error}", "csrtui doctor there"
            ),
        )
    if not errors_of(answer):
        return state
    return HostState(state.name, state.read, state.documents, failure_of(answer))


def _digest(inventory: str) -> str:
    whole = inventory if "," in inventory else os.path.abspath(inventory)
    return sha256(whole.encode("utf-8", "surrogateescape")).hexdigest()[:16]
