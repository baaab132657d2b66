"""A backup or a restore is killed, or a system call fails, at the critical calls.

After each fault, the file and the pair are complete or missing, no backup is reported as verified that
cannot be restored, existing files still exist, and the next run works.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from backup_process import ROOT, command
from backups_made import PASSPHRASE
from injection import Call, Outcome, calls_in, require_strace, run_with_fault
from pairs_made import new_pair, order, record_of, restore
from requests_made import NOW

from csrtui.core.backups import backup_file
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.pairs.pair import BackupStatus
from csrtui.store.keystore import Keystore
from csrtui.tasks.backup import back_up
from csrtui.tasks.list import read_all_pairs
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.session import Session
from csrtui.tasks.verify import verify_many

if TYPE_CHECKING:
    from pathlib import Path

KILL = "signal=KILL"
ERRORS = ("error=EIO", "error=ENOSPC", "error=EINTR")
BACK_UP, RESTORE = "back-up", "restore"
FOREIGN = "a.com.20200101-000000.backup.pem"
"""The file that existed before."""

pytestmark = pytest.mark.usefixtures("few_rounds")


class Scene:
    """The state before and after a run.

    Args:
        action: The action.
        place: A new folder.
        template: A folder with a store and its backups, which is copied to it.
    """

    def __init__(self, action: str, place: Path, template: Path) -> None:
        shutil.copytree(template, place)
        self.action = action
        self.usb = place / "usb"
        store = place / ("store" if action == BACK_UP else "other")
        self.session = Session(Keystore(str(store)), user="joe", clock=lambda: NOW)
        (backup,) = (path for path in self.usb.iterdir() if path.name != FOREIGN)
        self.before = {path.name: path.read_bytes() for path in self.usb.iterdir()}
        self.program = command(action, str(store), str(self.usb if action == BACK_UP else backup))
        self.backup = str(backup)

    def check(self, outcome: Outcome) -> None:
        """Assert that the state after a fault is right, and that the next run works."""
        assert outcome.code in {0, 1, 2, 3, -9, 137}, outcome.talk
        assert PASSPHRASE.revealed not in outcome.talk
        for name, data in self.before.items():
            assert (self.usb / name).read_bytes() == data
        self._check_files(outcome)
        self._check_pairs(outcome)
        if self.action == BACK_UP:
            assert back_up(self.session, "a.com", order(self.usb)).status is BackupStatus.VERIFIED
        elif not self.session.store.names():
            restore(self.session, self.backup, PASSPHRASE)
        self.session.store.remove_leftovers()
        assert self.session.store.leftovers() == []

    def _check_files(self, outcome: Outcome) -> None:
        new = {path for path in self.usb.iterdir() if path.name not in self.before}
        for path in new:
            if path.name.startswith(".tmp-"):
                assert outcome.code in {-9, 137} or "unlink" in outcome.talk or outcome.code == 0
                continue
            found = backup_file.parse(path.read_bytes())
            key = pkcs8.decrypt(found.key, PASSPHRASE)
            assert key_types.spki_sha256(key.public_key()) == found.csr.spki_sha256

    def _check_pairs(self, outcome: Outcome) -> None:
        found = read_all_pairs(self.session)
        assert found.problems == ()
        if self.action == BACK_UP or outcome.code == 0:
            assert [pair.name for pair in found.pairs] == ["a.com"]
        for pair in found.pairs:
            assert (
                key_types.spki_sha256(open_key(self.session, pair).public_key())
                == pair.record.key.spki_sha256
            )
            verified = [one for one in record_of(self.session).backups if one.status is BackupStatus.VERIFIED]
            assert verified
            assert len(verified) == 2 or self.action == RESTORE or outcome.code != 0
            for one in verified:
                assert os.path.exists(one.path)
            if len(verified) == len(record_of(self.session).backups):
                assert all(result.ok for result in verify_many(self.session, ["a.com"], PASSPHRASE))


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return a folder with a store, a verified backup of its pair, and a file that another user put beside it."""
    path = tmp_path / "template"
    usb = path / "usb"
    usb.mkdir(parents=True)
    session = Session(Keystore(str(path / "store")), user="joe", clock=lambda: NOW)
    back_up(session, new_pair(session), order(usb))
    (usb / FOREIGN).write_bytes(b"not to be touched")
    return path


