"""Run ``ansible-inventory``, or a play with one task, whose results are read while Ansible is still running.

Ansible is a separate program. It reads its own settings, the inventory and ssh's settings as usual; csrtui adds
the play, its collection and the format of the results.

Every text in a play is literal (``!unsafe``), so Ansible evaluates nothing from a user, a file or a host. The only
exception is `TrustedTemplate`, which csrtui's code makes only from constants.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import IO, TYPE_CHECKING, cast

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.names.inventory_template import HostVariables
from csrtui.fleet.host_answer import MAX_BYTES, CutLine
from csrtui.fleet.processes import end_marked, read_lines, running

if TYPE_CHECKING:
    import subprocess

COLLECTIONS = os.path.join(os.path.dirname(__file__), "ansible_collections")
"""The folder with csrtui's collection."""
_CALLBACK = "csrtui.csrtui.lines"
_MAX_MESSAGE = 400
"""The maximum number of characters of Ansible's message in an error."""
_MAX_STDERR = 256 * 1024
"""The maximum number of bytes read from Ansible's stderr, whose content and length a host can control."""
_RUN_VARIABLE = "CSRTUI_FLEET_RUN"
"""The environment variable that marks the processes of a run."""
_MAX_CONTROL_PATH = 64
"""The maximum number of bytes in the path of the folder for ssh's sockets (108 with the socket's name, unix(7))."""
_HOSTS_START = '{"hosts": '
"""The start of the line with the hosts of a play. The results of the hosts come after it."""
_ERROR_PREFIXES = ("ERROR", "[ERROR]", "ansible-playbook: error", "ansible-inventory: error")
_PLACE = re.compile(
    r"(?:Origin: |The error appears to be in ')(?P<file>/[^:']*)(?::|': line )?(?P<line>[0-9]+)?"
    r"(?::|, column )?(?P<column>[0-9]+)?"
)
"""A line in Ansible's output that gives the position of an error in a file."""
_META = "_meta"
"""The member of an inventory with the variables of all hosts; the other members are groups."""
_ALL = "all"


@dataclass(frozen=True, slots=True)
class Target:
    """The hosts of a run and the options for Ansible.

    Attributes:
        inventories: Files, folders and other values for ``--inventory``, in the order in which Ansible merges them.
        limit: A pattern of hosts, or None for all hosts.
        options: Additional options for ansible-playbook.
        has_terminal: Whether Ansible and ssh can use the terminal, for example to ask for a password.
    """

    inventories: tuple[str, ...]
    limit: str | None = None
    options: tuple[str, ...] = ()
    has_terminal: bool = True

    @property
    def label(self) -> str:
        """The inventories as one text for a title."""
        return ", ".join(self.inventories)


@dataclass(frozen=True, slots=True)
class TrustedTemplate:
    """Text in a play that Ansible evaluates. It is a constant in csrtui's code and contains no other data."""

    text: str


def check_inventory(target: Target) -> None:
    """Check that each inventory exists if it is a path.

    Raises:
        InputError: A path does not exist.
    """
    for path in target.inventories:
        if not path or ("," not in path and not os.path.exists(path)):
            raise InputError(
                f"there is no inventory {visible(path)}",
                "specify an Ansible inventory, such as a file with one host per line",
            )


def run_task(
    target: Target,
    task: Mapping[str, object],
    variables: Mapping[str, object],
    stop: Event,
    hosts: Sequence[str] = ("all",),
) -> Iterator[str | CutLine]:
    """Run a task on hosts, and yield the lines of the callback plugin as it prints them.

    At the end, all processes of the run have ended: Ansible, ssh, and the connections that ssh keeps open.

    Args:
        variables: The variables of the play, which Ansible does not evaluate.

    Raises:
        InputError: Ansible is not installed, or rejects the inventory or an option.
        StoreError: Ansible cannot be run.
    """
    play = {"hosts": list(hosts), "gather_facts": False, "vars": variables, "tasks": [task]}
    with _run_folder() as folder:
        playbook = os.path.join(folder, "play.yml")
        with open(playbook, "w", encoding="utf-8") as file:
            file.write(to_yaml([play]))
        arguments = [*_limit(target.limit), *target.options, playbook]
        with _running("ansible-playbook", target, arguments, folder, stop) as process:
            has_hosts = has_results = False
            for line in read_lines(_stdout(process), MAX_BYTES):
                if isinstance(line, str) and line.startswith(_HOSTS_START):
                    has_hosts = True
                else:
                    has_results = has_results or isinstance(line, CutLine) or line.startswith("{")
                yield line
            status = process.wait()
        has_failed = status != 0 if has_hosts else True
        if has_failed and not has_results and not stop.is_set():
            raise _ansible_error(folder, status)


