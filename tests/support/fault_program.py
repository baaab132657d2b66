"""The program that gives faults to actions: a process with everything imported, which forks for each of them.

It is started with the library of `fault_shim` before the C library, and prints what came of it as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback
from pathlib import Path

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(SUPPORT)), SUPPORT]

from after_faults import (  # noqa: E402 - the path comes first
    KILLED,
    Before,
    Ended,
    check_goes_on,
    check_notes,
    check_place,
    check_said,
)
from backups_made import QUICK  # noqa: E402
from fault_shim import Call, Fault, Shim  # noqa: E402
from store_process import mark  # noqa: E402
from writing_actions import ACTIONS, Action, Place, make_place  # noqa: E402

from csrtui.core import pkcs8  # noqa: E402

LOOKING = frozenset(
    [
        "access",
        "close",
        "closedir",
        "faccessat",
        "fdopendir",
        "fstat64",
        "fstatat64",
        "fstatvfs",
        "lstat64",
        "opendir",
        "pread64",
        "read",
        "readdir64",
        "readlink",
        "stat64",
        "statvfs",
        "statvfs64",
    ]
)
"""The calls by which a program looks at what is there."""
_TRIES = 4
"""How often an action whose threads take turns is tried until it makes so many calls."""


class Runs:
    """Runs of actions, each on a fresh copy of the place.

    Args:
        scratch: An empty folder.
    """

    def __init__(self, scratch: Path) -> None:
        self.shim = Shim()
        self.scratch = scratch
        self.place = Place(scratch / "place")
        self._template = scratch / "template"
        make_place(self.place.path)
        self.before = Before(self.place)
        shutil.copytree(self.place.path, self._template)

    def fresh(self) -> None:
        """Put everything back as it was."""
        shutil.rmtree(self.place.path)
        shutil.copytree(self._template, self.place.path)

    def run(self, action: Action, when: int = 0, fault: Fault = Fault.EIO) -> Ended:
        """Do an action in a process of its own; its call number `when` has the fault."""
        self.shim.clear()
        child = os.fork()
        if not child:
            os._exit(self._child(action, when, fault))
        _, how = os.waitpid(child, 0)
        out, err = (
            (self.scratch / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err")
        )
        return Ended(os.waitstatus_to_exitcode(how), out, err)

    def _child(self, action: Action, when: int, fault: Fault) -> int:
        try:
            os.environ.update(self.place.environ)
            for number, name in ((1, "out"), (2, "err")):
                file = os.open(self.scratch / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(file, number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.umask(0)  # what is kept from others is kept so whatever the umask
            mark()
            self.shim.arm(str(self.place.path), when, fault)
            status = action.act(self.place)
            self.shim.disarm()
            mark()
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:  # noqa: BLE001 - the parent reads it
            self.shim.disarm()
            traceback.print_exc()
            return 70
        return status

    def store_of(self, action: Action) -> Path:
        """The store that it works on."""
        fresh = self.place.path / "data" / "fresh"
        return fresh if action.name == "new, the first" else self.place.store

    def try_fault(self, action: Action, when: int, fault: Fault) -> bool:
        """Give one fault to one run, and check everything; whether it was given."""
        self.fresh()
        ended = self.run(action, when, fault)
        fired = self.shim.fired
        assert (ended.status == KILLED) == (fired and fault is Fault.KILL), ended
        store = self.store_of(action)
        check_notes(self.shim.notes(), store)
        if store.exists():
            check_place(self.place, store)
        self.before.check(self.place, action)
        check_said(action, self.place, self.before, ended)
        check_goes_on(action, self.place, self.before, lambda: self.run(action))
        check_place(self.place, store)
        self.before.check(self.place, action)
        return fired


def calls_of(runs: Runs, action: Action) -> list[Call]:
    """Return the calls that an action makes when nothing fails; that it is done then is asserted."""
    runs.fresh()
    assert not action.done(runs.place)
    ended = runs.run(action)
    assert ended.status == 0, ended
    assert action.done(runs.place)
    notes = runs.shim.notes()
    check_notes(notes, runs.store_of(action))
    return [note for note in notes if isinstance(note, Call)]


def faults_of(call: Call) -> tuple[Fault, ...]:
    """Return what can happen at a call: what a disk says that takes no more is only said to what changes it."""
    if call.name in LOOKING:
        return (Fault.KILL, Fault.EIO, Fault.EINTR)
    short = (Fault.SHORT,) if call.name == "write" else ()
    return (Fault.KILL, Fault.EIO, Fault.ENOSPC, Fault.EDQUOT, Fault.EROFS, Fault.EINTR, *short)


def sweep(runs: Runs, action: Action, step: int) -> dict[str, object]:
    """Give every call every fault it can have, or every so manieth of these; return what came of it."""
    calls = calls_of(runs, action)
    chosen = [(call, fault) for call in calls for fault in faults_of(call)][::step]
    fired: dict[str, int] = {}
    missed: list[str] = []
    failures: list[str] = []
    for call, fault in chosen:
        label = f"{action.name}: {fault.name} at call {call.number}, {call.name} {call.path}"
        given = False
        try:
            tries = _TRIES if action.many else 1
            given = any(runs.try_fault(action, call.number, fault) for _ in range(tries))
        except Exception:  # noqa: BLE001 - all of them are told at the end
            failures.append(f"{label}\n{traceback.format_exc(limit=-3)}")
            given = True
        if given:
            fired[fault.name] = fired.get(fault.name, 0) + 1
        else:
            missed.append(label)
    names = sorted({call.name for call in calls})
    return {"calls": len(calls), "names": names, "fired": fired, "missed": missed, "failures": failures}


def main(scratch: str, step: str, *names: str) -> None:
    """Sweep some actions, or with a step of 0 print the calls of one, marked for a trace.

    Args:
        scratch: An empty folder.
        step: Of how many faults one is given.
        names: The actions.
    """
    pkcs8.ROUNDS = QUICK
    runs = Runs(Path(scratch))
    chosen = [action for action in ACTIONS if action.name in names]
    assert len(chosen) == len(names)
    for action in chosen:
        _warm(runs, action)
    if step == "0":
        found: object = [[call.name, call.path] for call in calls_of(runs, chosen[0])]
    else:
        found = {action.name: sweep(runs, action, int(step)) for action in chosen}
    print(json.dumps(found))  # noqa: T201 - the answer


def _warm(runs: Runs, action: Action) -> None:
    """Do the action in this very process, so that the forks find imported what it imports."""
    runs.fresh()
    stdout, stderr = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout = sys.stderr = nowhere
        try:
            os.environ.update(runs.place.environ)
            action.act(runs.place)
        finally:
            sys.stdout, sys.stderr = stdout, stderr


if __name__ == "__main__":
    main(*sys.argv[1:])
