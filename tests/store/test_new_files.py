"""New files outside the store: all or none, complete, with their modes, and never over another file."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from failing_call import FailingCall
from store_process import ROOT

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.store import new_files
from csrtui.store.foreign_files import read_foreign
from csrtui.store.new_files import (
    OWNER_ONLY,
    WORLD_READABLE,
    OutputFile,
    replace_public_file,
    write_new_file,
    write_new_files,
)
from csrtui.store.output_folder import create_output_folder
from csrtui.store.permissions import PRIVATE_FILE

DATA = b"-----BEGIN X-----\n" * 1000
NAMES = ("first", "second", "third")
OUTPUTS = (
    OutputFile(("a.crt",), b"certificate", WORLD_READABLE),
    OutputFile(("a.pfx",), b"sealed", OWNER_ONLY),
    OutputFile(("a.key",), b"key", PRIVATE_FILE),
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(folder: Path) -> list[str]:
    return write_new_files(str(folder), OUTPUTS)


def back_up(folder: str) -> str:
    return write_new_files(folder, [OutputFile(NAMES, DATA, OWNER_ONLY)])[0]


# One file with several names


def test_a_backup_is_written_completely_and_for_its_owner_only(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        path = back_up(str(tmp_path))
    finally:
        os.umask(umask)
    assert path == str(tmp_path / "first")
    assert (tmp_path / "first").read_bytes() == DATA
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_file_and_folder_are_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = []
    fsync = os.fsync

    def noting(descriptor: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    path = back_up(str(tmp_path))
    assert len(flushed) == 2
    assert flushed[0] != path  # before the file has its name
    assert flushed[1] == str(tmp_path)
    assert os.listdir(tmp_path) == [os.path.basename(path)]


def test_a_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert back_up(".") == str(tmp_path / "first")


def occupy(path: Path, kind: str, target: Path) -> os.stat_result:
    """Put something at a path, and return its status."""
    match kind:
        case "file":
            path.write_bytes(b"old")
        case "folder":
            path.mkdir()
        case "link":
            target.write_bytes(b"old")
            path.symlink_to(target)
        case "dangling":
            path.symlink_to(target)
        case "fifo":
            os.mkfifo(path)
    return os.lstat(path)


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling", "fifo"])
def test_an_existing_path_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    there, target = tmp_path / "first", tmp_path / "target"
    before = occupy(there, kind, target)
    assert back_up(str(tmp_path)) == str(tmp_path / "second")
    assert os.lstat(there) == before
    assert target.exists() == (kind == "link")
    if kind == "link":
        assert target.read_bytes() == b"old"


def test_an_error_is_raised_if_all_names_exist(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="third already exists and is never overwritten"):
        back_up(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == sorted(NAMES)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_medium_without_modes_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    failing = FailingCall(monkeypatch, "fchmod", code)
    path = back_up(str(tmp_path))
    assert failing.fired
    assert read_foreign(path) == DATA


NO_NAMELESS = (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL)


@pytest.mark.parametrize("code", NO_NAMELESS)
def test_a_medium_without_unnamed_files_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    failing = FailingCall(monkeypatch, "open", code, when=2)  # the folder is checked first
    (tmp_path / "first").write_bytes(b"old")
    assert back_up(str(tmp_path)) == str(tmp_path / "second")
    assert failing.fired
    assert (tmp_path / "first").read_bytes() == b"old"
    assert (tmp_path / "second").read_bytes() == DATA
    assert len(os.listdir(tmp_path)) == 2


def test_a_process_without_access_to_proc_can_name_its_files() -> None:
    """After the hardening, ``/proc/self`` belongs to root, but another user must still be able to use it."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    program = (
        "import ctypes, os, shlex, sys\n"
        "from csrtui.process_protection import harden\n"
        "from csrtui.store.new_files import write_new_file\n"
        "os.setuid(65534); harden(); write_new_file(sys.argv[1] + '/first', b'data')\n"
    )
    with tempfile.TemporaryDirectory() as folder:  # only root can access pytest's own folders
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
def test_a_medium_without_links_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    failing = FailingCall(monkeypatch, "link", code, when=0)
    (tmp_path / "first").write_bytes(b"old")
    assert back_up(str(tmp_path)) == str(tmp_path / "second")
    assert failing.fired
    assert (tmp_path / "first").read_bytes() == b"old"
    assert (tmp_path / "second").read_bytes() == DATA
    assert len(os.listdir(tmp_path)) == 2


