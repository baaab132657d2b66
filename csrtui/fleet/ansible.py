"""Run Ansible: a play with one task, whose results are read as Ansible prints them, or ``ansible-inventory``.

Ansible is a separate program. It reads its own settings, the inventory and the settings of ssh as usual; csrtui adds
the play, its collection and the format of the results.

Every text in a play is literal (``!unsafe``), so Ansible evaluates nothing from a user, a file or a host. The only
exception is `TrustedTemplate`, which csrtui's code makes only from constants.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from threading import Event, Thread
from typing import IO, cast

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.fleet.answer_limits import MAX_BYTES
from csrtui.fleet.host_answer import CutLine
from csrtui.fleet.processes import end_marked, read_lines

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
"""A line of Ansible that names the place of an error in a file."""
_STOP_INTERVAL = 0.1
"""Seconds between two checks of the stop event."""
_END_TIMEOUT = 10.0
"""Seconds for Ansible to end after an interrupt."""


class Terminal(Enum):
    """Whether Ansible and ssh can use the terminal, for example to ask for a password."""

    SHARED = auto()
    WITHHELD = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """The hosts of a run and the options for Ansible.

    Attributes:
        inventory: A file or folder, or any other value that Ansible accepts for ``--inventory``.
        limit: A pattern of hosts, or None for all hosts.
        options: Further options of ansible-playbook.
        terminal: Whether Ansible can use the terminal.
        more_inventories: Further inventories. Ansible merges all of them.
    """

    inventory: str
    limit: str | None = None
    options: tuple[str, ...] = ()
    terminal: Terminal = Terminal.SHARED
    more_inventories: tuple[str, ...] = ()

    @property
    def inventories(self) -> tuple[str, ...]:
        """All inventories, in the order in which Ansible merges them."""
        return (self.inventory, *self.more_inventories)

    @property
    def label(self) -> str:
        """The inventories as one text for a title."""
        return ", ".join(self.inventories)

    @property
    def arguments(self) -> list[str]:
        """The options of Ansible's programs that name the inventories."""
        return [f"--inventory={inventory}" for inventory in self.inventories]


@dataclass(frozen=True, slots=True)
class TrustedTemplate:
    """A text in a play that Ansible evaluates. It is a constant in csrtui's code and contains no other data."""

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
        target: The hosts and the options for Ansible.
        task: The task, as in a playbook.
        variables: The variables of the play, which Ansible does not evaluate.
        stop: The event that ends Ansible when it is set.
        hosts: The hosts of the target to run on.

    Raises:
        InputError: Ansible is not installed, or rejects the inventory or an option.
        StoreError: Ansible cannot be run.
    """
    play = {"hosts": list(hosts), "gather_facts": False, "vars": variables, "tasks": [task]}
    with _run_folder() as folder, open(os.path.join(folder, "stderr"), "w+b") as stderr:
        playbook = os.path.join(folder, "play.yml")
        with open(playbook, "w", encoding="utf-8") as file:
            file.write(to_yaml([play]))
        limit = [] if target.limit is None else [f"--limit={target.limit}"]
        program = _find_program("ansible-playbook")
        command = [program, *target.arguments, *limit, *target.options, playbook]
        with _running(command, folder, stderr.fileno(), target.terminal, stop) as process:
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
            stderr.seek(0)
            raise _ansible_error(stderr.read(_MAX_STDERR).decode("utf-8", "replace"), status)


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
    limit = [] if pattern is None else [f"--limit={pattern}"]
    options = _inventory_options(target.options)
    program = _find_program("ansible-inventory")
    command = [program, *target.arguments, *limit, *options, "--list"]
    with _run_folder() as folder, open(os.path.join(folder, "stderr"), "w+b") as stderr:
        with _running(command, folder, stderr.fileno(), target.terminal, stop) as process:
            text = _stdout(process).read().decode("utf-8", "replace")
            status = process.wait()
        if status != 0 and not stop.is_set():
            stderr.seek(0)
            raise _ansible_error(stderr.read().decode("utf-8", "replace"), status)
    return text


def to_yaml(value: object) -> str:
    """Return a value as YAML on one line: JSON with every text marked as literal.

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
    """Return the user's environment with settings for the output of Ansible and the mark of this run.

    ssh keeps a connection open for the tasks of a play (ControlPersist). Its socket is in a folder of this run, unless
    the user's settings name another folder. csrtui can then close the connection at the end, and no other program uses
    it. An inventory that cannot be parsed is an error, because its hosts would be missing without notice.
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
    command: list[str], folder: str, stderr: int, terminal: Terminal, stop: Event
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run Ansible during the block, and yield its process. After the block, all processes of Ansible have ended."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if terminal is Terminal.WITHHELD else None,
            stdout=subprocess.PIPE,
            stderr=stderr,
            bufsize=0,
            env=_environment(folder),
            start_new_session=terminal is Terminal.WITHHELD,
        )
    except OSError as error:
        raise StoreError(f"Ansible cannot be run: {error.strerror}") from error
    has_ended = Event()
    watcher = Thread(target=_end_on_stop, args=(process, stop, has_ended), daemon=True)
    watcher.start()
    try:
        with process:
            try:
                yield process
            except BaseException:
                _end(process)
                raise
    finally:
        has_ended.set()
        watcher.join()
        end_marked(f"{_RUN_VARIABLE}={os.path.basename(folder)}", _control_folder(folder))


def _end_on_stop(process: "subprocess.Popen[bytes]", stop: Event, has_ended: Event) -> None:
    while not has_ended.wait(_STOP_INTERVAL):
        if stop.is_set():
            _end(process)
            return


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Interrupt Ansible and its workers. A csrtui command on a host either completes or changes nothing."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_END_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()


def _ansible_error(stderr: str, status: int) -> InputError:
    """Return the error of a run without results: Ansible's message and its location, or else the last line."""
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
    """Return the message before the first line that names a file and a line, with both, or else an empty text.

    Since ansible-core 2.19 such a line begins with ``Origin:``. Before that, it ends a message.
    """
    places = [(index, match) for index, line in enumerate(lines) if (match := _PLACE.match(line))]
    exact = [(index, match) for index, match in places if match["line"]] or places
    if not exact or not exact[0][0]:
        return ""
    index, match = exact[0]
    place = ":".join(part for part in (match["file"], match["line"], match["column"]) if part)
    return f"{lines[index - 1]} ({place})"
