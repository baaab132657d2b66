"""Keystores of many hosts, through Ansible: each host answers for itself, and one that fails holds up no other."""

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from hashlib import sha256
from threading import Event

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.json_members import MemberError
from csrtui.fleet.ansible import Target, TrustedTemplate, check_inventory, run_task
from csrtui.fleet.csr_match import relisted
from csrtui.fleet.host_answer import SILENT, HostAnswer, Hosts, document_of, errors_of, failure_of, read_line
from csrtui.fleet.host_finding import failure
from csrtui.fleet.host_limits import MAX_STATE, TooLargeError
from csrtui.fleet.model import Failure, Fleet, HostState, Reason, dump_state, load_state, read_list
from csrtui.tasks.session import Session

TIMEOUT = 30
"""Seconds that a host has for a task, unless the user says otherwise."""
PLACES = {
    "executable": TrustedTemplate("{{ csrtui_executable | default(omit) }}"),
    "store": TrustedTemplate("{{ csrtui_store | default(omit) }}"),
}
"""Where csrtui and the keystore are on a host, for the collection's modules: variables of the inventory say so."""
_GRACE = 10
"""Seconds that Ansible waits longer than the host: for the connection, and for what was ended there to be reported."""
_KILL_AFTER = 5
"""Seconds after which what does not end on a host is killed."""
_LIMITED = (
    f"t=; timeout -k {_KILL_AFTER} {_KILL_AFTER} true 2>/dev/null && t='timeout -k {_KILL_AFTER} {{}}'; "
    '$t sh -c "$1"; exit $?'  # a shell around it: what is killed has no exit status for ssh
)
"""Runs a script so that nothing of it is left after so many seconds, where there is ``timeout`` (coreutils, BusyBox)."""
_SCRIPT = (
    # The shell waits for csrtui to end, so that timeout kills both where csrtui does not.
    "trap 'exit 124' TERM; "
    'PATH="$PATH:/usr/local/bin:/opt/csrtui/bin"; export PATH; '
    "command -v {{ csrtui_executable | default('csrtui') | quote }} >/dev/null 2>&1 || exit 127; "
    "c() { {{ csrtui_executable | default('csrtui') | quote }} "
    "{% if csrtui_store is defined %}--store={{ csrtui_store | quote }}{% endif %} "
    '"$@" </dev/null; }; '
    # A named store that does not exist yet has no pairs; one in a folder that cannot be searched is left to csrtui.
    's={% if csrtui_store is defined %}{{ csrtui_store | quote }}{% else %}"${CSRTUI_STORE:-}"{% endif %}; '
    'e() { test -z "$s" || test -e "$s" || { d=$(dirname "$s"); test -d "$d" && ! test -x "$d"; }; }; '
    "{{ csrtui_calls[inventory_hostname] | default(csrtui_calls['']) }}"
)
"""Runs csrtui without a module: that takes half of Ansible's time, and no Python but csrtui's own."""
_RAW = TrustedTemplate("sh -c {{ csrtui_limited | quote }} sh {{ csrtui_script | quote }}")
_LIST = """if e; then c list --json --retired; else c --version >/dev/null && echo '{"schema": 1, "pairs": []}'; fi"""


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
        covers: The names that a fetched CSR covers, read from the CSR itself.
    """

    host: str
    text: str
    pair: str | None = None
    file: str | None = None
    failure: Failure | None = None
    changed: bool = True
    document: Mapping[str, object] | None = None
    covers: tuple[str, ...] = ()

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
            **({"covers": list(self.covers)} if self.covers else {}),
        }


Report = Callable[[HostState, int, int], None]
"""Takes a host that was read, how many were by now, and of how many."""


class Keeping(Enum):
    """Whether the state of the hosts that is read replaces what was known of them."""

    KEPT = auto()
    """It is shown to the user."""
    NOT_KEPT = auto()
    """It is not shown: what was shown last stays known, and what a host lists now is compared with that."""


def recall(session: Session, inventory: str) -> Fleet:
    """Return what was known of an inventory's hosts when they were last read; none where that cannot be read."""
    digest = _inventory_digest(inventory)
    states = []
    with suppress(StoreError):
        for host, data in session.store.load_hosts(digest):
            state = load_state(data)
            if state is not None and _host_digest(state.name) == host:
                states.append(state)
    return Fleet.of(states)