def test_a_medium_without_links_and_without_such_renames_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_known(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    FailingCall(monkeypatch, "link", errno.EPERM, when=0)
    monkeypatch.setattr(new_files, "_rename", not_known)
    (tmp_path / "first").write_bytes(b"old")
    assert back_up(str(tmp_path)) == str(tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == b"old"
    assert (tmp_path / "second").read_bytes() == DATA
    assert len(os.listdir(tmp_path)) == 2


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_folder_without_fsync_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    failing = FailingCall(monkeypatch, "fsync", code, when=2)
    path = back_up(str(tmp_path))
    assert failing.fired
    assert read_foreign(path) == DATA


@pytest.mark.parametrize("function", ["open", "write", "fsync", "close", "link"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EACCES])
def test_any_failed_call_leaves_no_file_or_a_complete_one(
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
                path = back_up(str(folder))
        fired += failing.fired
        assert os.listdir(folder) == ([] if path is None else ["first"])
        assert path is None or read_foreign(path) == DATA
    assert fired >= (1 if function in {"write", "link"} else 2)


def test_a_failed_flush_is_reported_even_if_the_file_cannot_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FailingCall(monkeypatch, "fsync", errno.EIO, when=2)
    FailingCall(monkeypatch, "unlink", errno.EROFS, when=0)
    with pytest.raises(
        StoreError,
        match=r"cannot write to .*: Input/output error; these files could not be removed: .*/first",
    ):
        back_up(str(tmp_path))


def test_partial_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:1000]))
    assert read_foreign(back_up(str(tmp_path))) == DATA


# Several files


def name_of(output: OutputFile) -> str:
    (name,) = output.names
    return name


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o277])
def test_files_are_written_completely_and_with_their_modes_with_any_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        paths = write(tmp_path)
    finally:
        os.umask(before)
    assert paths == [str(tmp_path / name_of(file)) for file in OUTPUTS]
    assert [(tmp_path / name_of(file)).read_bytes() for file in OUTPUTS] == [file.data for file in OUTPUTS]
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in paths] == [0o644, 0o600, 0o600]
    assert names(tmp_path) == ["a.crt", "a.key", "a.pfx"]


@pytest.mark.parametrize("name", ["a.crt", "a.pfx", "a.key"])
@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling", "fifo"])
def test_if_a_file_exists_nothing_is_written(tmp_path: Path, kind: str, name: str) -> None:
    folder = tmp_path / "to"
    folder.mkdir()
    there, target = folder / name, tmp_path / "target"
    before = occupy(there, kind, target)
    with pytest.raises(InputError, match="already exists and is never overwritten") as caught:
        write(folder)
    assert str(there) in caught.value.message
    assert os.lstat(there) == before
    assert names(folder) == [name]
    assert target.exists() == (kind == "link")


CALLS = ("open", "write", "fchmod", "fsync", "close", "fstat", "link")


@pytest.mark.parametrize("call", CALLS)
def test_any_failed_call_leaves_none_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    (tmp_path / "counted").mkdir()
    with monkeypatch.context() as patch:
        counter = FailingCall(patch, call, 0, when=-1)
        write(tmp_path / "counted")
    assert counter.calls
    left = 0
    for when in range(1, 1 + counter.calls):
        folder = tmp_path / str(when)
        folder.mkdir()
        with monkeypatch.context() as patch:
            failing = FailingCall(patch, call, errno.EIO, when)
            try:
                write(folder)
            except CsrtuiError:
                assert names(folder) == []
            else:
                left += 1
                assert names(folder) == ["a.crt", "a.key", "a.pfx"]
        assert failing.fired
    # a mode matters only for a plain key, and closing a flushed file loses nothing
    assert left == {"fchmod": 2, "close": counter.calls}.get(call, 0)


