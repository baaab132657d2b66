"""Running Ansible: a play of one task, and what it says of each host as soon as it says it; or its inventory.

Ansible is a program of its own, and reads its settings, the inventory and ssh's settings as it does for the user
elsewhere: what csrtui adds is the play, its collection, and the form of the answers.

Every text in a play is literal (``!unsafe``), so Ansible evaluates nothing that a user, a file or a host has written.
The one exception is `TrustedTemplate`, which csrtui's own code makes of constants alone.
"""

import argparse
import json
import os
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
from csrtui.fleet.host_answer import CutLine
from csrtui.fleet.host_limits import MAX_BYTES
from csrtui.fleet.processes import end_marked, read_lines

COLLECTIONS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "ansible_collections")
"""The folder with csrtui's collection."""
_CALLBACK = "csrtui.csrtui.lines"
_LONGEST_SAID = 400
"""Characters of what Ansible says; more is cut."""
_MOST_SAID = 256 * 1024
"""Bytes that are read of what Ansible prints on stderr; a host can have it print anything."""
_RUN = "CSRTUI_FLEET_RUN"
"""The environment variable that marks the processes of one run."""
_LONGEST_CONTROL_FOLDER = 64
"""Bytes of a path in which ssh can make its socket (108 bytes with its own names, unix(7))."""
_ERRORS = ("ERROR", "[ERROR]", "ansible-playbook: error", "ansible-inventory: error")
"""How the lines begin in which Ansible says what is wrong."""
_GLANCE = 0.1
"""Seconds between two looks at whether it should end."""
_PATIENCE = 10.0
"""Seconds that Ansible has to end after it was asked to."""


class Terminal(Enum):
    """Whether Ansible and ssh may ask something on the terminal, such as a password."""

    SHARED = auto()
    WITHHELD = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """Which hosts, and how Ansible gets there.

    Attributes:
        inventory: Its file or folder, or what else Ansible takes.
        limit: A pattern of hosts, or None for all.
        options: More of ansible-playbook's own options.
        terminal: Whether it may ask.
    """

    inventory: str
    limit: str | None = None
    options: tuple[str, ...] = ()
    terminal: Terminal = Terminal.SHARED


@dataclass(frozen=True, slots=True)
class TrustedTemplate:
    """The one text in a play that Ansible evaluates: a constant of csrtui's code, never made of anything else."""

    text: str


def check_inventory(target: Target) -> None:
    """Demand that an inventory which is a path is there.

    Raises:
        InputError: It is not.
    """
    path = target.inventory
    if not path or ("," not in path and not os.path.exists(path)):
        raise InputError(
            f"there is no inventory {visible(path)}",
            "name an inventory of Ansible: a file with a host a line",
        )


def run_task(
    target: Target,
    task: Mapping[str, object],
    variables: Mapping[str, object],
    stop: Event,
    hosts: Sequence[str] = ("all",),
) -> Iterator[str | CutLine]:
    """Run a task on hosts, and give what the callback prints, line by line, as it prints it.

    However it ends, no process of it is left: neither Ansible nor ssh, nor a connection that ssh keeps open for it.

    Args:
        target: Which hosts.
        task: As a playbook has it.
        variables: Of the play. Ansible evaluates nothing in them.
        stop: Once set, Ansible is told to end.
        hosts: Which of the target's.

    Raises:
        InputError: Ansible is not installed, or does not understand the inventory or an option.
        StoreError: It cannot be run.
    """
    play = {"hosts": list(hosts), "gather_facts": False, "vars": variables, "tasks": [task]}
    with _folder() as folder, open(os.path.join(folder, "said"), "w+b") as said:
        book = os.path.join(folder, "play.yml")
        with open(book, "w", encoding="utf-8") as file:
            file.write(as_yaml([play]))
        with _running(_command(target, book), folder, said.fileno(), target.terminal, stop) as process:
            heard = False
            for line in read_lines(_output(process), MAX_BYTES):
                heard = heard or isinstance(line, CutLine) or line.startswith("{")
                yield line
            status = process.wait()
        if not heard and not stop.is_set():
            said.seek(0)
            raise _complaint(said.read(_MOST_SAID).decode("utf-8", "replace"), status)


def list_inventory(target: Target, pattern: str | None, stop: Event) -> str:
    """Return what ``ansible-inventory --list`` prints of the hosts that a pattern matches; no host is asked.

    Args:
        target: Which inventory, and Ansible's options; those that ansible-inventory has as well are given to it.
        pattern: A pattern of hosts, or None for all. The target's own limit does not count.
        stop: Once set, it is told to end; then the text is not complete.

    Raises:
        InputError: Ansible is not installed, or does not understand the inventory or an option.
        StoreError: It cannot be run.
    """
    limit = [] if pattern is None else [f"--limit={pattern}"]
    options = _inventory_options(target.options)
    command = [_program("ansible-inventory"), f"--inventory={target.inventory}", *limit, *options, "--list"]
    with _folder() as folder, open(os.path.join(folder, "errors"), "w+b") as errors:
        with _running(command, folder, errors.fileno(), target.terminal, stop) as process:
            text = _output(process).read().decode("utf-8", "replace")
            status = process.wait()
        if status != 0 and not stop.is_set():
            errors.seek(0)
            raise _complaint(errors.read().decode("utf-8", "replace"), status)
    return text