def refresh(
    session: Session,
    reach: Reach,
    report: Report,
    hosts: Sequence[str] = ("all",),
    *,
    keeping: Keeping = Keeping.KEPT,
) -> Fleet:
    """Read the keystores of hosts and return their states; each host's state is kept as soon as the host answers.

    Args:
        session: Whose store keeps it.
        reach: Which hosts.
        report: Told of each host as it answers.
        hosts: Which of those.
        keeping: Whether the states are kept.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
        StoreError: The state of a host cannot be kept; raised after all hosts were read, and what was known stays.
    """
    known = recall(session, reach.target.inventory)
    names: tuple[str, ...] = ()
    done = 0
    error: StoreError | None = None
    for said in answers(reach, call_task(reach), {"csrtui_calls": {"": _LIST}}, hosts):
        if isinstance(said, Hosts):
            names = said.names
            continue
        state = _read(said, session)
        if keeping is Keeping.KEPT:
            state = _compared(known.hosts.get(said.host), state)
        known = known.after(state)
        done += 1
        if keeping is Keeping.KEPT:
            try:
                _keep(session, reach.target.inventory, known.hosts[said.host])
            except StoreError as refusal:
                error = error or refusal
        report(known.hosts[said.host], done, len(names))
    if error is not None:
        raise error
    return known.only(names)


def call_task(reach: Reach) -> dict[str, object]:
    """Return the task that calls csrtui with ``csrtui_calls``: a shell's commands for each host, ``c`` being csrtui."""
    return {
        "name": "csrtui",
        "ansible.builtin.raw": _RAW,
        "timeout": reach.timeout + _GRACE,
        "changed_when": False,
        "vars": {
            "ansible_ssh_use_tty": False,
            "csrtui_limited": _LIMITED.format(reach.timeout),
            "csrtui_script": TrustedTemplate(_SCRIPT),
        },
    }


def module_task(reach: Reach, name: str, options: Mapping[str, object]) -> dict[str, object]:
    """Return the task that runs a module of csrtui's collection, which ends on the host within the time."""
    limited = {**PLACES, **options, "timeout": reach.timeout}
    return {"name": name, f"csrtui.csrtui.{name}": limited, "timeout": reach.timeout + _GRACE}


def call(command: str, *arguments: str) -> str:
    """Return a call of csrtui for a shell on a host."""
    return " ".join(["c", command, *map(shlex.quote, arguments)])


def ask_all(reach: Reach, shell: str) -> Iterator[HostAnswer | Hosts]:
    """Give the hosts, then the answers of all of them to the same commands of a shell.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
    """
    yield from answers(reach, call_task(reach), {"csrtui_calls": {"": shell}})


def ask_each(
    reach: Reach, calls: Mapping[str, str], task: Mapping[str, object] | None = None, **more: object
) -> Iterator[HostAnswer]:
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
        if isinstance(said, HostAnswer) and said.host in calls:
            yield said


def answers(
    reach: Reach,
    task: Mapping[str, object],
    variables: Mapping[str, object],
    hosts: Sequence[str] = ("all",),
) -> Iterator[HostAnswer | Hosts]:
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
        yield HostAnswer(host, SILENT, {})


def failures(results: Iterable[HostResult]) -> list[HostResult]:
    """Return those that failed."""
    return [one for one in results if one.failure is not None]


def _read(answer: HostAnswer, session: Session) -> HostState:
    """The pairs that a host lists; it lists those that it can read, and reports an error for the others."""
    document = document_of(answer, (0, 3))
    if isinstance(document, Failure):
        return HostState(answer.host, failure=document)
    try:
        state = read_list(answer.host, document, session.clock())
    except MemberError as error:
        reason = Reason.TOO_LARGE if isinstance(error, TooLargeError) else Reason.UNEXPECTED
        text = f"the list of its pairs cannot be read: {error}"
        return HostState(answer.host, failure=failure(answer.host, reason, text))
    if errors_of(answer):
        state = replace(state, failure=failure_of(answer))
    if len(dump_state(state)) > MAX_STATE:
        return HostState(answer.host, failure=failure(answer.host, Reason.TOO_LARGE))
    return state


def _compared(before: HostState | None, state: HostState) -> HostState:
    """The state of a host, with a failure where pairs are not what it listed before: that is shown once."""
    texts = relisted(before, state) if before is not None else []
    if not texts:
        return state
    more = f"; and {len(texts) - 1} more" if len(texts) > 1 else ""
    text = f"a pair is not what it listed before: {texts[0]}{more}"
    return replace(state, failure=failure(state.name, Reason.MISMATCH, text))


def _keep(session: Session, inventory: str, state: HostState) -> None:
    session.store.save_host(_inventory_digest(inventory), _host_digest(state.name), dump_state(state))


def _inventory_digest(inventory: str) -> str:
    whole = inventory if "," in inventory else os.path.abspath(inventory)
    return sha256(whole.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _host_digest(host: str) -> str:
    return sha256(host.encode("utf-8", "surrogatepass")).hexdigest()
