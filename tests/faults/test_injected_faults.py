"""A program that adds or changes a pair is killed, or a system call fails, at the critical calls.

After each fault, the store has the complete pair or none, as the program reported, and the next run works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from injection import Call, Outcome, calls_in, require_strace, run_with_fault
from store_process import command
from store_state import check_store, names_on_disk, pair_files

from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from pathlib import Path

KILL = "signal=KILL"
ERRORS = ("error=EIO", "error=ENOSPC", "error=EINTR")
NOT_CONFIRMED = "NotConfirmedError"

ADD, ADD_FIRST, CHANGE = "add-once", "add-once first", "change-once"


def prepare(action: str, place: Path) -> tuple[Path, list[str]]:
    """Make the initial state, and return the store's folder and the program to run."""
    place.mkdir()
    store = place / "data" / "store"
    if action != ADD_FIRST:
        Keystore(str(store)).add("old", pair_files("old"))
    name = "old" if action == CHANGE else "new"
    return store, command(action.split(maxsplit=1)[0], str(store), name)


def check_after(action: str, store: Path, outcome: Outcome) -> None:
    """Assert that the store is intact and agrees with the program's report, then continue."""
    check_store(store)
    session = Keystore(str(store))
    done = outcome.code == 0 or NOT_CONFIRMED in outcome.talk
    killed = outcome.code not in {0, 3}
    if killed:
        assert outcome.code in {-9, 137}, outcome.talk
    if action == CHANGE:
        record = session.read("old").record
        assert record in {b'{"schema": 1} old', b'{"schema": 1} new'}
        assert killed or done == record.endswith(b"new")
        with session.change("old") as change:
            change.replace_record(b'{"schema": 1} next')
        assert session.read("old").record.endswith(b"next")
    else:
        before = set() if action == ADD_FIRST else {"old"}
        there = set(names_on_disk(store))
        assert there in (before, before | {"new"})
        assert killed or done == ("new" in there)
        for name in there:
            assert session.read(name).csr == b"request " + name.encode()
        assert session.add("new", pair_files("new")) == ("new-2" if "new" in there else "new")
    session.remove_leftovers()
    assert session.leftovers() == []
    assert not list(store.rglob(".tmp-*"))
    check_store(store)


def sweep(action: str, tmp_path: Path, chosen: list[tuple[Call, str]]) -> None:
    """Run the program once for each fault."""
    for number, (call, fault) in enumerate(chosen):
        store, program = prepare(action, tmp_path / str(number))
        outcome = run_with_fault(program, tmp_path / f"{number}.trace", call, fault)
        try:
            check_after(action, store, outcome)
        except AssertionError as error:
            error.add_note(f"{fault} at {call}: exit code {outcome.code}, {outcome.talk}")
            raise


def calls_of(action: str, tmp_path: Path) -> list[Call]:
    """Return the calls on the store in a run without faults."""
    require_strace(tmp_path)
    store, program = prepare(action, tmp_path / "reference")
    calls = calls_in(program, tmp_path / "reference.trace", tmp_path / "reference")
    assert names_on_disk(store)
    assert {"fsync", "flock", "openat"} <= {call.name for call in calls}
    return calls


@pytest.mark.parametrize("action", [ADD, pytest.param(CHANGE, marks=pytest.mark.slow)])
def test_critical_calls_may_fail(action: str, tmp_path: Path) -> None:
    calls = calls_of(action, tmp_path)
    flushes = [call for call in calls if call.name == "fsync"]
    (rename,) = [call for call in calls if call.name.startswith("rename")]
    write = next(call for call in calls if call.name == "write")
    chosen = [(call, KILL) for call in (flushes[0], flushes[-2], rename, flushes[-1])]
    chosen += [(write, "error=ENOSPC"), (flushes[0], "error=EIO"), (rename, "error=EIO")]
    chosen += [(flushes[-1], "error=EIO")]
    sweep(action, tmp_path, chosen)


def test_a_failed_flush_of_a_folder_is_reported_as_saved_but_not_confirmed(tmp_path: Path) -> None:
    last = [call for call in calls_of(ADD, tmp_path) if call.name == "fsync"][-1]
    store, program = prepare(ADD, tmp_path / "run")
    outcome = run_with_fault(program, tmp_path / "trace", last, "error=EIO")
    assert outcome.code == 3
    assert "new is saved, but the disk did not confirm it" in outcome.talk
    assert names_on_disk(store) == ["new", "old"]
