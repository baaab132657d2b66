"""Many processes work on one store, and some are killed: everything that was reported as done exists in the end.

No change undoes another one, no listing reads a partial record, and the doctor finds only leftovers of kills.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safety_results import record

PROGRAM = Path(__file__).parents[1] / "support" / "many_hands_program.py"
PROMISE = "Many processes on one store never undo each other's work"
VERBS = {"new", "list", "import", "backup", "submit", "retire", "renew"}


def work(place: Path, processes: int, seconds: int, how: str = "locked") -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-I", "-B", str(PROGRAM), str(place), str(processes), str(seconds), "1", how],
        capture_output=True,
        check=False,
        text=True,
        timeout=seconds * 10 + 60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def agree(found: dict[str, Any], tried: str) -> None:
    """Assert that the store contains what the processes reported as done."""
    actions = sum(found["done"].values())
    record(PROMISE, f"{tried}: actions reported as done", actions, len(found["wrong"]))
    record(PROMISE, f"{tried}: processes killed", found["kills"], 0)
    assert found["wrong"] == []


@pytest.mark.safety
def test_a_few_processes_for_a_moment(tmp_path: Path) -> None:
    agree(work(tmp_path, 4, 1), "4 processes for a second")


@pytest.mark.slow
@pytest.mark.safety
def test_fifty_processes_for_a_minute(tmp_path: Path) -> None:
    found = work(tmp_path, 50, 60)
    agree(found, "50 processes for a minute")
    assert set(found["done"]) == VERBS
    assert found["kills"] > 50


@pytest.mark.slow
@pytest.mark.safety
def test_processes_without_locks_are_caught(tmp_path: Path) -> None:
    assert work(tmp_path, 16, 15, "unlocked")["wrong"]