def scene(action: str, place: Path, template: Path) -> Scene:
    made = Scene(action, place, template)
    if action == BACK_UP:  # the record contains absolute paths of backups
        record = place / "store" / "pairs" / "a.com" / "pair.json"
        record.write_text(record.read_text().replace(str(template), str(place)))
    return made


def calls_of(action: str, tmp_path: Path, template: Path) -> list[Call]:
    """Return the calls on files in a run without faults."""
    require_strace(tmp_path)
    made = scene(action, tmp_path / "reference", template)
    calls = calls_in(made.program, tmp_path / "reference.trace", tmp_path / "reference")
    made.check(Outcome(0, ""))
    return calls


def sweep(action: str, tmp_path: Path, template: Path, chosen: list[tuple[Call, str]]) -> None:
    """Run the program once for each fault."""
    for number, (call, fault) in enumerate(chosen):
        made = scene(action, tmp_path / str(number), template)
        outcome = run_with_fault(made.program, tmp_path / f"{number}.trace", call, fault)
        try:
            made.check(outcome)
        except Exception as error:
            error.add_note(f"{fault} at {call}: exit code {outcome.code}, {outcome.talk}")
            raise


@pytest.mark.parametrize("action", [BACK_UP, pytest.param(RESTORE, marks=pytest.mark.slow)])
def test_critical_calls_may_fail(action: str, tmp_path: Path, template: Path) -> None:
    calls = calls_of(action, tmp_path, template)
    flushes = [call for call in calls if call.name == "fsync"]
    writes = [call for call in calls if call.name == "write"]
    naming = next(call for call in calls if call.name.startswith(("link", "rename")))
    chosen = [(call, KILL) for call in (writes[0], naming, flushes[-1])]
    chosen += [(writes[0], "error=ENOSPC"), (flushes[0], "error=EIO")]
    sweep(action, tmp_path, template, chosen)


# A full disk half-way

_UNSHARE = ("unshare", "--user", "--map-root-user", "--mount")
_PROGRAM = """
import subprocess, sys
sys.path[:0] = sys.argv[1:3]
from backups_made import PASSPHRASE, QUICK
from pairs_made import new_pair, order
from csrtui.core.backups import backup_file
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.pairs.pair import BackupStatus
from csrtui.store.keystore import Keystore
from csrtui.tasks.backup import back_up_many
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import Session
from pathlib import Path

pkcs8.ITERATIONS = QUICK
store, usb = Path(sys.argv[3], "store"), Path(sys.argv[3], "usb")
usb.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(usb)], check=True)
session = Session(Keystore(str(store)), user="joe")
names = [new_pair(session, f"{letter}.com") for letter in "abcdefg"]
results = back_up_many(session, names, order(usb))
done = {result.pair for result in results if result.ok}
full = {result.pair for result in results if not result.ok}
assert done and full, results
assert all("No space left on device" in result.text for result in results if not result.ok), results
for name in names:
    record = read_pair(session, name)[0].record
    expected = BackupStatus.VERIFIED if name in done else BackupStatus.NONE
    assert record.backup_status is expected, (name, record.backup_status)
files = list(usb.iterdir())
assert len(files) == len(done), files
for file in files:
    pkcs8.decrypt(backup_file.parse(file.read_bytes()).key, PASSPHRASE)
subprocess.run(["mount", "-o", "remount,size=256k", str(usb)], check=True)
assert all(result.ok for result in back_up_many(session, sorted(full), order(usb)))
"""


def test_a_full_disk_half_way_leaves_completed_backups_verified(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    if subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a user namespace with mounts is not permitted here")
    support = str(ROOT / "tests" / "support")
    done = subprocess.run(
        [*_UNSHARE, sys.executable, "-B", "-c", _PROGRAM, str(ROOT), support, str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
