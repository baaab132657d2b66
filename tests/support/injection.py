"""Faults from the kernel itself at one chosen call of a program, injected with strace.

``--seccomp-bpf`` is not used, because it drops an injected signal silently. Every run is compared with its own
trace, because a sweep in which nothing failed would prove nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MARK = "/csrtui-begins"
"""The program accesses this path when its work begins, after the start of the interpreter."""

CHANGING = frozenset(
    [
        "link",
        "linkat",
        "mkdir",
        "mkdirat",
        "chmod",
        "fchmod",
        "fchmodat",
        "write",
        "pwrite64",
        "ftruncate",
        "fsync",
        "rename",
        "renameat",
        "renameat2",
        "unlink",
        "unlinkat",
        "rmdir",
        "utimensat",
        "flock",
    ]
)
"""The calls that change the disk, or lock a file."""

LOOKING = frozenset({"openat", "newfstatat", "close", "getdents64", "read"})
"""The calls that read; one of them can also create a file."""

_MARKING = ("access", "faccessat", "faccessat2")
_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a traced program.

    Attributes:
        name: The name of the system call.
        when: The number among the calls of the same name, from 1, as strace counts.
        text: The arguments and the result; descriptors have their paths.
    """

    name: str
    when: int
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a program with a fault: its exit code (negative: the signal) and its stderr."""

    code: int
    talk: str


def require_strace(tmp_path: Path) -> None:
    """Skip the test if strace is missing or may not trace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    tried = subprocess.run(
        ["strace", "-o", str(tmp_path / "tried"), "true"], capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip("strace may not trace here")


def calls_in(command: Sequence[str], log: Path, place: Path) -> list[Call]:
    """Run a program to its end, and return its calls that touch anything below `place`."""
    _run(command, log, [])
    numbers: Counter[str] = Counter()
    found = []
    begun = False
    for line in log.read_text(errors="replace").splitlines():
        if not (match := _CALL.match(line)):
            continue
        name, text = match.groups()
        numbers[name] += 1
        begun = begun or MARK in text
        if begun and str(place) in text and name not in _MARKING:
            found.append(Call(name, numbers[name], text))
    assert begun
    return found


def run_with_fault(command: Sequence[str], log: Path, call: Call, fault: str) -> Outcome:
    """Run a program with one fault, such as ``error=EIO`` or ``signal=KILL``, and assert that the fault occurred."""
    outcome = _run(command, log, ["-e", f"inject={call.name}:{fault}:when={call.when}"])
    trace = log.read_text(errors="replace")
    work = trace[trace.index(MARK) :]
    if fault == "signal=KILL":
        assert "+++ killed by SIGKILL +++" in work
        assert outcome.code in {-9, 137}
    else:
        assert len(re.findall(rf"{call.name}\(.*\(INJECTED\)", work)) == 1
    return outcome


def _run(command: Sequence[str], log: Path, options: list[str]) -> Outcome:
    traced = ",".join(f"?{name}" for name in sorted({*CHANGING, *LOOKING, *_MARKING}))
    done = subprocess.run(
        ["strace", "-f", "-y", "-o", str(log), "-e", f"trace={traced}", *options, *command],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env={"PATH": os.defpath},
    )
    return Outcome(done.returncode, done.stderr)
