"""The power fails during actions, and after they have reported success, on a real ext4.

After the journal was replayed, everything reported as done exists and is complete, and the same action
succeeds. An action without flushes fails the test, which shows that the test notices a missing flush.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from fault_shim import built
from safety_results import record
from writing_actions import ACTIONS

PROGRAM = Path(__file__).parents[1] / "support" / "power_cut_program.py"
PATH = os.pathsep.join([os.defpath, "/usr/sbin", "/sbin"])
PROMISE = "Reported work survives a power cut, and nothing is incomplete after it"


def require_disks() -> None:
    """Skip the test if no disk can be made."""
    if os.geteuid():
        pytest.skip("only root may mount a disk")
    for name in ("mkfs.ext4", "unshare", "findmnt"):
        if shutil.which(name, path=PATH) is None:
            pytest.skip(f"{name} is not installed")
    found = subprocess.run(["losetup", "-f"], capture_output=True, check=False, env={"PATH": PATH})
    if found.returncode:
        pytest.skip("there are no loop devices here")


def cut(how: str, *names: str) -> dict[str, Any]:
    """Cut the power during actions, and return the results."""
    require_disks()
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="csrtui-power.", dir=place) as scratch:
        done = subprocess.run(
            ["unshare", "--mount", sys.executable, "-I", "-B", str(PROGRAM), scratch, how, *names],
            env={"PATH": PATH, "LD_PRELOAD": built()},
            capture_output=True,
            check=False,
            text=True,
            timeout=1800,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert list(found) == list(names)
    return found


def survives(name: str) -> None:
    """Assert that an action loses nothing."""
    found = cut("flushed", name)[name]
    failures = found["failures"]
    record(
        PROMISE,
        "a power cut on ext4, with the journal written as late or as early as possible",
        found["states"],
        len(failures),
    )
    assert found["states"] > 5
    assert not failures, f"{len(failures)} of {found['states']}:\n\n" + "\n\n".join(failures[:3])


@pytest.mark.safety
def test_a_change_survives_a_power_cut() -> None:
    survives("retire")


@pytest.mark.slow
def test_a_change_that_is_not_flushed_is_caught() -> None:
    failures = "\n".join(cut("unflushed", "retire")["retire"]["failures"])
    assert "lost: Ended(status=0" in failures
    assert "pair.json is not JSON" in failures


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("name", [action.name for action in ACTIONS if action.name != "retire"])
def test_every_action_survives_a_power_cut(name: str) -> None:
    survives(name)


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize(
    "name", ["new", "new --from", "backup", "restore", "import", "adopt", "renew", "export"]
)
def test_every_action_that_is_not_flushed_is_caught(name: str) -> None:
    assert cut("unflushed", name)[name]["failures"]
