"""Processes that a program left running are ended, and no others."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from csrtui.fleet import processes
from csrtui.fleet.processes import end_marked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

MARK = f"CSRTUI_TEST_MARK={os.getpid()}"
READY = "echo ready; exec sleep 60"


@contextmanager
def running(script: str, mark: str | None = MARK) -> Iterator[subprocess.Popen[bytes]]:
    """Run a bash script until it reports that it is ready."""
    env = os.environ | (dict([mark.split("=")]) if mark else {})
    process = subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE, env=env)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_process_with_the_mark_is_ended_and_one_without_it_is_not() -> None:
    other = MARK + "0"
    with running(READY) as marked, running(READY, None) as bare, running(READY, other) as another:
        end_marked(MARK, "/none")
        assert marked.wait() == -15
        assert bare.poll() is None
        assert another.poll() is None


def test_a_process_that_is_starting_a_program_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read, looks = processes._read, []

    def read_late(process: str, name: str) -> bytes:  # as the kernel answers during execve(2)
        looks.append((process, name))
        return b"" if looks.count((process, name)) < 3 and name == "environ" else read(process, name)

    monkeypatch.setattr(processes, "_read", read_late)
    with running(READY) as marked:
        monkeypatch.setattr(os, "listdir", lambda _: [str(marked.pid)])
        end_marked(MARK, "/none")
        assert marked.wait() == -15


def test_a_process_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_END_TIMEOUT", 0.05)
    with running("trap '' TERM; echo ready; while :; do sleep 60; done") as stubborn:
        end_marked(MARK, "/none")
        assert stubborn.wait() == -9


def test_an_ssh_master_is_recognized_by_its_socket(tmp_path: Path) -> None:
    own = f"echo ready; exec -a 'ssh: {tmp_path}/cp/0123456789 [mux]' sleep 60"
    users = "echo ready; exec -a 'ssh: /home/me/.ssh/master [mux]' sleep 60"
    with running(own, None) as master, running(users, None) as other:
        wait_for(master, b"ssh: ")
        wait_for(other, b"ssh: ")
        end_marked(MARK, f"{tmp_path}/cp")
        assert master.wait() == -15
        assert other.poll() is None


def wait_for(process: subprocess.Popen[bytes], title: bytes) -> None:
    """Wait until the process has its new title."""
    while True:
        with open(f"/proc/{process.pid}/cmdline", "rb") as file:
            if file.read().startswith(title):
                return


def test_the_search_for_new_processes_has_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "_ROUNDS", 1)
    with running(READY) as marked:
        end_marked(MARK, "/none")
        assert marked.wait() == -15


def test_a_missing_process_or_proc_file_system_is_not_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("999999999", "1", "self"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(processes, "_PROC", str(tmp_path))
    end_marked(MARK, "/none")
    monkeypatch.setattr(processes, "_PROC", str(tmp_path / "none"))
    end_marked(MARK, "/none")


def test_a_process_that_ends_early_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(processes, "_END_TIMEOUT", 0.01)
    monkeypatch.setattr("signal.pidfd_send_signal", gone)
    with running(READY) as marked:
        end_marked(MARK, "/none")
        assert marked.poll() is None
