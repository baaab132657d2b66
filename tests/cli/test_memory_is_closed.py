"""While csrtui has a passphrase in memory, no other process of its user can read it, and a kill leaves no core dump."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import DEADLINE, ROOT
from safety_results import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMISE = "There is no core dump, and no other process of the user can read csrtui's memory"
PROGRAM = ROOT / "tests" / "support" / "held_passphrase.py"
DUMPING = ("ABRT", "SEGV", "BUS", "ILL", "FPE", "QUIT", "TRAP", "SYS", "XCPU")
"""The signals that cause a core dump (signal(7)), except SIGXFSZ, which Python ignores."""


def seen(folder: Path, hardened: str) -> list[str]:
    """Return the parts of a process with a passphrase that another process of the same user can open."""
    folder.mkdir()
    folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-B", str(PROGRAM), str(folder), hardened],
        capture_output=True, check=True, timeout=DEADLINE, start_new_session=True,
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout)
    return found


def dumped(folder: Path, hardened: str, number: signal.Signals) -> bool:
    """Return whether a process with a passphrase leaves a core dump when this signal kills it."""
    folder.mkdir()
    words = ["prlimit", "--core=unlimited", sys.executable, "-B", str(PROGRAM), str(folder), hardened, "wait"]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"1"
        process.send_signal(number)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -os.WTERMSIG(status)
    assert os.WTERMSIG(status) == number
    return os.WCOREDUMP(status) or bool(list(folder.glob("core*")))


@pytest.fixture
def outside() -> Iterator[Path]:
    """Return a folder that every user can reach, which pytest's own folders may not be."""
    with tempfile.TemporaryDirectory(prefix="csrtui-reachable.") as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@pytest.mark.safety
def test_another_process_of_the_same_user_cannot_read_the_memory(outside: Path) -> None:
    with counted(PROMISE, "other processes open its memory and environment, and attach to it") as tally:
        control = seen(outside / "open", "no")
        if not {"mem", "environ", "ptrace"} & set(control):
            pytest.skip("here no process can look into another of its user anyway")
        assert seen(outside / "closed", "yes") == []
        tally.add(len(control))


@pytest.mark.safety
def test_no_signal_leaves_a_core_dump(tmp_path: Path) -> None:
    with counted(PROMISE, "every signal that causes core dumps") as tally:
        if not dumped(tmp_path / "control", "no", signal.SIGABRT):
            pytest.skip("here no process leaves a core anyway")
        for name in DUMPING:
            assert not dumped(tmp_path / name, "yes", signal.Signals[f"SIG{name}"]), name
            tally.add()
