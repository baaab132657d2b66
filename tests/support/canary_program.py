"""The program that lets flows with canaries crash: a process with all imports, which forks for each crash.

A crash is an error with secrets in its message and local variables, raised when a function of csrtui
starts or ends for the first time. The program prints the results as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(SUPPORT)), SUPPORT]

from backups_made import QUICK  # noqa: E402 - the path comes first
from canary import CANARY, found_in  # noqa: E402 - the same
from canary_flows import FIRST_NEW, FLOWS, Flow, Secrets, make_place, use_canary_keys  # noqa: E402 - the same
from fault_runs import settle_threads  # noqa: E402 - the same
from foreign_made import ec_key, pkcs8  # noqa: E402 - the same

from csrtui.cli.main import run  # noqa: E402 - the same
from csrtui.core.keys import pkcs8 as own_pkcs8  # noqa: E402 - the same
from csrtui.process_protection import hide_unraisable_errors  # noqa: E402 - the same

if TYPE_CHECKING:
    from types import FrameType

_OURS = os.path.join(os.path.dirname(os.path.dirname(SUPPORT)), "csrtui") + os.sep
_TOP = frozenset({"run", "_dispatch", "<module>"})
"""The function that reports all crashes, in which there is no crash."""
_KINDS = (RuntimeError, ValueError, KeyError, TypeError)
"""Errors that code can catch and quote."""
_FORBIDDEN = (
    "subprocess.",
    "os.exec",
    "os.posix_spawn",
    "os.system",
    "os.putenv",
    "socket.connect",
    "os.fork",
)
"""Events of sys.audit that no flow causes: starting a program with visible arguments, changing the environment, connecting."""
_TRACED_BACK = 70


class Crash:
    """A counter of the first starts and ends of csrtui's functions, which crashes at one of them.

    Args:
        at: The number of the place, from 1, or 0 for no crash.
    """

    def __init__(self, at: int) -> None:
        self.count = 0
        self._at = at
        self._seen: set[tuple[object, str]] = set()

    def watch(self, frame: FrameType, event: str, _: Any) -> None:
        """Profile the program (`sys.setprofile`), and raise the error at the chosen place."""
        code = frame.f_code
        if not code.co_filename.startswith(_OURS) or code.co_name in _TOP or (code, event) in self._seen:
            return
        self._seen.add((code, event))
        self.count += 1
        if self.count == self._at:
            raise _KINDS[self.count % len(_KINDS)](
                CANARY, pkcs8(ec_key(FIRST_NEW)).decode(), repr(frame.f_locals)
            )


def _watch_what_it_does(path: Path, wrong: list[str], secrets: Secrets) -> None:
    """Record every started program, every change of the environment, and every file written outside the place."""

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            wrong.append(f"{event} {arguments!r}")
        if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            name = str(arguments[0])
            if os.path.isabs(name) and not name.startswith((f"{path}/", "/dev/null", "/dev/tty")):
                wrong.append(f"wrote {name}")
        if event.startswith("syslog.") and found_in(repr(arguments).encode(), secrets.all):
            wrong.append(event)

    sys.addaudithook(look)


def _child(path: Path, flow: Flow, crash_at: int, secrets: Secrets) -> int:
    """Run a flow and return its exit status. Further results are written beside the place."""
    for number, name in ((0, os.devnull), (1, f"{path}.out"), (2, f"{path}.err")):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
    home = str(path / "home")
    os.environ.update(HOME=home, TMPDIR=home, XDG_STATE_HOME=home, CSRTUI_STORE=str(path / "store"))
    os.chdir(home)
    wrong: list[str] = []
    crash = Crash(crash_at)
    _watch_what_it_does(path, wrong, secrets)
    threading.setprofile(crash.watch)
    sys.setprofile(crash.watch)
    try:
        status = run([word.format(path=path) for word in flow.words], open_screens=lambda *_: 2)
        sys.setprofile(None)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - the parent finds the error in the output
        sys.setprofile(None)
        traceback.print_exc()
        status = _TRACED_BACK
    if found_in(repr(os.environ).encode(), secrets.all):
        wrong.append("in the environment")
    Path(f"{path}.json").write_text(json.dumps({"steps": crash.count, "wrong": wrong}))
    return status


class Runs:
    """Runs of one flow, each with a fresh copy of the place.

    Args:
        scratch: An empty folder.
        name: The name of the flow.
    """

    def __init__(self, scratch: Path, name: str) -> None:
        self._template, self._path = scratch / "template", scratch / "place"
        self._flow = FLOWS[name]
        self._secrets = make_place(self._path)
        shutil.copytree(self._path, self._template)

    def warm(self) -> None:
        """Run the flow in this process, so that the forks do not have to import anything."""
        stdout, stderr = sys.stdout, sys.stderr
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            sys.stdout = sys.stderr = nowhere
            try:
                os.environ["CSRTUI_STORE"] = str(self._path / "store")
                run([word.format(path=self._path) for word in self._flow.words], open_screens=lambda *_: 2)
            finally:
                sys.stdout, sys.stderr = stdout, stderr

    def crash(self, crash_at: int) -> tuple[int, list[str]]:
        """Crash at a step (0: none). Return the number of steps, and the problems."""
        shutil.rmtree(self._path)
        shutil.copytree(self._template, self._path)
        settle_threads()
        child = os.fork()
        if not child:
            os._exit(_child(self._path, self._flow, crash_at, self._secrets))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        told = json.loads(Path(f"{self._path}.json").read_text())
        wrong: list[str] = [*told["wrong"], *self._secrets.misplaced(self._path, self._flow)]
        said = b"".join(Path(f"{self._path}.{name}").read_bytes() for name in ("out", "err"))
        if found_in(said, self._secrets.all) or b"Traceback" in said:
            wrong.append(f"said: {said.decode(errors='replace')[-2000:]}")
        if status not in (range(4) if crash_at else {self._flow.status}):
            wrong.append(f"status {status}: {said.decode(errors='replace')[-2000:]}")
        return told["steps"], [f"step {crash_at}: {one}" for one in wrong]


def main(scratch: str, step: str, *names: str) -> None:
    """Let the flows crash at one of every `step` places, and print the number of crashes and the problems."""
    own_pkcs8.ITERATIONS = QUICK
    hide_unraisable_errors()
    crashes, wrong = 0, []
    for at, name in enumerate(names):
        (folder := Path(scratch) / str(at)).mkdir()
        use_canary_keys()
        runs = Runs(folder, name)
        runs.warm()
        use_canary_keys()
        steps, found = runs.crash(0)
        wrong += [f"{name}: {one}" for one in found]
        for crash_at in range(1 + at % int(step), steps + 1, int(step)):
            reached, found = runs.crash(crash_at)
            crashes += reached >= crash_at
            wrong += [f"{name}: {one}" for one in found]
    print(json.dumps({"crashes": crashes, "wrong": wrong}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
