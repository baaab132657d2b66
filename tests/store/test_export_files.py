"""Files for a server: all of them or none, with their modes, over nothing, and never into the keystore."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.servers.deployment import NewFile, Secrecy
from csrtui.store import export_files

if TYPE_CHECKING:
    from pathlib import Path

FILES = (
    NewFile("a.crt", b"certificate", Secrecy.PUBLIC),
    NewFile("a.pfx", b"sealed", Secrecy.SEALED),
    NewFile("a.key", b"key", Secrecy.PRIVATE),
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(folder: Path) -> list[str]:
    return export_files.write_all(str(folder), FILES)


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o277])
def test_they_are_written_whole_with_their_modes_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        paths = write(tmp_path)
    finally:
        os.umask(before)
    assert paths == [str(tmp_path / file.name) for file in FILES]
    assert [(tmp_path / file.name).read_bytes() for file in FILES] == [file.data for file in FILES]
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in paths] == [0o644, 0o600, 0o600]
    assert names(tmp_path) == ["a.crt", "a.key", "a.pfx"]


@pytest.mark.parametrize("name", ["a.crt", "a.pfx", "a.key"])
@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling", "fifo"])
def test_what_is_there_is_never_written_over_and_then_nothing_is_written(
    tmp_path: Path, kind: str, name: str
) -> None:
    folder = tmp_path / "to"
    folder.mkdir()
    there, target = folder / name, tmp_path / "target"
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
    with pytest.raises(InputError, match="is there already, and csrtui overwrites nothing") as caught:
        write(folder)
    assert str(there) in caught.value.what
    assert os.lstat(there) == before
    assert names(folder) == [name]
    assert target.exists() == (kind == "link")


CALLS = ("open", "write", "fchmod", "fsync", "close", "fstat", "link")


@pytest.mark.parametrize("call", CALLS)
def test_whatever_call_fails_none_of_them_is_left(
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
    # a mode that cannot be set matters only where a key is plain, and closing loses nothing that was flushed
    assert left == {"fchmod": 3, "close": counter.calls}.get(call, 0)


@pytest.mark.parametrize("error", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_file_system_that_cannot_flush_folders_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    with monkeypatch.context() as patch:
        failing = FailingCall(patch, "fsync", error, when=1 + len(FILES) + 1)
        write(tmp_path)
    assert failing.fired
    assert names(tmp_path) == ["a.crt", "a.key", "a.pfx"]


@pytest.fixture
def _no_nameless_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on FAT and NFS."""
    real = os.open

    def refusing(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "not supported")
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refusing)


@pytest.mark.usefixtures("_no_nameless_files")
@pytest.mark.parametrize("call", [*CALLS, "stat", "unlink"])
def test_where_files_always_have_names_none_is_left_either(
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


def test_what_cannot_be_removed_again_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.key").write_bytes(b"old")
    unlink = os.unlink

    def stuck(name: str, *, dir_fd: int) -> None:
        if name == "a.crt":
            raise PermissionError(errno.EPERM, "not permitted")
        unlink(name, dir_fd=dir_fd)
        if name == "a.pfx":  # somebody was faster
            raise FileNotFoundError(errno.ENOENT, "not there")

    monkeypatch.setattr(os, "unlink", stuck)
    with pytest.raises(StoreError, match="could not be removed again") as caught:
        write(tmp_path)
    assert str(tmp_path / "a.crt") in caught.value.what
    assert "a.pfx" not in caught.value.what
    assert names(tmp_path) == ["a.crt", "a.key"]


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    fsync = os.fsync

    def interrupted(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > len(FILES):
            raise KeyboardInterrupt
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path)
    assert names(tmp_path) == []


def test_a_plain_key_never_touches_a_medium_without_modes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A FAT medium takes the call that sets a mode, and every file keeps the same one."""
    written = []
    write_call = os.write

    def noting(descriptor: int, data: bytes) -> int:
        written.append(bytes(data))
        return write_call(descriptor, data)

    monkeypatch.setattr(os, "fchmod", lambda descriptor, _: os.chmod(descriptor, 0o755))  # noqa: S103 - as FAT does
    monkeypatch.setattr(os, "write", noting)
    with pytest.raises(StoreError, match="keeps no file modes: others could read the key there"):
        write(tmp_path)
    assert written == []
    assert names(tmp_path) == []
    export_files.write_all(str(tmp_path), FILES[:2])
    assert names(tmp_path) == ["a.crt", "a.pfx"]


# The folder


def test_a_folder_is_made_absolute_and_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert export_files.folder_path(".", str(tmp_path / "store")) == str(tmp_path)


@pytest.mark.parametrize("where", ["store", "store/pairs/a", "link"])
def test_nothing_goes_into_the_keystore(tmp_path: Path, where: str) -> None:
    (tmp_path / "store/pairs/a").mkdir(parents=True)
    (tmp_path / "link").symlink_to("store/pairs")
    with pytest.raises(InputError, match="within the keystore"):
        export_files.folder_path(str(tmp_path / where), str(tmp_path / "store"))


def test_a_folder_whose_name_begins_as_the_keystores_is_another_one(tmp_path: Path) -> None:
    (tmp_path / "store-files").mkdir()
    assert export_files.folder_path(str(tmp_path / "store-files"), str(tmp_path / "store"))


@pytest.mark.parametrize("name", ["missing", "file", "a b\x1b"])
def test_what_is_no_folder_is_refused_with_the_way_to_make_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write files into") as caught:
        export_files.folder_path(str(tmp_path / name), str(tmp_path / "store"))
    assert caught.value.hint
    assert caught.value.hint.startswith("mkdir -p -m 700 ")
    assert caught.value.what.isprintable()


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_is_no_path_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is not a valid path"):
        export_files.folder_path(name, "/nowhere")


def test_a_path_relative_to_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="a folder that is gone"):
        export_files.folder_path("x", "/nowhere")


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="you may not write there"):
        export_files.folder_path(str(tmp_path), str(tmp_path / "store"))


def test_a_folder_that_went_away_meanwhile(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write files into"):
        write(tmp_path / "gone")
