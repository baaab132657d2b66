"""The program that cuts the power during actions: on an ext4 whose image is copied at any moment.

Data that was not flushed is only in the kernel's memory and not in the image, so it would be lost with the power. A copy
is mounted over the original in a mount namespace, so that its journal is replayed and all paths are the same.
Then it is checked. The program needs root, and is started with the library of `fault_shim` in its own mount
namespace, so that nothing stays mounted.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(SUPPORT)), SUPPORT]

from after_faults import Ended, check_goes_on, check_place  # noqa: E402 - the path comes first
from backups_made import QUICK  # noqa: E402 - the same
from fault_runs import Runs, settle_threads  # noqa: E402 - the same
from fault_shim import EVERY, LOOKING, Call, Fault  # noqa: E402 - the same
from writing_actions import ACTIONS, Action  # noqa: E402 - the same

from csrtui.core.keys import pkcs8  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE = 24 * 1024 * 1024
_NEW_NAMESPACE = 0x20000  # CLONE_NEWNS
_OPTIONS = "loop,noauto_da_alloc,commit=300"
"""ext4's own flushes for programs that do not flush are turned off."""


class Disk:
    """An ext4 in a file.

    Args:
        scratch: The folder for the file and the mount point.
    """

    def __init__(self, scratch: Path) -> None:
        self.image, self.copy, self.path = (scratch / name for name in ("image", "copy", "disk"))
        self.path.mkdir()
        with self.image.open("wb") as file:
            file.truncate(_SIZE)
        _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self.image))
        _run("mount", "-o", _OPTIONS, str(self.image), str(self.path))
        device = _run("findmnt", "-n", "-o", "SOURCE", str(self.path)).strip()
        self._statistics = Path("/sys/block", os.path.basename(device), "stat")
        self._noise = os.open(self.path / "noise", os.O_WRONLY | os.O_CREAT, 0o600)

    def settle(self) -> None:
        """Flush everything to the disk."""
        _run("sync", "-f", str(self.path))

    def commit(self) -> None:
        """Write the journal, as another process could cause it: all names, but not the waiting data."""
        os.pwrite(self._noise, b"x", 0)
        os.fsync(self._noise)

    @property
    def written(self) -> int:
        """Return the number of sectors written so far."""
        return int(self._statistics.read_text().split()[6])

    def cut(self, look: Callable[[], None]) -> str | None:
        """Check the state that would exist if the power failed now, and return the problem, or None."""
        shutil.copyfile(self.image, self.copy)
        reading, writing = os.pipe()
        settle_threads()
        child = os.fork()
        if not child:
            os.write(writing, (_seen(self, look) or "").encode()[:60_000])
            os._exit(0)
        os.close(writing)
        with open(reading, encoding="utf-8") as answers:
            answer = answers.read()
        os.waitpid(child, 0)
        return answer or None


def _seen(disk: Disk, look: Callable[[], None]) -> str | None:
    try:
        if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NAMESPACE):
            return os.strerror(ctypes.get_errno())
        _run("mount", "--make-rprivate", "/")
        _run("mount", "-o", "loop", str(disk.copy), str(disk.path))
        look()
    except BaseException:  # noqa: BLE001 - the error is reported
        return traceback.format_exc(limit=-4)
    return None


class Cuts:
    """Power cuts during one action.

    Args:
        runs: The runs of the action.
        disk: The disk.
        action: The name of the action.
    """

    def __init__(self, runs: Runs, disk: Disk, action: Action) -> None:
        self._runs = runs
        self._disk = disk
        self._action = action
        self.states = 0
        self.failures: list[str] = []

    def sweep(self, *, commits: bool, flushes: bool = True) -> None:
        """Cut the power at each change of the disk, and at the end.

        Args:
            commits: Whether the journal is written before every call, as other processes on the disk can cause it.
            flushes: Whether the action can flush anything. If not, it must lose reported work.
        """
        self._runs.fresh()
        self._disk.settle()
        child = self._runs.start(self._action, EVERY, Fault.STOP, (lambda: None) if flushes else _never_flush)
        written = -1
        while True:
            _, how = os.waitpid(child, os.WUNTRACED)
            if not os.WIFSTOPPED(how):
                break
            call = [note for note in self._runs.shim.notes() if isinstance(note, Call)][-1]
            if call.name not in LOOKING:
                if commits:
                    self._disk.commit()
                if self._disk.written != written:
                    self._cut(f"before call {call.number}, {call.name} {call.path}", None)
                written = self._disk.written
            os.kill(child, signal.SIGCONT)
        ended = self._runs.ended(os.waitstatus_to_exitcode(how))
        assert ended.status == 0, ended
        self._cut("when it was done", ended)

    def _cut(self, when: str, ended: Ended | None) -> None:
        said = self._runs.printed("out")

        def look() -> None:
            runs, action = self._runs, self._action
            runs.scratch /= "looking"  # output of the action, in this separate process
            store = runs.store_of(action)
            if store.exists():
                check_place(runs.place, store)
            runs.before.check(runs.place, action)
            for line in said.splitlines():  # each row is on the disk when it is reported
                if line.startswith("{") and (made := json.loads(line).get("pair")):
                    assert made["name"] in runs.place.names(), line
            assert ended is None or action.quiet or action.done(runs.place), f"lost: {ended}"
            check_goes_on(action, runs.place, runs.before, lambda: runs.run(action))
            check_place(runs.place, store)

        self.states += 1
        if wrong := self._disk.cut(look):
            self.failures.append(f"{self._action.name}: power cut {when}\n{wrong}")


def _never_flush() -> None:
    os.fsync = lambda fd: None  # noqa: ARG005 - named as the parameter that it replaces


def _run(*command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    done = subprocess.run(command, capture_output=True, check=False, text=True, env=environment)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def main(scratch: str, how: str, *names: str) -> None:
    """Cut the power during some actions. `how` is ``flushed`` or, to disable fsync, ``unflushed``."""
    pkcs8.ITERATIONS = QUICK
    disk = Disk(Path(scratch))
    runs = Runs(Path(scratch), disk.path / "place")
    (runs.scratch / "looking").mkdir()
    found = {}
    for action in (action for action in ACTIONS if action.name in names):
        runs.warm(action)
        cuts = Cuts(runs, disk, action)
        for commits in (False, True):
            cuts.sweep(commits=commits, flushes=how == "flushed")
        found[action.name] = {"states": cuts.states, "failures": cuts.failures}
    print(json.dumps(found))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
