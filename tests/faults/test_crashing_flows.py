"""Every command crashes at the start or end of each of its functions while it has secrets in memory: none leaks.

They do not appear in the output, another file, the environment, or the arguments of another program.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from canary import CANARY
from canary_flows import ELSEWHERE, FLOWS
from in_memory import scratch
from safety_results import every, record

from csrtui.cli.parser import COMMANDS

PROGRAM = Path(__file__).parents[1] / "support" / "canary_program.py"
PROMISE = "A secret appears only where it belongs"


def sweep(step: int, *names: str, before: str = "") -> dict[str, Any]:
    """Let flows crash at one of every `step` places. `before` is the program's first action."""
    with scratch() as place:
        start = f"import runpy, sys; sys.argv = sys.argv[1:]; {before}\nrunpy.run_path(sys.argv[0], run_name='__main__')"
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", start, str(PROGRAM), place, str(step), *names],
            capture_output=True,
            check=False,
            text=True,
            timeout=1800,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def crash(step: int, *names: str) -> None:
    found = sweep(step, *names)
    tried = "canary secrets in every command, which crashes at the start or end of a function"
    record(PROMISE, tried, found["crashes"], len(found["wrong"]))
    assert found["crashes"] > len(names)
    assert not found["wrong"], "\n".join(found["wrong"][:5])


def test_every_command_is_in_the_table() -> None:
    words = {flow.words[0] for flow in FLOWS.values()}
    assert words | {*ELSEWHERE} == {command.name for command in COMMANDS} | {"fleet"}


@pytest.mark.safety
def test_some_crashes_of_a_flow_reveal_nothing() -> None:
    crash(61, "new --from --encrypt-key")


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("name", FLOWS)
def test_a_crash_at_any_place_reveals_nothing(name: str) -> None:
    crash(5 * every(4), name)


_LEAKING = """import os, subprocess, csrtui.tasks.backup as tasks
back_up_many = tasks.back_up_many
def leak(*arguments, **named):
    {what}
    return back_up_many(*arguments, **named)
tasks.back_up_many = leak"""
LEAKS = {
    f"a bug: ValueError (({CANARY!r}": "import csrtui.core.base.errors as bug; bug._place = str",
    "wrote /etc/hostname": _LEAKING.format(what="open('/etc/hostname', 'a').close()"),
    "a passphrase in home/left": _LEAKING.format(
        what=f"os.getcwd().endswith('/home') and open('left', 'w').write({CANARY!r})"
    ),
    "subprocess.Popen": _LEAKING.format(what=f"subprocess.run(['true', {CANARY!r}])"),
    "in the environment": _LEAKING.format(what=f"os.environ['X'] = {CANARY!r}"),
}
"""A kind of leak, and a program after which csrtui has that leak."""


@pytest.mark.slow
@pytest.mark.parametrize("found", LEAKS)
def test_a_leak_is_noticed(found: str) -> None:
    path = f"import sys; sys.path[:0] = [{str(PROGRAM.parents[2])!r}]\n"
    wrong = sweep(101, "backup", before=path + LEAKS[found])["wrong"]
    assert any(found in one for one in wrong)
