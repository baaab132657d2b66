"""The callback of the collection prints a line for each result, and leaves out a result that is too large."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playbooks import COLLECTIONS, environment

from csrtui.fleet.host_answer import MAX_BYTES, CutLine, HostAnswer, Reason, failure_of, read_line

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import sys
sys.path.append(sys.argv[1])  # csrtui/fleet has an ansible.py, which must not hide Ansible
from ansible_collections.csrtui.csrtui.plugins.callback.lines import CallbackModule

class Host:
    def get_name(self):
        return 'we"b'

class Result:
    host = Host()
    result = {"rc": 0, "stdout": sys.argv[3] * int(sys.argv[2]), "invocation": {"x": 1}}

callback = CallbackModule()
callback._display.display = print
callback.v2_runner_on_ok(Result())
"""
"""Importing Ansible's plugins changes the process, so this is a separate process."""


def printed(folder: Path, text: str, times: int = 1) -> str:
    """Return the line for a result whose output is a repeated text."""
    pytest.importorskip(
        "ansible.module_utils.testing",
        reason="ansible-core is missing, or older than 2.19, which has no module_utils.testing",
    )
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(COLLECTIONS), str(times), text],
        capture_output=True,
        text=True,
        check=True,
        env=environment(folder),
    )
    (line,) = done.stdout.splitlines()
    return line


def test_a_result_is_a_line_that_csrtui_reads(tmp_path: Path) -> None:
    assert read_line(printed(tmp_path, "é\n")) == HostAnswer('we"b', "ok", {"rc": 0, "stdout": "é\n"})


def test_the_host_of_a_cut_line_is_known(tmp_path: Path) -> None:
    answer = read_line(CutLine(printed(tmp_path, "x", 9000)[:8192]))
    assert isinstance(answer, HostAnswer)
    assert (answer.host, failure_of(answer).reason) == ('we"b', Reason.TOO_LARGE)


@pytest.mark.parametrize(("size", "is_whole"), [(MAX_BYTES - 200, True), (MAX_BYTES, False)])
def test_a_result_that_is_too_large_is_left_out(tmp_path: Path, size: int, *, is_whole: bool) -> None:
    line = printed(tmp_path, "x", size)
    assert len(line) < MAX_BYTES
    answer = read_line(line)
    assert isinstance(answer, HostAnswer)
    assert (answer.host, answer.outcome) == ('we"b', "ok" if is_whole else "failed")
    assert ("stdout" in answer.result) is is_whole
    assert (failure_of(answer).reason is Reason.TOO_LARGE) is not is_whole