def list_inventory(target: Target, pattern: str | None, stop: Event) -> str:
    """Return the output of ``ansible-inventory --list`` for the hosts that match; no host is contacted.

    Args:
        target: The inventory and the options for Ansible. Only the options for variables and vaults are passed on.
        pattern: A pattern of hosts, or None for all hosts. The limit of the target is not applied.
        stop: The event that ends the program when it is set. The output is then incomplete.

    Raises:
        InputError: Ansible is not installed, or rejects the inventory or an option.
        StoreError: Ansible cannot be run.
    """
    arguments = [*_limit(pattern), *_inventory_options(target.options), "--list"]
    with _run_folder() as folder:
        with _running("ansible-inventory", target, arguments, folder, stop) as process:
            text = _stdout(process).read().decode("utf-8", "replace")
            status = process.wait()
        if status != 0 and not stop.is_set():
            raise _ansible_error(folder, status)
    return text


def read_inventory(text: str) -> dict[str, HostVariables]:
    """Return the variables of each host, including those that Ansible sets for every host.

    Args:
        text: The output of ``ansible-inventory --list``.

    Raises:
        InputError: The text is not an inventory.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InputError(
            "ansible-inventory did not print an inventory", "run ansible-inventory --list to see why"
        )
    host_variables = _mapping(_mapping(document.get(_META)).get("hostvars"))
    groups = {name: _mapping(group) for name, group in document.items() if name != _META}
    groups_of_hosts = _groups_of_hosts(groups)
    return {
        host: HostVariables(
            host, _mapping(host_variables.get(host)), _special_variables(host, groups_of_hosts[host])
        )
        for host in dict.fromkeys([*groups_of_hosts, *host_variables])
    }


def to_yaml(value: object) -> str:
    """Return a value as YAML on one line: JSON with every string marked as literal.

    Keys are not marked, since Ansible does not evaluate them.
    """
    if isinstance(value, TrustedTemplate):
        return json.dumps(value.text)
    if isinstance(value, str):
        return f"!unsafe {json.dumps(value)}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)}: {to_yaml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(to_yaml, value)) + "]"
    return json.dumps(value)


def _limit(pattern: str | None) -> list[str]:
    return [] if pattern is None else [f"--limit={pattern}"]


def _find_program(name: str) -> str:
    """Return the path of one of Ansible's programs, in the folder of this Python or else on the PATH.

    Raises:
        InputError: The program is not installed.
    """
    path = os.path.join(os.path.dirname(sys.executable), name)
    program = path if os.access(path, os.X_OK) else shutil.which(name)
    if program is None:
        raise InputError(
            "Ansible is not installed on this machine",
            "pip install 'csrtui[fleet]'; the hosts do not need Ansible",
        )
    return program


def _inventory_options(options: Sequence[str]) -> list[str]:
    """Return the options of ansible-playbook that ansible-inventory needs: those for variables and vaults."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for names in (("-e", "--extra-vars"), ("--vault-id",), ("--vault-password-file", "--vault-pass-file")):
        parser.add_argument(*names, action="append", default=[], dest=names[-1])
    flags = ("-J", "--ask-vault-password", "--ask-vault-pass")
    parser.add_argument(*flags, action="append_const", const="", default=[], dest=flags[-1])
    try:
        known, _ = parser.parse_known_args(list(options))
    except argparse.ArgumentError as error:
        raise InputError(f"Ansible option: {error}", "use --ansible=OPTION for each option") from error
    return [f"{name}={value}" if value else name for name, values in vars(known).items() for value in values]


