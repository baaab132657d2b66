"""The creation of many pairs is killed, or a system call fails.

After each fault, no reported row is lost, no pair is incomplete, and the same command makes the remaining pairs and
no pair twice.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from batch_process import command
from injection import Call, Outcome, calls_in, require_strace, run_with_fault
from safety_results import every
from store_state import mode_of

from csrtui.core.keys import key_types
from csrtui.store.keystore import Keystore
from csrtui.tasks.list import read_all_pairs
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.pairs.pair import Pair

KILL = "signal=KILL"
ERRORS = ("error=EIO", "error=ENOSPC", "error=EINTR")
NAMES = ["a.com", "b.com", "a.com-2", "c.com", "d.com"]
ROWS = "common_name,names\na.com,\nb.com,\na.com,x.com\nc.com,\nd.com,\n"


class Scene:
    """One run with its own store, whose output goes to a file.

    Args:
        place: A new folder.
    """

    def __init__(self, place: Path, *options: str) -> None:
        place.mkdir()
        self.store, self.answers = place / "store", place / "answers"
        rows = place / "rows.csv"
        rows.write_text(ROWS)
        self.plain = command(self.store, rows, *options)
        script = 'exec "$@" > "$0"'
        self.program = ["sh", "-c", script, str(self.answers), *self.plain]

    def check(self, outcome: Outcome) -> None:
        """Assert that the state after a fault is right, and that the next run works."""
        assert outcome.code in {0, 1, 3, -9, 137}, outcome.talk
        answered = [row["pair"] for row in self._rows(self.answers.read_text()) if row["ok"]]
        there = self._pairs()
        for pair in answered:
            assert there[pair["name"]].record.key.spki_sha256 == pair["key"]["spki_sha256"]
        done = subprocess.run(
            self.plain, capture_output=True, text=True, check=False, env={"PATH": os.defpath}
        )
        assert done.returncode == 0, done.stderr
        again = self._rows(done.stdout)
        assert len(again) == len(NAMES)
        assert {row["pair"]["name"] for row in again if row.get("skipped")} == set(there)
        assert sorted(self._pairs()) == sorted(NAMES)
        assert [name for name in os.listdir(self.store / "pairs") if name.startswith(".")] == []

    def _rows(self, text: str) -> list[dict[str, Any]]:
        """Return the result rows. A kill can truncate the last line."""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def _pairs(self) -> dict[str, Pair]:
        """Return the pairs, after checking that each is complete."""
        session = Session(Keystore(str(self.store)))
        found = read_all_pairs(session)
        assert found.problems == ()
        for pair in found.pairs:
            key = open_key(session, pair)
            assert key_types.spki_sha256(key.public_key()) == pair.record.key.spki_sha256
            assert {path.name: mode_of(path) for path in (self.store / "pairs" / pair.name).iterdir()} == {
                "key.pem": 0o600,
                "request.pem": 0o644,
                "pair.json": 0o600,
            }
        return {pair.name: pair for pair in found.pairs}


def calls_of(tmp_path: Path, *options: str) -> list[Call]:
    """Return the calls on the store in a run without faults."""
    require_strace(tmp_path)
    scene = Scene(tmp_path / "reference", *options)
    calls = calls_in(scene.program, tmp_path / "reference.trace", scene.store)
    assert [row["pair"]["name"] for row in scene._rows(scene.answers.read_text())] == NAMES
    flushes = sum(call.name == "fsync" for call in calls)
    assert flushes >= 4 * len(NAMES) + 3 if "--in-turn" in options else flushes, (
        "all in one thread, to be counted"
    )
    assert sum(call.name.startswith("rename") for call in calls) == len(NAMES)
    return calls


def sweep(tmp_path: Path, chosen: list[tuple[Call, str]], *options: str) -> None:
    """Run the program once for each fault."""
    for number, (call, fault) in enumerate(chosen):
        scene = Scene(tmp_path / str(number), *options)
        outcome = run_with_fault(scene.program, tmp_path / f"{number}.trace", call, fault)
        try:
            scene.check(outcome)
        except Exception as error:
            error.add_note(f"{fault} at {call}: exit code {outcome.code}, {outcome.talk}")
            raise


@pytest.mark.slow
def test_critical_calls_may_fail(tmp_path: Path) -> None:
    calls = calls_of(tmp_path, "--in-turn")
    flushes = [call for call in calls if call.name == "fsync"]
    renames = [call for call in calls if call.name.startswith("rename")]
    chosen = [(renames[1], KILL), (flushes[-1], KILL), (flushes[5], "error=EIO"), (renames[2], "error=EIO")]
    sweep(tmp_path, chosen, "--in-turn")


@pytest.mark.slow
@pytest.mark.safety
def test_a_kill_at_every_call_loses_nothing(tmp_path: Path) -> None:
    calls = calls_of(tmp_path, "--in-turn")
    changing = [call for call in calls if call.name not in {"read", "close", "newfstatat", "getdents64"}]
    sweep(tmp_path, [(call, KILL) for call in changing[:: every(12)]], "--in-turn")


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("fault", ERRORS)
def test_every_call_may_fail(tmp_path: Path, fault: str) -> None:
    calls = calls_of(tmp_path, "--in-turn")
    changing = [call for call in calls if call.name not in {"read", "close", "newfstatat", "getdents64"}]
    sweep(tmp_path, [(call, fault) for call in changing[:: every(12)]], "--in-turn")


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("when", range(1, 4))
def test_a_kill_during_parallel_flushes_loses_nothing(tmp_path: Path, when: int) -> None:
    require_strace(tmp_path)
    sweep(tmp_path, [(Call("fsync", when, "of any thread"), KILL)])
