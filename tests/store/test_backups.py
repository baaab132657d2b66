"""Backup files: written once, whole or not at all, never over anything; read back as strangers' files are."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from store_process import ROOT

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.store import backups, new_file

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"-----BEGIN X-----\n" * 1000
NAMES = ("first", "second", "third")


# Writing


def test_a_backup_is_written_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        path = backups.write(str(tmp_path), NAMES, DATA)
    finally:
        os.umask(umask)
    assert path == str(tmp_path / "first")
    assert (tmp_path / "first").read_bytes() == DATA
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_it_and_the_folder_are_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    path = backups.write(str(tmp_path), NAMES, DATA)
    assert len(flushed) == 2
    assert flushed[0] != path  # before it has its name
    assert flushed[1] == str(tmp_path)
    assert os.listdir(tmp_path) == [os.path.basename(path)]


def test_a_path_relative_to_where_one_is_becomes_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert backups.write(".", NAMES, DATA) == str(tmp_path / "first")


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling", "fifo"])
def test_what_is_there_is_never_written_over(tmp_path: Path, kind: str) -> None:
    there, target = tmp_path / "first", tmp_path / "target"
    match kind:
        case "file":
            there.write_bytes(b"old")
        case "folder":
            there.mkdir()
        case "link":
            target.write_bytes(b"old")
            there.symlink_to(target)
        case "dangling":
            there.symlink_to(target)
        case "fifo":
            os.mkfifo(there)
    before = os.lstat(there)
    assert backups.write(str(tmp_path), NAMES, DATA) == str(tmp_path / "second")
    assert os.lstat(there) == before
    assert target.exists() == (kind == "link")
    if kind == "link":
        assert target.read_bytes() == b"old"


def test_when_every_name_is_taken_that_is_said(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).touch()
    with pytest.raises(StoreError, match="every name for the backup is taken"):
        backups.write(str(tmp_path), NAMES, DATA)
    assert sorted(os.listdir(tmp_path)) == sorted(NAMES)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_medium_without_modes_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    failing = FailingCall(monkeypatch, "fchmod", code)
    path = backups.write(str(tmp_path), NAMES, DATA)
    assert failing.fired
    assert backups.read_back(path) == DATA


NO_NAMELESS = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL)


@pytest.mark.parametrize("code", NO_NAMELESS)
def test_a_medium_that_knows_no_files_without_a_name_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    failing = FailingCall(monkeypatch, "open", code, when=2)  # the folder came first
    (tmp_path / "first").write_bytes(b"old")
    assert backups.write(str(tmp_path), NAMES, DATA) == str(tmp_path / "second")
    assert failing.fired
    assert (tmp_path / "first").read_bytes() == b"old"
    assert (tmp_path / "second").read_bytes() == DATA
    assert len(os.listdir(tmp_path)) == 2


def test_a_process_that_nobody_may_look_at_can_name_its_files() -> None:
    """As csrtui hardens itself, ``/proc/self`` belongs to root; by another user it is still to be used."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    program = (
        "import ctypes, os, shlex, sys\n"
        "from csrtui.process import harden\n"
        "from csrtui.store import backups\n"
        "os.setuid(65534); harden(); backups.write(sys.argv[1], ('first',), b'data')\n"
    )
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are for root alone
        os.chmod(folder, 0o777)  # noqa: S103 - for the other user
        done = subprocess.run(
            [sys.executable, "-B", "-c", program, folder],
            cwd=ROOT,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert os.listdir(folder) == ["first"]


NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


@pytest.mark.parametrize("code", NO_LINKS)
def test_a_medium_without_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    failing = FailingCall(monkeypatch, "link", code, when=0)
    (tmp_path / "first").write_bytes(b"old")
    assert backups.write(str(tmp_path), NAMES, DATA) == str(tmp_path / "second")
    assert failing.fired
    assert (tmp_path / "first").read_bytes() == b"old"
    assert (tmp_path / "second").read_bytes() == DATA
    assert len(os.listdir(tmp_path)) == 2


def test_a_medium_that_knows_neither_links_nor_such_renames_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_known(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    FailingCall(monkeypatch, "link", errno.EPERM, when=0)
    monkeypatch.setattr(new_file, "_rename", not_known)
    (tmp_path / "first").write_bytes(b"old")
    assert backups.write(str(tmp_path), NAMES, DATA) == str(tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == b"old"
    assert (tmp_path / "second").read_bytes() == DATA
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_folder_that_knows_no_fsync_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    failing = FailingCall(monkeypatch, "fsync", code, when=2)
    path = backups.write(str(tmp_path), NAMES, DATA)
    assert failing.fired
    assert backups.read_back(path) == DATA


@pytest.mark.parametrize("function", ["open", "write", "fsync", "close", "link"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EACCES])
def test_whatever_call_fails_no_file_is_left_or_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, code: int
) -> None:
    fired = 0
    for when in range(1, 4):
        folder = tmp_path / str(when)
        folder.mkdir()
        path = None
        with monkeypatch.context() as patch:
            failing = FailingCall(patch, function, code, when)
            with suppress(CsrtuiError):
                path = backups.write(str(folder), NAMES, DATA)
        fired += failing.fired
        assert os.listdir(folder) == ([] if path is None else ["first"])
        assert path is None or backups.read_back(path) == DATA
    assert fired >= (1 if function in {"write", "link"} else 2)


def test_a_flush_that_fails_is_told_even_when_the_file_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FailingCall(monkeypatch, "fsync", errno.EIO, when=2)
    FailingCall(monkeypatch, "unlink", errno.EROFS, when=0)
    with pytest.raises(StoreError, match=r"cannot write a backup to .*: Input/output error"):
        backups.write(str(tmp_path), NAMES, DATA)


def test_writes_that_take_only_a_part_are_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:1000]))
    assert backups.read_back(backups.write(str(tmp_path), NAMES, DATA)) == DATA