def _environment(folder: str) -> dict[str, str]:
    """Return the user's environment with settings for Ansible's output and a variable that identifies this run.

    ssh keeps a connection open for the tasks of a play (ControlPersist). Its socket is in a folder of this run, unless
    the user's settings name another folder. csrtui can then close the connection at the end, and no other program uses
    it. An inventory that cannot be parsed is an error, because its hosts would silently be missing.
    """
    control_folder = _control_folder(folder)
    is_short = len(os.fsencode(control_folder)) <= _MAX_CONTROL_PATH
    return (
        {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"}
        | os.environ
        | ({"ANSIBLE_SSH_CONTROL_PATH_DIR": control_folder} if is_short else {})
        | {
            _RUN_VARIABLE: os.path.basename(folder),
            "ANSIBLE_STDOUT_CALLBACK": _CALLBACK,
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        }
    )


@contextmanager
def _run_folder() -> Iterator[str]:
    """Yield a temporary folder for the play. It contains the collection in the place where Ansible searches for it."""
    try:
        folder = tempfile.mkdtemp(prefix="csrtui-fleet-")
    except OSError as error:
        raise StoreError(f"cannot create a folder for the Ansible playbook: {error.strerror}") from error
    try:
        os.mkdir(os.path.join(folder, "collections"))
        os.symlink(COLLECTIONS, os.path.join(folder, "collections", "ansible_collections"))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _control_folder(folder: str) -> str:
    return os.path.join(folder, "cp")


def _stdout(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    return cast("IO[bytes]", process.stdout)  # it is a pipe


@contextmanager
def _running(
    program: str, target: Target, arguments: Sequence[str], folder: str, stop: Event
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run an Ansible program during the block, and yield its process. At the end, end all processes of the run."""
    inventories = [f"--inventory={inventory}" for inventory in target.inventories]
    command = [_find_program(program), *inventories, *arguments]
    environment = _environment(folder)
    with open(os.path.join(folder, "stderr"), "wb") as stderr:
        try:
            with running(command, environment, stderr, stop, has_terminal=target.has_terminal) as process:
                yield process
        finally:
            end_marked(f"{_RUN_VARIABLE}={environment[_RUN_VARIABLE]}", _control_folder(folder))


def _ansible_error(folder: str, status: int) -> InputError:
    """Return the error of a run without results: Ansible's message and its location, or else the last line of its output."""
    with open(os.path.join(folder, "stderr"), "rb") as file:
        stderr = file.read(_MAX_STDERR).decode("utf-8", "replace")
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(_ERROR_PREFIXES)]
    message = " ".join(errors or lines[-1:]) or f"it ended with status {status}"
    cause = _cause(lines)
    if cause and cause not in message:
        message = f"{message}: {cause}"
    return InputError(
        f"Ansible reports: {visible(message)[:_MAX_MESSAGE]}", "check the inventory and the options"
    )


def _cause(lines: Sequence[str]) -> str:
    """Return the cause of an error with its position, ``MESSAGE (FILE:LINE:COLUMN)``, or an empty string.

    The cause is the line above the first position. Since ansible-core 2.19, a position begins with ``Origin:``.
    """
    places = [(index, match) for index, line in enumerate(lines) if (match := _PLACE.match(line))]
    exact = [(index, match) for index, match in places if match["line"]] or places
    if not exact or not exact[0][0]:
        return ""
    index, match = exact[0]
    place = ":".join(part for part in (match["file"], match["line"], match["column"]) if part)
    return f"{lines[index - 1]} ({place})"


def _special_variables(host: str, groups: set[str]) -> dict[str, object]:
    return {
        "inventory_hostname": host,
        "inventory_hostname_short": host.partition(".")[0],
        "group_names": sorted(groups - {_ALL}),
    }


def _groups_of_hosts(groups: Mapping[str, Mapping[str, object]]) -> dict[str, set[str]]:
    """Return the groups of each host, including the parents of its groups."""
    parents: dict[str, list[str]] = defaultdict(list)
    for name, group in groups.items():
        for child in _texts(group.get("children")):
            parents[child].append(name)
    groups_of_hosts: dict[str, set[str]] = defaultdict(set)
    for name, group in groups.items():
        hosts = _texts(group.get("hosts"))
        ancestors = _with_ancestors(name, parents) if hosts else set()
        for host in hosts:
            groups_of_hosts[host] |= ancestors
    return groups_of_hosts


def _with_ancestors(name: str, parents: Mapping[str, list[str]]) -> set[str]:
    groups: set[str] = set()
    pending = [name]
    while pending:
        group = pending.pop()
        if group not in groups:
            groups.add(group)
            pending += parents.get(group, ())
    return groups


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