@pytest.mark.parametrize("error", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_file_system_that_cannot_flush_folders_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    with monkeypatch.context() as patch:
        failing = FailingCall(patch, "fsync", error, when=len(OUTPUTS) + 1)
        write(tmp_path)
    assert failing.fired
    assert names(tmp_path) == ["a.crt", "a.key", "a.pfx"]


@pytest.fixture
def _no_nameless_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behave like FAT and NFS."""
    real = os.open

    def refusing(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not supported")
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refusing)


@pytest.mark.usefixtures("_no_nameless_files")
@pytest.mark.parametrize("call", [*CALLS, "stat", "unlink"])
def test_without_unnamed_files_no_file_is_left_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    write(tmp_path)
    assert names(tmp_path) == ["a.crt", "a.key", "a.pfx"]
    with monkeypatch.context() as patch:
        failing = FailingCall(patch, call, errno.EIO, when=1)
        folder = tmp_path / "again"
        folder.mkdir()
        with suppress(CsrtuiError):
            write(folder)
    if failing.fired and call != "unlink":
        assert names(folder) in ([], ["a.crt", "a.key", "a.pfx"])


def test_files_that_cannot_be_removed_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.key").write_bytes(b"old")
    unlink = os.unlink

    def stuck(name: str, *, dir_fd: int) -> None:
        if name == "a.crt":
            raise PermissionError(errno.EPERM, "not permitted")
        unlink(name, dir_fd=dir_fd)
        if name == "a.pfx":  # another process was faster
            raise FileNotFoundError(errno.ENOENT, "not there")

    monkeypatch.setattr(os, "unlink", stuck)
    with pytest.raises(StoreError, match="File exists; these files could not be removed") as caught:
        write(tmp_path)
    assert str(tmp_path / "a.crt") in caught.value.message
    assert "a.pfx" not in caught.value.message
    assert names(tmp_path) == ["a.crt", "a.key"]


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    fsync = os.fsync

    def interrupted(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > len(OUTPUTS):
            raise KeyboardInterrupt
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path)
    assert names(tmp_path) == []


def test_a_plain_key_never_touches_a_medium_without_modes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A FAT medium accepts the call that sets a mode, but all files keep the same mode."""
    written = []
    write_call = os.write

    def noting(descriptor: int, data: bytes) -> int:
        written.append(bytes(data))
        return write_call(descriptor, data)

    monkeypatch.setattr(os, "fchmod", lambda descriptor, _: os.chmod(descriptor, 0o755))  # noqa: S103 - as FAT does
    monkeypatch.setattr(os, "write", noting)
    with pytest.raises(
        StoreError, match="its file system does not support file modes, so others could read the file"
    ):
        write(tmp_path)
    assert b"key" not in written
    assert names(tmp_path) == []
    write_new_files(str(tmp_path), OUTPUTS[:2])
    assert names(tmp_path) == ["a.crt", "a.pfx"]


def test_a_folder_that_does_not_exist_is_named_with_the_command_that_creates_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"cannot write to {tmp_path}/no where: No such file") as caught:
        write(tmp_path / "no where")
    assert caught.value.hint == f"mkdir -p -m 700 '{tmp_path}/no where', or mount it"


# A CSR


def test_a_public_file_is_written_once(tmp_path: Path) -> None:
    path = write_new_file(str(tmp_path / "a.csr"), DATA)
    assert Path(path).read_bytes() == DATA
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
    with pytest.raises(InputError, match=r"a\.csr already exists and is never overwritten"):
        write_new_file(path, b"other")
    assert Path(path).read_bytes() == DATA


@pytest.mark.parametrize("path", ["", "a\0b", "/", ".", "new/"])
def test_a_path_that_cannot_be_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"is not a valid path|is a folder"):
        write_new_file(path, DATA)
    assert names(tmp_path) == []


def test_a_path_relative_to_a_removed_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "removed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(InputError, match="relative to a folder that no longer exists"):
        write_new_file("a.csr", DATA)


def test_a_public_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    path.touch()
    for data in (DATA, DATA[:3] + b"new"):
        assert replace_public_file(str(path), data, DATA[:3]) == str(path)
        assert path.read_bytes() == data
        assert path.stat().st_mode & 0o777 == 0o644
    assert names(tmp_path) == ["a.prom"]
    for other in (b"other", DATA[:2]):
        path.write_bytes(other)
        with pytest.raises(InputError, match="is a file of another kind and is never overwritten"):
            replace_public_file(str(path), DATA, DATA[:3])
        assert path.read_bytes() == other


def test_a_public_file_is_created(tmp_path: Path) -> None:
    path = replace_public_file(str(tmp_path / "a.prom"), DATA, DATA[:3])
    assert Path(path).read_bytes() == DATA
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644


def test_a_public_file_that_cannot_be_read_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.prom"
    path.write_bytes(DATA)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        patch.setattr("os.read", fail)
        with pytest.raises(InputError, match=r"a\.prom"):
            replace_public_file(str(path), b"new", DATA)
    assert path.read_bytes() == DATA


def test_a_failure_leaves_the_old_public_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.prom"
    path.write_bytes(DATA)

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StoreError, match="cannot write to"):
        replace_public_file(str(path), b"new", DATA)
    assert (names(tmp_path), path.read_bytes()) == (["a.prom"], DATA)
    with pytest.raises(InputError, match="not a regular file"):
        replace_public_file(f"{path}/", b"new", DATA)


def test_a_missing_folder_and_its_parents_are_created_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "usb" / "backups"
    os.umask(0o022)
    create_output_folder(str(folder))
    create_output_folder(str(folder))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder)] == [0o700, 0o700]


def test_a_folder_is_not_created_in_an_unsafe_or_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(InputError, match="can replace a new folder") as refused:
        create_output_folder(str(tmp_path / "open" / "new"))
    assert refused.value.hint == f"chmod go-w {tmp_path}/open"
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cannot create .*: Not a directory"):
        create_output_folder(str(tmp_path / "file" / "new"))
    assert names(tmp_path) == ["file", "open"]
