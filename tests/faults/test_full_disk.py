"""A full disk: no partial work remains, the problem is reported, and the work succeeds once there is room.

The disk is a small tmpfs in a separate mount namespace.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fault_shim import built
from safety_results import record
from store_process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")

_PROGRAM = """
import os, subprocess, sys
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from csrtui.core.base.errors import StoreError
from csrtui.store.keystore import Keystore
from store_state import check_store, names_on_disk, pair_files

def replace(data):
    with store.change("old") as changing:
        changing.replace_record(data)


disk = Path(sys.argv[3])
subprocess.run(["mount", "-t", "tmpfs", "-o", sys.argv[4], "tmpfs", str(disk)], check=True)
folder = disk / "store"
store = Keystore(str(folder))
store.add("old", pair_files("old"))
store.save_draft(b"old draft")
kept, refused = 1, []
for _ in range(200):
    try:
        store.add("new", pair_files("new"))
        kept += 1
    except StoreError as error:
        refused.append(error)
        break
assert len(refused) == 1, "the disk was never full"
assert refused[0].message == f"cannot save the pair in {folder}: No space left on device", refused[0].message
assert refused[0].hint == "the disk is full: make room, then try again"
assert len(store.names()) == kept
assert store.leftovers() == []
check_store(folder)
filler = disk / "filler"
with filler.open("wb", buffering=0) as file:
    try:
        while True:
            file.write(b"x" * 4096)
    except OSError:
        pass
for change in (lambda: store.save_draft(b"new draft"), lambda: replace(b"new")):
    try:
        change()
    except StoreError as error:
        assert "No space left on device" in error.message, error.message
    else:
        raise AssertionError("there was room")
assert store.load_draft() == b"old draft"
assert store.read("old").record.endswith(b"old")
assert not list(folder.rglob(".tmp-*"))
check_store(folder)
os.remove(filler)
for name in names_on_disk(folder)[:3]:
    if name != "old":
        for path in (folder / "pairs" / name).iterdir():
            path.unlink()
        (folder / "pairs" / name).rmdir()
assert store.add("again", pair_files("again")) == "again"
replace(b"new")
assert store.read("old").record == b"new"
"""


def require_namespace() -> None:
    """Skip the test if no file system can be mounted."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    if subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a user namespace with mounts is not permitted here")


@pytest.mark.parametrize("size", ["size=128k", "size=4m,nr_inodes=40"])
def test_a_full_disk_does_not_lose_a_stored_pair(tmp_path: Path, size: str) -> None:
    require_namespace()
    disk = tmp_path / "disk"
    disk.mkdir()
    support = str(ROOT / "tests" / "support")
    done = subprocess.run(
        [*_UNSHARE, sys.executable, "-B", "-c", _PROGRAM, str(ROOT), support, str(disk), size],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.safety
def test_every_action_reports_a_full_disk_and_succeeds_with_room(tmp_path: Path) -> None:
    """Run each action with no free page, then with one, with two, and so on until it succeeds."""
    require_namespace()
    program = [sys.executable, "-I", "-B", str(ROOT / "tests" / "support" / "full_disk_program.py")]
    done = subprocess.run(
        [*_UNSHARE, *program, str(tmp_path)],
        env={"PATH": os.defpath, "LD_PRELOAD": built()},
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    failures = [failure for one in found.values() for failure in one["failures"]]
    full = sum(one["full"] for one in found.values())
    record(
        "A full disk is reported and loses no data",
        "every action on a tmpfs of increasing size",
        full,
        len(failures),
    )
    assert not failures, "\n\n".join(failures[:3])
    assert full > len(found)
