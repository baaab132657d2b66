"""Stamps read by two processes are those that one would have read, whatever becomes of the second."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from command import DEADLINE, ROOT, environment
from many_pairs import varied, write_pairs

from csrtui.store import stamps
from csrtui.store.stamp import STAMP_BYTES, read_pair_stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A process of its own: within pytest there may be threads, and a process with threads is not forked.
READ = """
import json, os, sys, threading
from csrtui.store import stamps
from csrtui.store.stamp import STAMP_BYTES, read_pair_stamp

pairs, case = sys.argv[1:]
stamps.CHUNK, stamps.ENOUGH = 3, 4
forks = []
fork = os.fork
def counted():
    forks.append(1)
    return fork()
os.fork = counted
os.cpu_count = lambda: 2
if case == "killed":
    stamps._enlarge = lambda sink: os.kill(os.getpid(), 9)
if case == "killed in the middle":
    write = os.write
    stamps.os.write = lambda sink, data: os.kill(os.getpid(), 9) if forks and len(data) < 200 else write(sink, data[:100])
if case == "no process to be had":
    def refused():
        raise BlockingIOError
    os.fork = refused
done = threading.Event()
if case == "with a thread":
    threading.Thread(target=done.wait).start()
descriptor = os.open(pairs, os.O_RDONLY)
names = sorted([*os.listdir(descriptor), "gone", "never-there"])
with stamps.helped(descriptor, names) as source:
    got = [one for at in range(0, len(names), 3) for one in source.of(names[at : at + 3])]
done.set()
try:
    os.waitpid(-1, os.WNOHANG)
    left = True
except ChildProcessError:
    left = False
print(json.dumps({
    "same": got == [read_pair_stamp(descriptor, name) for name in names],
    "none": sum(one is None for one in got),
    "forks": len(forks),
    "left": left,
}))
"""

LIST = """
import os, sys
from csrtui.cli.main import run
from csrtui.store import checking, stamps
from csrtui.tasks import looking

looking.MANY = 10
checking.CHUNK = stamps.CHUNK = 7
stamps.ENOUGH = int(sys.argv[2])
os.cpu_count = lambda: 2
sys.exit(run(["--store", sys.argv[1], "list", *sys.argv[3:]], open_screens=len))
"""


def python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(None),
        check=False,
        timeout=DEADLINE,
    )


@pytest.mark.parametrize(
    ("case", "forks"),
    [
        ("two", 1),
        ("killed", 1),
        ("killed in the middle", 1),
        ("no process to be had", 0),
        ("with a thread", 0),
    ],
)
def test_they_are_those_that_one_process_reads(tmp_path: Path, case: str, forks: int) -> None:
    write_pairs(tmp_path, varied(20))
    done = python(READ, str(tmp_path / "pairs"), case)
    answer: dict[str, Any] = json.loads(done.stdout or done.stderr)
    assert answer == {"same": True, "none": 2, "forks": forks, "left": False}


LEAVE = """
import os, sys
from csrtui.store import stamps
os.cpu_count = lambda: 2
descriptor = os.open(sys.argv[1], os.O_RDONLY)
names = [f"never-there-{number}" for number in range(30_000)]  # more than a pipe holds
with stamps.helped(descriptor, names) as source:
    source.of(names[:1000])
try:
    os.waitpid(-1, os.WNOHANG)
    print("left")
except ChildProcessError:
    print("gone")
"""


def test_a_second_process_that_nobody_listens_to_ends(tmp_path: Path) -> None:
    assert python(LEAVE, str(tmp_path)).stdout == "gone\n"


@pytest.mark.parametrize("arguments", [[], ["--next", "renew"], ["--filter", "shop"]], ids=" ".join)
def test_a_list_is_the_same_with_a_second_process(tmp_path: Path, arguments: list[str]) -> None:
    write_pairs(tmp_path, varied(60))
    (tmp_path / "pairs" / "www1.example.com" / "pair.json").write_text("{")
    alone = python(LIST, str(tmp_path), "1000", *arguments)
    assert "www1.example.com" in alone.stderr
    for _ in range(2):
        together = python(LIST, str(tmp_path), "1", *arguments)
        assert (together.returncode, together.stdout, together.stderr) == (
            alone.returncode,
            alone.stdout,
            alone.stderr,
        )


class Ended(BaseException):
    """In place of the second process's end."""


@pytest.fixture
def pairs_fd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Give the folder of seven pairs, for which a second process is worth it."""
    write_pairs(tmp_path, varied(7))
    monkeypatch.setattr(stamps, "CHUNK", 2)
    monkeypatch.setattr(stamps, "ENOUGH", 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    descriptor = os.open(tmp_path / "pairs", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def read(pairs_fd: int, names: list[str]) -> list[stamps.Stamp | None]:
    with stamps.helped(pairs_fd, names) as source:
        return [one for at in range(0, len(names), 2) for one in source.of(names[at : at + 2])]


def test_the_second_process_writes_what_it_is_to_read_and_ends(
    pairs_fd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(status: int) -> None:
        raise Ended(status)

    written = bytearray()

    def write(_: int, data: bytes) -> int:
        written.extend(data[:50])
        return len(data[:50])

    pipe = os.pipe()
    monkeypatch.setattr(os, "pipe", lambda: pipe)
    monkeypatch.setattr(os, "fork", lambda: 0)
    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(os, "write", write)
    names = sorted([*os.listdir(pairs_fd), "gone"])
    with pytest.raises(Ended), stamps.helped(pairs_fd, names):
        pass
    os.close(pipe[1])  # the other end is closed, or nobody would notice when the first process goes
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(pipe[0])
    assert len(written) == 6 * (STAMP_BYTES + 8)  # of eight, the first two are the other process's
    there = [one for one in (read_pair_stamp(pairs_fd, name) for name in names[2:]) if one is not None]
    assert len(there) == 5 + ("gone" not in names[2:])
    assert all(stamp in written for stamp, _ in there)


@pytest.mark.parametrize("fails", ["fork", "pipe", "nothing"])
def test_without_a_second_process_all_is_read_here(
    pairs_fd: int, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def refused() -> int:
        raise OSError(errno.EAGAIN, "refused")

    monkeypatch.setattr(os, "fork", lambda: 2**22 - 1)  # a process that is none, and writes nothing
    if fails != "nothing":
        monkeypatch.setattr(os, fails, refused)
    names = sorted(os.listdir(pairs_fd))
    assert read(pairs_fd, names) == [read_pair_stamp(pairs_fd, name) for name in names]


def test_what_a_second_process_reads_is_taken_from_it(pairs_fd: int) -> None:
    source, sink = os.pipe()
    os.write(sink, bytes(STAMP_BYTES + 8) + b"s" * STAMP_BYTES + b"\x05" + bytes(7))
    os.close(sink)
    reader = stamps.Stamps(pairs_fd, source)
    names = sorted(os.listdir(pairs_fd))
    assert reader.of(names[:2]) == [read_pair_stamp(pairs_fd, name) for name in names[:2]]
    assert reader.of(names[2:4]) == [None, (b"s" * STAMP_BYTES, 5)]
    os.close(source)