def as_yaml(value: object) -> str:
    """Return a value as YAML on one line: JSON in which every text is marked as literal.

    Keys are not marked: Ansible evaluates none.
    """
    if isinstance(value, TrustedTemplate):
        return json.dumps(value.text)
    if isinstance(value, str):
        return f"!unsafe {json.dumps(value)}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)}: {as_yaml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    return json.dumps(value)


def _program(name: str) -> str:
    """The path of one of Ansible's programs: beside this Python, else on the PATH.

    Raises:
        InputError: There is none.
    """
    beside = os.path.join(os.path.dirname(sys.executable), name)
    found = beside if os.access(beside, os.X_OK) else shutil.which(name)
    if found is None:
        raise InputError(
            "Ansible is not installed on this machine", "pip install 'csrtui[fleet]'; the hosts need none"
        )
    return found


def _command(target: Target, book: str) -> list[str]:
    limit = [] if target.limit is None else [f"--limit={target.limit}"]
    return [
        _program("ansible-playbook"),
        f"--inventory={target.inventory}",
        *limit,
        *target.options,
        book,
    ]


def _inventory_options(options: Sequence[str]) -> list[str]:
    """Return those options of ansible-playbook that say what the inventory holds: variables and vaults."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for names in (("-e", "--extra-vars"), ("--vault-id",), ("--vault-password-file", "--vault-pass-file")):
        parser.add_argument(*names, action="append", default=[], dest=names[-1])
    asks = ("-J", "--ask-vault-password", "--ask-vault-pass")
    parser.add_argument(*asks, action="append_const", const="", default=[], dest=asks[-1])
    try:
        known, _ = parser.parse_known_args(list(options))
    except argparse.ArgumentError as error:
        raise InputError(f"option of Ansible: {error}", "give each option as --ansible=OPTION") from error
    return [f"{name}={value}" if value else name for name, values in vars(known).items() for value in values]


def _environment(folder: str) -> dict[str, str]:
    """The environment of Ansible: the user's own, but for the form of the answers and the mark of this run.

    ssh keeps a connection open for the tasks of a play (ControlPersist). Its socket is in a folder of this run, unless the
    user's own settings name another, so that it can be closed at the end and no other program depends on it.
    """
    control = _control_folder(folder)
    is_short = len(os.fsencode(control)) <= _LONGEST_CONTROL_FOLDER
    own = {"ANSIBLE_SSH_CONTROL_PATH_DIR": control} if is_short else {}
    return (
        os.environ
        | own
        | {
            _RUN: os.path.basename(folder),
            "ANSIBLE_STDOUT_CALLBACK": _CALLBACK,
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_FORCE_COLOR": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        }
    )


@contextmanager
def _folder() -> Iterator[str]:
    """A folder for the play, with the collection where Ansible looks for one beside a play."""
    try:
        folder = tempfile.mkdtemp(prefix="csrtui-fleet-")
    except OSError as error:
        raise StoreError(f"no folder can be made for Ansible's play: {error.strerror}") from error
    try:
        os.mkdir(os.path.join(folder, "collections"))
        os.symlink(COLLECTIONS, os.path.join(folder, "collections", "ansible_collections"))
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _control_folder(folder: str) -> str:
    return os.path.join(folder, "cp")


def _output(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    return cast("IO[bytes]", process.stdout)  # it is a pipe


@contextmanager
def _running(
    command: list[str], folder: str, said: int, terminal: Terminal, stop: Event
) -> Iterator["subprocess.Popen[bytes]"]:
    """Ansible while it runs; however the block ends, Ansible and all that it started has ended, too."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if terminal is Terminal.WITHHELD else None,
            stdout=subprocess.PIPE,
            stderr=said,
            bufsize=0,
            env=_environment(folder),
            start_new_session=terminal is Terminal.WITHHELD,
        )
    except OSError as error:
        raise StoreError(f"Ansible cannot be run: {error.strerror}") from error
    over = Event()
    watch = Thread(target=_end_when_asked, args=(process, stop, over), daemon=True)
    watch.start()
    try:
        with process:
            try:
                yield process
            except BaseException:
                _end(process)
                raise
    finally:
        over.set()
        watch.join()
        end_marked(f"{_RUN}={os.path.basename(folder)}", _control_folder(folder))


def _end_when_asked(process: "subprocess.Popen[bytes]", stop: Event, over: Event) -> None:
    while not over.wait(_GLANCE):
        if stop.is_set():
            _end(process)
            return


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask Ansible to end, which it passes on; every call of csrtui on a host is whole or did nothing."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def _complaint(said: str, status: int) -> InputError:
    """What Ansible says that has asked no host anything: of its errors, or else the last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(_ERRORS)]
    what = " ".join(errors or lines[-1:]) or f"it ended with status {status}"
    return InputError(
        f"Ansible says: {visible(what)[:_LONGEST_SAID]}", "look at the inventory and the options"
    )
