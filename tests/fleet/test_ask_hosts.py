"""A command on a host has a time limit, keeps its exit status, and also works without ``timeout``."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from tables import table

from csrtui.fleet.ansible import Target, TrustedTemplate
from csrtui.fleet.tasks.run_on_hosts import Reach, call_task

if TYPE_CHECKING:
    from pathlib import Path


def run_on_host(script: str, shell: str = "sh", path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script in a host's login shell, with a limit of one second."""
    task = call_task(Reach(Target(("hosts.ini",)), timeout=1))
    raw, variables = task["ansible.builtin.raw"], task["vars"]
    assert isinstance(raw, TrustedTemplate)
    assert isinstance(variables, dict)
    line = raw.text.replace("{{ csrtui_limited | quote }}", shlex.quote(variables["csrtui_limited"]))
    line = line.replace("{{ csrtui_script | quote }}", shlex.quote(script))
    env = os.environ | ({} if path is None else {"PATH": path})
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"skipped because {shell} is not installed")
    return subprocess.run([program, "-c", line], capture_output=True, text=True, check=False, env=env)


@table("shell", ["sh", "bash", "dash"])
def test_output_and_exit_status_are_those_of_the_script(shell: str) -> None:
    done = run_on_host("echo 'a  b'; exit 3", shell)
    assert (done.stdout, done.stderr, done.returncode) == ("a  b\n", "", 3)


def test_a_script_is_ended_after_its_time_limit() -> None:
    done = run_on_host("echo begun; sleep 60; echo ended")
    assert (done.stdout, done.returncode) == ("begun\n", 124)


def test_without_the_timeout_program_a_script_runs_without_a_limit(tmp_path: Path) -> None:
    sh = shutil.which("sh")
    assert sh is not None
    (tmp_path / "sh").symlink_to(sh)
    done = run_on_host("echo done; exit 5", path=str(tmp_path))
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 5)
