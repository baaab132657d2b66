"""Run Ansible with the collection as a user does, and return the result of each task on each host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from command import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLLECTIONS = ROOT / "csrtui" / "fleet"
"""The folder in which Ansible searches for collections."""
MODULE = "csrtui.csrtui."
_RESULTS = "results.jsonl"
DEADLINE = 240.0
"""Seconds, far more than any play takes."""


@dataclass(frozen=True)
class Played:
    """The end of a play.

    Attributes:
        status: The exit status of ansible-playbook.
        text: Its output.
        results: A line for each task on each host: ``host``, ``task``, ``status``, ``result``.
    """

    status: int
    text: str
    results: tuple[Mapping[str, Any], ...]

    def of(self, task: str) -> dict[str, Any]:
        """Return the results of a task for each host."""
        return {line["host"]: line["result"] for line in self.results if line["task"] == task}

    def status_of(self, task: str) -> dict[str, str]:
        """Return the status of a task for each host."""
        return {line["host"]: line["status"] for line in self.results if line["task"] == task}


def play(
    inventory: Path,
    tasks: Sequence[Mapping[str, Any]],
    *options: str,
    env: Mapping[str, str] | None = None,
    **more: Any,
) -> Played:
    """Run a play of tasks on all hosts of an inventory.

    Args:
        inventory: The inventory file. The play and its results are written beside it.
        tasks: The tasks as in a playbook, each with a name.
        options: Options of ansible-playbook.
        env: Further environment variables.
        more: Further members of the play, such as ``module_defaults``.
    """
    process = playing(inventory, tasks, *options, env=env, **more)
    try:
        text, _ = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
    lines = (inventory.parent / _RESULTS).read_text().splitlines()
    return Played(process.returncode, text, tuple(json.loads(line) for line in lines))


def playing(
    inventory: Path,
    tasks: Sequence[Mapping[str, Any]],
    *options: str,
    env: Mapping[str, str] | None = None,
    **more: Any,
) -> subprocess.Popen[str]:
    """Start the play that `play` waits for, in its own process group."""
    folder = inventory.parent
    book, lines = folder / "play.yml", folder / _RESULTS
    book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, **more, "tasks": list(tasks)}]))
    lines.write_text("")
    return subprocess.Popen(
        [program("ansible-playbook"), "-i", str(inventory), "--diff", *options, str(book)],
        cwd=folder,
        env=environment(folder) | {"JSON_LINES": str(lines)} | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def program(name: str) -> str:
    """Return the path of one of Ansible's programs, or skip the test."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip("skipped because ansible-core is not installed")
    return str(path)


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of Ansible's programs: without the user's settings, and with all state in `folder`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "CSRTUI", "PYTHON"))
    }
    return (
        kept
        | {
            "HOME": str(folder),
            "ANSIBLE_HOME": str(folder / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "json_lines",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_GATHERING": "explicit",  # no play uses facts about the host, and they take a fifth of the time
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
        }
    )
