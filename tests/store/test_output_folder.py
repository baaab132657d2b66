"""The folder for backups or exported files is checked before anything is written to it."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from in_memory import on_another_disk
from store_process import ROOT

from csrtui.core.base.errors import InputError
from csrtui.store.output_folder import check_export_folder, examine_backup_folder

if TYPE_CHECKING:
    from pathlib import Path

# Backups


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "No such file or directory"),
        ("file", "Not a directory"),
        ("file/below", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("nul\0", "is not a valid path"),
    ],
)
def test_a_folder_that_cannot_be_opened_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    for check in (examine_backup_folder, check_export_folder):
        with pytest.raises(InputError, match=reason) as caught:
            check(str(tmp_path / name), str(tmp_path / "store"))
        assert caught.value.message.isprintable()
        assert str(caught.value.hint).startswith("mkdir -p -m 700 ") == (name == "missing")


def test_a_folder_that_cannot_be_examined_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FailingCall(monkeypatch, "statvfs", errno.EIO)
    with pytest.raises(InputError, match=r"cannot write to .*: Input/output error"):
        examine_backup_folder(str(tmp_path), str(tmp_path / "store"))


def test_the_facts_of_a_destination_are_reported(tmp_path: Path) -> None:
    found = examine_backup_folder(str(tmp_path), str(tmp_path / "store" / "not" / "made"))
    assert found.path == str(tmp_path)
    assert found.on_disk_of_store
    assert os.path.ismount(found.mount_point)
    assert str(tmp_path).startswith(found.mount_point)
    space = os.statvfs(tmp_path)
    assert abs(found.free - space.f_bavail * space.f_frsize) < 2**30


def test_another_file_system_is_not_the_disk_of_the_store(tmp_path: Path) -> None:
    folder = on_another_disk(tmp_path)
    if folder is None:
        pytest.skip("there is no second file system")
    found = examine_backup_folder(str(folder), str(tmp_path))
    assert os.path.ismount(found.mount_point)
    assert folder.is_relative_to(found.mount_point)
    assert not found.on_disk_of_store


def test_a_store_that_cannot_be_examined_is_on_the_disk_of_the_nearest_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = os.stat

    def failing(path: str, **options: bool) -> os.stat_result:
        if str(path).startswith("/nowhere"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return status(path, **options)

    monkeypatch.setattr(os, "stat", failing)
    is_same = status("/").st_dev == tmp_path.stat().st_dev
    assert examine_backup_folder(str(tmp_path), "/nowhere/store").on_disk_of_store is is_same


def test_a_folder_without_write_access_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:  # root can write anywhere
        monkeypatch.setattr(os, "access", lambda *_: False)
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="permission denied"):
        examine_backup_folder(str(tmp_path), "/")
    tmp_path.chmod(0o700)


_READ_ONLY = """
import subprocess, sys
sys.path.insert(0, sys.argv[1])
from csrtui.core.base.errors import CsrtuiError
from csrtui.store.output_folder import examine_backup_folder
from csrtui.store.new_files import write_new_file
subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", sys.argv[2]], check=True)
for act in (lambda: examine_backup_folder(sys.argv[2], "/"), lambda: write_new_file(sys.argv[2] + "/a", b"x")):
    try:
        act()
    except CsrtuiError as error:
        print(error.exit_code, error.message)
"""


def test_a_read_only_medium_is_refused(tmp_path: Path) -> None:
    unshare = ("unshare", "--user", "--map-root-user", "--mount")
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("a user namespace with mounts is not permitted here")
    done = subprocess.run(
        [*unshare, sys.executable, "-B", "-c", _READ_ONLY, str(ROOT), str(tmp_path)],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    first, second = done.stdout.splitlines()
    assert first == f"2 cannot write to {tmp_path}: permission denied"
    assert second == f"3 cannot write to {tmp_path}: Read-only file system"


# Exports


def test_the_path_of_a_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_export_folder(".", str(tmp_path / "store")) == str(tmp_path)


@pytest.mark.parametrize("where", ["store", "store/pairs/a", "link"])
def test_a_folder_inside_the_keystore_is_refused(tmp_path: Path, where: str) -> None:
    (tmp_path / "store/pairs/a").mkdir(parents=True)
    (tmp_path / "link").symlink_to("store/pairs")
    with pytest.raises(InputError, match="within the keystore"):
        check_export_folder(str(tmp_path / where), str(tmp_path / "store"))


def test_a_folder_whose_name_begins_like_the_keystores_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "store-files").mkdir()
    assert check_export_folder(str(tmp_path / "store-files"), str(tmp_path / "store"))


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_an_invalid_path_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is not a valid path"):
        check_export_folder(name, "/nowhere")


def test_a_path_relative_to_a_removed_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="a folder that no longer exists"):
        check_export_folder("x", "/nowhere")
