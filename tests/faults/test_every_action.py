"""Every action that writes, with every fault of a disk or a kill, at every one of its file-system calls.

After each fault, every pair is complete or missing, no existing file is lost, nothing is readable by others at any
time, no key is outside its folder, verified backups can be restored, and the report is right. The same action
then succeeds and leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fault_shim import built
from in_memory import scratch
from injection import CHANGING, MARK, require_strace
from safety_results import every, record
from writing_actions import ACTIONS

PROGRAM = Path(__file__).parents[1] / "support" / "fault_program.py"
NAMES = [action.name for action in ACTIONS]
PROMISE = "No data is lost, incomplete or readable by others, and the next run works"
_WORDS = {"KILL": "kill -9", "SHORT": "partial write"}
_SAME = {
    "open64": "openat",
    "openat64": "openat",
    "open": "openat",
    "futimens": "utimensat",
    "ftruncate64": "ftruncate",
}
"""The system call for functions of the C library with another name."""


def program(place: str, *arguments: str) -> list[str]:
    return [sys.executable, "-I", "-B", str(PROGRAM), place, *arguments]


def sweep(step: int, *names: str) -> None:
    """Inject one of every `step` faults into the actions, and check that every action got one."""
    with scratch() as place:
        done = subprocess.run(
            program(place, str(step), *names),
            env={"PATH": os.defpath, "LD_PRELOAD": built()},
            capture_output=True,
            check=False,
            text=True,
            timeout=1800,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    failures = [failure for one in found.values() for failure in one["failures"]]
    fired: Counter[str] = Counter()
    for name, one in found.items():
        assert one["calls"] > 20, name
        fired.update(one["fired"])
    for fault, times in fired.items():
        tried = f"{_WORDS.get(fault, fault)} at each file-system call of every action"
        record(PROMISE, tried, times, sum(f": {fault} at " in failure for failure in failures))
    assert not failures, f"{len(failures)} of {fired.total()}:\n\n" + "\n\n".join(failures[:5])
    assert [missed for one in found.values() for missed in one["missed"]] == []
    assert len(fired) >= 6 or len(names) == 1


@pytest.mark.safety
def test_some_calls_of_every_action_may_fail() -> None:
    sweep(307, *NAMES)


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("name", NAMES)
def test_any_call_may_fail(name: str) -> None:
    sweep(every(5), name)


@pytest.mark.parametrize(
    "name",
    ["new", *(pytest.param(name, marks=pytest.mark.slow) for name in ("backup", "export", "new --from"))],
)
def test_no_call_that_changes_anything_is_overlooked(name: str, tmp_path: Path) -> None:
    """Compare the counted calls with those that strace reports."""
    require_strace(tmp_path)
    log = tmp_path / "trace"
    traced = ",".join(
        f"?{call}" for call in sorted({*CHANGING, "openat", "access", "faccessat", "faccessat2"})
    )
    done = subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-o",
            str(log),
            "-e",
            f"trace={traced}",
            "-E",
            f"LD_PRELOAD={built()}",
            *program(str(tmp_path / "scratch"), "0", name),
        ],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    counted = Counter(_SAME.get(call, call) for call, _ in json.loads(done.stdout))
    _, work, _ = re.split(rf".*{MARK}.*\n", log.read_text(errors="replace"))
    lines = [line for line in work.splitlines() if str(tmp_path / "scratch" / "place") in line]
    seen = Counter(match[1] for line in lines if (match := re.match(r"\d+ +(\w+)\(", line)))
    seen.pop("access", None), seen.pop("faccessat2", None)
    assert seen["fsync"]
    assert {call: counted[call] for call in seen} == dict(seen)
