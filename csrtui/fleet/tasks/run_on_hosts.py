"""Run tasks on many hosts through Ansible, and read their keystores. A host that fails does not stop the others."""

import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from threading import Event

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.json_members import MemberError
from csrtui.fleet.ansible import (
    Target,
    TrustedTemplate,
    check_inventory,
    list_inventory,
    read_inventory,
    run_task,
)
from csrtui.fleet.host_answer import (
    MAX_STATE,
    SILENT,
    Failure,
    HostAnswer,
    Hosts,
    Reason,
    TooLargeError,
    create_failure,
    document_of,
    errors_of,
    failure_of,
    read_line,
)
from csrtui.fleet.host_states import Fleet, HostState, dump_state, load_early_states, load_state, read_list
from csrtui.fleet.tasks.results import changed_pairs
from csrtui.tasks.session import Session

TIMEOUT = 30
"""The default number of seconds that a host has for a task."""
_PATHS = {
    "executable": TrustedTemplate(
        "{{ csrtui_executable if 'csrtui_executable' in hostvars[inventory_hostname] else omit }}"
    ),
    "store": TrustedTemplate(
        "{{ csrtui_store if 'csrtui_store' in hostvars[inventory_hostname] else omit }}"
    ),
}
"""The module options for the paths of csrtui and the keystore on a host, with variables of the inventory.

If one of them refers to an undefined variable, that is an error. With ``default``, another keystore would be used.
"""
_GRACE = 10
"""Seconds that Ansible waits beyond the host's own time limit, for the connection and the report of a timeout."""
_KILL_AFTER = 5
"""Seconds between the time limit and the kill signal for a process on a host that does not end."""
_WITH_TIMEOUT = (
    f"t=; timeout -k {_KILL_AFTER} {_KILL_AFTER} true 2>/dev/null && t='timeout -k {_KILL_AFTER} {{}}'; "
    '$t sh -c "$1"; exit $?'  # the outer shell reports an exit status even if the process was killed
)
"""A command that runs a script with a time limit on hosts that have ``timeout`` (coreutils, BusyBox)."""
_SCRIPT = (
    "{% set own = hostvars[inventory_hostname] %}"
    "{% set program = csrtui_executable if 'csrtui_executable' in own else 'csrtui' %}"
    # The shell waits for csrtui to end, so that timeout kills both if csrtui does not end.
    "trap 'exit 124' TERM; "
    'PATH="$PATH:/usr/local/bin:/opt/csrtui/bin"; export PATH; '
    "command -v {{ program | quote }} >/dev/null 2>&1 || exit 127; "
    "c() { {{ program | quote }} "
    "{% if 'csrtui_store' in own %}--store={{ csrtui_store | quote }}{% endif %} "
    '"$@" </dev/null; }; '
    # A named store that does not exist has no pairs yet. If a folder above it cannot be searched, csrtui reports it.
    "s={% if 'csrtui_store' in own %}{{ csrtui_store | quote }}{% else %}\"${CSRTUI_STORE:-}\"{% endif %}; "
    'u() { d=$s; while d=$(dirname "$d"); ! test -d "$d"; do :; done; ! test -x "$d"; }; '
    'e() { test -z "$s" || test -e "$s" || u; }; '
    "{{ csrtui_calls[inventory_hostname] | default(csrtui_calls['']) }}"
)
"""A script that runs csrtui without a module. It halves Ansible's run time and needs only csrtui's own Python."""
_RAW = TrustedTemplate("sh -c {{ csrtui_limited | quote }} sh {{ csrtui_script | quote }}")
_LIST = """if e; then c list --json --retired; else c --version >/dev/null && echo '{"schema": 1, "pairs": []}'; fi"""


@dataclass(frozen=True, slots=True)
class Reach:
    """The hosts to run on, the time limit, and the stop event.

    Attributes:
        timeout: Seconds that each host has for a task.
        stop: The event that ends Ansible when it is set.
    """

    target: Target
    timeout: int = TIMEOUT
    stop: Event = field(default_factory=Event)


OnHostRead = Callable[[HostState, int, int], None]
"""Called with the state of a host, the number of hosts read so far, and the number of all hosts."""


def load_fleet(session: Session, *inventories: str) -> Fleet:
    """Return the last known state of each host in the inventories. A state that cannot be loaded is left out."""
    digest = _inventory_digest(inventories)
    states: dict[str, HostState] = {}
    with suppress(StoreError):
        early = load_early_states(session.store.load_early_hosts(digest) or b"{}")
        states = {state.name: state for state in early}
    with suppress(StoreError):
        for host, data in session.store.load_hosts(digest):
            state = load_state(data)
            if state is not None and _host_digest(state.name) == host:
                states[state.name] = state
    return Fleet.from_states(states.values())


def load_matching_fleet(session: Session, reach: Reach) -> Fleet:
    """Return the last known state of each host that matches the limit, if there is one. No host is contacted.

    Raises:
        InputError: Ansible is not installed, or rejects the inventory or the limit.
    """
    fleet = load_fleet(session, *reach.target.inventories)
    if reach.target.limit is None or not fleet.hosts:
        return fleet
    check_inventory(reach.target)
    matches = read_inventory(list_inventory(reach.target, reach.target.limit, reach.stop))
    return fleet.restricted_to(host for host in fleet.hosts if host in matches)


