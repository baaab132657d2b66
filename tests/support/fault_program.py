"""The program that injects faults into actions: a process with all imports, which forks for each fault.

It is started with the library of `fault_shim` before the C library, and prints the results as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(SUPPORT)), SUPPORT]

from after_faults import KILLED, check_goes_on, check_notes, check_place, check_said  # noqa: E402 - the path comes first
from backups_made import QUICK  # noqa: E402 - the same
from fault_runs import Runs  # noqa: E402 - the same
from fault_shim import LOOKING, Call, Fault  # noqa: E402 - the same
from writing_actions import ACTIONS, Action  # noqa: E402 - the same

from csrtui.core.keys import pkcs8  # noqa: E402 - the same

_TRIES = 4
"""The number of attempts until an action with threads makes this number of calls."""


def try_fault(runs: Runs, action: Action, when: int, fault: Fault) -> bool:
    """Inject one fault into one run, check everything, and return whether the fault occurred."""
    runs.fresh()
    ended = runs.run(action, when, fault)
    fired = runs.shim.fired
    assert (ended.status == KILLED) == (fired and fault is Fault.KILL), ended
    store = runs.store_of(action)
    check_notes(runs.shim.notes(), store)
    if store.exists():
        check_place(runs.place, store)
    runs.before.check(runs.place, action)
    check_said(action, runs.place, runs.before, ended)
    check_goes_on(action, runs.place, runs.before, lambda: runs.run(action))
    check_place(runs.place, store)
    runs.before.check(runs.place, action)
    return fired


def faults_of(call: Call) -> tuple[Fault, ...]:
    """Return the possible faults of a call. A full disk affects only calls that change it."""
    if call.name in LOOKING:
        return (Fault.KILL, Fault.EIO, Fault.EINTR)
    short = (Fault.SHORT,) if call.name == "write" else ()
    return (Fault.KILL, Fault.EIO, Fault.ENOSPC, Fault.EDQUOT, Fault.EROFS, Fault.EINTR, *short)


def sweep(runs: Runs, action: Action, step: int) -> dict[str, object]:
    """Inject every possible fault into every call, or one of every `step` faults, and return the results."""
    calls = runs.calls_of(action)
    chosen = [(call, fault) for call in calls for fault in faults_of(call)][::step]
    fired: dict[str, int] = {}
    missed: list[str] = []
    failures: list[str] = []
    for call, fault in chosen:
        label = f"{action.name}: {fault.name} at call {call.number}, {call.name} {call.path}"
        given = False
        try:
            tries = _TRIES if action.many else 1
            given = any(try_fault(runs, action, call.number, fault) for _ in range(tries))
        except Exception:  # noqa: BLE001 - all errors are reported at the end
            failures.append(f"{label}\n{traceback.format_exc(limit=-3)}")
            given = True
        if given:
            fired[fault.name] = fired.get(fault.name, 0) + 1
        else:
            missed.append(label)
    names = sorted({call.name for call in calls})
    return {"calls": len(calls), "names": names, "fired": fired, "missed": missed, "failures": failures}


def main(scratch: str, step: str, *names: str) -> None:
    """Sweep some actions or, with a step of 0, print the calls of one action, marked for a trace.

    Args:
        scratch: An empty folder.
        step: The step between injected faults.
        names: The actions.
    """
    pkcs8.ITERATIONS = QUICK
    runs = Runs(Path(scratch))
    chosen = [action for action in ACTIONS if action.name in names]
    assert len(chosen) == len(names)
    for action in chosen:
        runs.warm(action)
    if step == "0":
        found: object = [[call.name, call.path] for call in runs.calls_of(chosen[0])]
    else:
        found = {action.name: sweep(runs, action, int(step)) for action in chosen}
    print(json.dumps(found))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