# Where to


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", "No such file or directory"),
        ("file", "Not a directory"),
        ("file/below", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("nul\0", "it is not a valid path"),
    ],
)
def test_a_destination_that_is_none_is_told_before_and_when_writing(
    tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "file").touch()
    path = str(tmp_path / name)
    with pytest.raises(InputError, match=said) as caught:
        backups.write(path, NAMES, DATA)
    assert str(caught.value.hint).startswith("mkdir -p ")
    if name == "file":
        said = "not a folder"
    with pytest.raises(InputError, match=said):
        backups.look_at(path, str(tmp_path))


def test_what_is_to_be_said_of_a_destination(tmp_path: Path) -> None:
    found = backups.look_at(str(tmp_path), str(tmp_path / "store" / "not" / "made"))
    assert found.path == str(tmp_path)
    assert found.on_disk_of_store
    assert os.path.ismount(found.mount_point)
    assert str(tmp_path).startswith(found.mount_point)
    space = os.statvfs(tmp_path)
    assert abs(found.free - space.f_bavail * space.f_frsize) < 2**30


def test_another_file_system_is_not_the_disk_of_the_store(tmp_path: Path) -> None:
    if not os.path.ismount("/dev/shm") or not os.access("/dev/shm", os.W_OK):
        pytest.skip("/dev/shm is not a file system of its own that can be written to")
    found = backups.look_at("/dev/shm", str(tmp_path))
    assert (found.mount_point, found.on_disk_of_store) == ("/dev/shm", False)


def test_a_store_that_cannot_be_looked_for_is_on_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = os.stat

    def failing(path: str, **options: bool) -> os.stat_result:
        if str(path).startswith(("/nowhere", "/")) and len(str(path)) < 12:
            raise PermissionError(errno.EACCES, "Permission denied")
        return status(path, **options)

    monkeypatch.setattr(os, "stat", failing)
    assert not backups.look_at(str(tmp_path), "/nowhere").on_disk_of_store


def test_a_folder_that_one_may_not_write_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() == 0:  # root may write anywhere
        monkeypatch.setattr(os, "access", lambda *_: False)
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="you may not write there"):
        backups.look_at(str(tmp_path), "/")
    tmp_path.chmod(0o700)


_READ_ONLY = """
import subprocess, sys
sys.path.insert(0, sys.argv[1])
from csrtui.core.base.errors import CsrtuiError
from csrtui.store import backups
subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", sys.argv[2]], check=True)
for act in (lambda: backups.look_at(sys.argv[2], "/"), lambda: backups.write(sys.argv[2], ["a"], b"x")):
    try:
        act()
    except CsrtuiError as error:
        print(error.exit_code, error.what)
"""


def test_a_medium_that_is_read_only_is_told(tmp_path: Path) -> None:
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
    assert first == f"2 cannot back up to {tmp_path}: you may not write there"
    assert second == f"3 cannot write a backup to {tmp_path}: Read-only file system"


# Reading


def test_reading_back_asks_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, *rest: asked.append(rest))
    (tmp_path / "a").write_bytes(DATA)
    assert backups.read_back(str(tmp_path / "a")) == DATA
    assert asked == [(0, 0, os.POSIX_FADV_DONTNEED)]


def test_a_system_that_gives_no_such_advice_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FailingCall(monkeypatch, "posix_fadvise", errno.EINVAL)
    (tmp_path / "a").write_bytes(DATA)
    assert backups.read_back(str(tmp_path / "a")) == DATA


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "No such file"),
        ("folder", "is a folder"),
        ("fifo", "not a regular file"),
        ("large", "more than 1048576 bytes"),
        ("nul\0", "not a valid path"),
    ],
)
def test_what_is_no_backup_s_file_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, said: str
) -> None:
    path = tmp_path / kind
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
            monkeypatch.setattr(os, "open", lambda *_, **__: pytest.fail("it was opened"))
        case "large":
            path.write_bytes(bytes(2_000_000))
    with pytest.raises(InputError, match=said):
        backups.read_back(str(path))


def test_whether_something_is_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert backups.is_there(str(tmp_path / "link"))
    assert not backups.is_there(str(tmp_path / "missing"))
    assert not backups.is_there("nul\0")