def read_hosts(
    session: Session,
    reach: Reach,
    on_host_read: OnHostRead,
    hosts: Sequence[str] = ("all",),
    *,
    save: bool = True,
) -> Fleet:
    """Read the keystores of hosts and return their states.

    Args:
        save: Whether to compare each state with the saved one, and then save it. Only states that the user sees are
            saved. A pair that a host changes after the user saw it is therefore noticed.

    Raises:
        InputError: Ansible is not installed or fails, or no host matches.
        StoreError: The state of a host cannot be saved. This is raised after all hosts were read and the other states
            were saved.
    """
    fleet = load_fleet(session, *reach.target.inventories)
    names: tuple[str, ...] = ()
    count = 0
    error: StoreError | None = None
    for answer in run(reach, call_task(reach), {"csrtui_calls": {"": _LIST}}, hosts):
        if isinstance(answer, Hosts):
            names = answer.names
            continue
        state = _read_state(answer, session)
        if save:
            state = _with_changes(fleet.hosts.get(answer.host), state)
        fleet = fleet.with_state(state)
        state = fleet.hosts[answer.host]
        count += 1
        if save:
            try:
                session.store.save_host(
                    _inventory_digest(reach.target.inventories), _host_digest(state.name), dump_state(state)
                )
            except StoreError as save_error:
                error = error or save_error
        on_host_read(state, count, len(names))
    if error is not None:
        raise error
    return fleet.restricted_to(names)


def call_task(reach: Reach) -> dict[str, object]:
    """Return the task that runs the shell commands in each host's ``csrtui_calls``. In them, ``c`` runs csrtui."""
    return {
        "name": "csrtui",
        "ansible.builtin.raw": _RAW,
        "timeout": reach.timeout + _GRACE,
        "changed_when": False,
        "vars": {
            "ansible_ssh_use_tty": False,
            "csrtui_limited": _WITH_TIMEOUT.format(reach.timeout),
            "csrtui_script": TrustedTemplate(_SCRIPT),
        },
    }


def module_task(reach: Reach, name: str, options: Mapping[str, object]) -> dict[str, object]:
    """Return the task that runs a module of csrtui's collection. The module's time limit is `reach.timeout`."""
    arguments = {**_PATHS, **options, "timeout": reach.timeout}
    return {"name": name, f"csrtui.csrtui.{name}": arguments, "timeout": reach.timeout + _GRACE}


def shell_call(command: str, *arguments: str) -> str:
    """Return a shell command that calls csrtui on a host."""
    return " ".join(["c", command, *map(shlex.quote, arguments)])


def run_on_all(reach: Reach, shell: str) -> Iterator[HostAnswer | Hosts]:
    """Run the same shell commands on all hosts, and yield the hosts, then their answers.

    Raises:
        InputError: Ansible is not installed or fails, or no host matches.
    """
    yield from run(reach, call_task(reach), {"csrtui_calls": {"": shell}})


def run_on_each(
    reach: Reach, calls: Mapping[str, str], task: Mapping[str, object] | None = None, **variables: object
) -> Iterator[HostAnswer]:
    """Run each host's own shell commands, and yield an answer for each of these hosts.

    Args:
        task: The task. The default is the task of `call_task`.

    Raises:
        InputError: Ansible is not installed or fails.
    """
    if not calls:
        return
    variables = {"csrtui_calls": calls, **variables}
    for answer in run(reach, task or call_task(reach), variables, tuple(calls)):
        if isinstance(answer, HostAnswer) and answer.host in calls:
            yield answer


def run(
    reach: Reach,
    task: Mapping[str, object],
    variables: Mapping[str, object],
    hosts: Sequence[str] = ("all",),
) -> Iterator[HostAnswer | Hosts]:
    """Run a task, and yield its hosts, then each answer as soon as it arrives.

    Last is a `SILENT` answer for each host that did not answer.

    Raises:
        InputError: Ansible is not installed or fails, or no host matches.
    """
    check_inventory(reach.target)
    pending: dict[str, None] = {}
    for line in run_task(reach.target, task, variables, reach.stop, hosts):
        content = read_line(line)
        if isinstance(content, Hosts):
            if not content.names:
                raise InputError("no host of the inventory matches", "check the inventory and --limit")
            pending = dict.fromkeys(content.names)
            yield content
        elif content is not None and content.host in pending:
            del pending[content.host]
            yield content
    for host in pending:
        yield HostAnswer(host, SILENT, {})


def _read_state(answer: HostAnswer, session: Session) -> HostState:
    """Return the state of a host: the pairs that csrtui on the host can read, and a failure if it cannot read all."""
    document = document_of(answer, (0, 3))
    if isinstance(document, Failure):
        return HostState(answer.host, failure=document)
    try:
        state = read_list(answer.host, document, session.clock())
    except MemberError as error:
        reason = Reason.TOO_LARGE if isinstance(error, TooLargeError) else Reason.UNEXPECTED
        text = f"the list of its pairs cannot be read: {error}"
        return HostState(answer.host, failure=create_failure(answer.host, reason, text))
    if errors_of(answer):
        state = replace(state, failure=failure_of(answer))
    if len(dump_state(state)) > MAX_STATE:
        return HostState(answer.host, failure=create_failure(answer.host, Reason.TOO_LARGE))
    return state


def _with_changes(known: HostState | None, state: HostState) -> HostState:
    """Return the state of a host, with a failure if a pair differs from its entry in the saved list.

    The failure is reported only once, because the new state replaces the saved one.
    """
    texts = changed_pairs(known, state) if known is not None else []
    if not texts:
        return state
    others = f"; and {len(texts) - 1} more" if len(texts) > 1 else ""
    text = f"a pair differs from the one listed before: {texts[0]}{others}"
    return replace(state, failure=create_failure(state.name, Reason.MISMATCH, text))


def _inventory_digest(inventories: Sequence[str]) -> str:
    name = "\n".join(text if "," in text else os.path.abspath(text) for text in inventories)
    return sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _host_digest(host: str) -> str:
    return sha256(host.encode("utf-8", "surrogatepass")).hexdigest()
