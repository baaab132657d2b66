"""Files of the store and files of others: written files are complete, and files are checked before they are read."""

from __future__ import annotations

import errno
import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from store_state import mode_of

from csrtui.core.base.errors import InputError, StoreError
from csrtui.store import foreign_files, safe_files
from csrtui.store.permissions import PRIVATE_FILE, PUBLIC_FILE, Permissions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777])
def umask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """Set umasks from the most permissive to the strictest, after the test's folder is made."""
    assert tmp_path.is_dir()
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


# Creating folders


@pytest.mark.usefixtures("umask")
def test_every_level_of_a_new_folder_is_0700_whatever_the_umask(tmp_path: Path) -> None:
    safe_files.make_folders(str(tmp_path / "a/b/c"))
    for folder in ("a", "a/b", "a/b/c"):
        assert mode_of(tmp_path / folder) == 0o700


def test_an_existing_folder_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir(0o755)
    (tmp_path / "a").chmod(0o755)
    safe_files.make_folders(str(tmp_path / "a"))
    safe_files.make_folders("/")
    assert mode_of(tmp_path / "a") == 0o755


def test_each_new_folder_is_flushed_in_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    )
    safe_files.make_folders(str(tmp_path / "a/b/c"))
    assert flushed == [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a/b")]


def test_a_relative_path_starts_at_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    safe_files.make_folders("a/b")
    assert (tmp_path / "a/b").is_dir()


@pytest.mark.parametrize(
    ("path", "error"),
    [("a/" * 50_000, errno.ENAMETOOLONG), ("file/b", errno.ENOTDIR), ("loop/b", errno.ELOOP)],
)
def test_an_invalid_path_creates_no_folder(tmp_path: Path, path: str, error: int) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match=r"a/a|file|loop") as caught:
        safe_files.make_folders(f"{tmp_path}/{path}")
    assert caught.value.errno == error
    assert {found.name for found in tmp_path.iterdir()} == {"file", "loop"}


def test_a_broken_link_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError):
        safe_files.make_folders(str(tmp_path / "link/store"))
    assert not (tmp_path / "nowhere").exists()


# Writing


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("permissions", [PRIVATE_FILE, PUBLIC_FILE])
def test_a_new_file_is_complete_and_has_its_mode_with_any_umask(
    tmp_path: Path, descriptor: int, permissions: Permissions
) -> None:
    data = os.urandom(300_000)
    safe_files.create_file(descriptor, "new", data, permissions)
    assert (tmp_path / "new").read_bytes() == data
    assert mode_of(tmp_path / "new") == permissions.mode


def test_a_partial_write_is_continued(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda number, data: write(number, data[:3]))
    safe_files.create_file(descriptor, "new", b"0123456789", PRIVATE_FILE)
    assert (tmp_path / "new").read_bytes() == b"0123456789"


def test_an_existing_path_is_never_overwritten(tmp_path: Path, descriptor: int) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "folder").mkdir()
    for name in ("file", "link", "folder"):
        with pytest.raises(FileExistsError):
            safe_files.create_file(descriptor, name, b"new", PRIVATE_FILE)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("call", ["fchmod", "write", "fsync", "close"])
def test_a_new_file_that_cannot_be_finished_is_removed(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    with monkeypatch.context() as patch:
        failing = FailingCall(patch, call, errno.EIO)
        with pytest.raises(OSError, match="Input/output"):
            safe_files.create_file(descriptor, "new", b"data", PRIVATE_FILE)
    assert failing.fired
    assert list(tmp_path.iterdir()) == []


def test_a_failed_fsync_is_never_repeated(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = FailingCall(monkeypatch, "fsync", errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        safe_files.create_file(descriptor, "new", b"data", PRIVATE_FILE)
    assert failing.calls == 1


def test_replacing_puts_one_file_in_the_place_of_another(tmp_path: Path, descriptor: int) -> None:
    (tmp_path / "file").write_bytes(b"old")
    kept = tmp_path / "kept"
    kept.hardlink_to(tmp_path / "file")
    safe_files.replace_file(descriptor, "file", b"new", PRIVATE_FILE)
    assert (tmp_path / "file").read_bytes() == b"new"
    assert kept.read_bytes() == b"old"
    assert mode_of(tmp_path / "file") == 0o600


def test_a_link_is_replaced_and_not_followed(tmp_path: Path, descriptor: int) -> None:
    (tmp_path / "target").write_bytes(b"somebody else's")
    (tmp_path / "link").symlink_to("target")
    safe_files.replace_file(descriptor, "link", b"new", PRIVATE_FILE)
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"somebody else's"


def test_a_failed_replacement_keeps_the_file_and_leaves_nothing_behind(
    tmp_path: Path, descriptor: int
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        safe_files.replace_file(descriptor, "folder", b"new", PRIVATE_FILE)
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


def test_leftovers_of_an_interrupted_replacement_are_removed(tmp_path: Path, descriptor: int) -> None:
    (tmp_path / ".tmp-0123456789abcdef").touch()
    (tmp_path / "pair.json").touch()
    safe_files.remove_temporary_files(descriptor)
    assert [found.name for found in tmp_path.iterdir()] == ["pair.json"]


# Reading files of the store


def test_a_file_of_the_store_is_read(tmp_path: Path, descriptor: int) -> None:
    data = os.urandom(200_000)
    safe_files.create_file(descriptor, "file", data, PRIVATE_FILE)
    assert safe_files.read_store_file(descriptor, "file", str(tmp_path / "file"), PRIVATE_FILE) == data


def test_a_file_too_large_for_the_store_is_refused(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_files, "MAX_STORE_FILE_BYTES", 10)
    safe_files.create_file(descriptor, "ten", b"x" * 10, PRIVATE_FILE)
    safe_files.create_file(descriptor, "eleven", b"x" * 11, PRIVATE_FILE)
    assert safe_files.read_store_file(descriptor, "ten", "ten", PRIVATE_FILE) == b"x" * 10
    with pytest.raises(StoreError, match="eleven is too large") as caught:
        safe_files.read_store_file(descriptor, "eleven", str(tmp_path / "eleven"), PRIVATE_FILE)
    assert str(tmp_path) in caught.value.message


def test_a_file_replaced_before_it_is_opened_is_checked_again(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe_files.create_file(descriptor, "file", b"", PRIVATE_FILE)
    os.mkfifo(tmp_path / "fifo", 0o600)
    honest = (tmp_path / "file").lstat()
    monkeypatch.setattr(os, "stat", lambda *_args, **_kwargs: honest)
    with pytest.raises(StoreError, match="should be a file but is something else"):
        safe_files.read_store_file(descriptor, "fifo", str(tmp_path / "fifo"), PRIVATE_FILE)


# Reading foreign files


def test_a_foreign_file_is_read_through_a_link_and_with_any_mode(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    (tmp_path / "file").chmod(0o666)
    (tmp_path / "link").symlink_to("file")
    assert foreign_files.read_foreign(str(tmp_path / "link")) == b"data"


def test_a_foreign_file_can_have_exactly_the_maximum_size(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * foreign_files.MAX_FOREIGN_BYTES)
    assert len(foreign_files.read_foreign(str(path))) == foreign_files.MAX_FOREIGN_BYTES
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match=f"{path} has more than 1048576 bytes"):
        foreign_files.read_foreign(str(path))


def test_only_the_limit_is_read_of_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.touch()
    os.truncate(path, 2**30)
    sizes: list[int] = []
    read = os.read

    def counting(number: int, size: int) -> bytes:
        sizes.append(size)
        return read(number, size)

    monkeypatch.setattr(os, "read", counting)
    with pytest.raises(InputError, match="has more than 1048576 bytes"):
        foreign_files.read_foreign(str(path))
    assert sum(sizes) == foreign_files.MAX_FOREIGN_BYTES + 1


@pytest.mark.parametrize("error", [0, errno.EINVAL])
def test_a_file_is_read_from_the_disk_if_the_system_allows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    (tmp_path / "file").write_bytes(b"data")
    advice = FailingCall(monkeypatch, "posix_fadvise", error, when=1 if error else -1)
    assert foreign_files.read_foreign(str(tmp_path / "file"), from_disk=True) == b"data"
    assert (advice.calls, advice.fired) == (1, bool(error))


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def make_nothing(path: Path) -> None:
    """Leave the file missing."""


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_fifo, "is not a regular file"),
        (make_link_to_device, "is not a regular file"),
        (make_socket, "is not a regular file"),
        (make_folder, "is a folder, not a file"),
        (make_nothing, "No such file or directory"),
        (make_loop, "Too many levels of symbolic links"),
    ],
)
def test_anything_but_a_file_is_refused_at_once_and_named(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    make(tmp_path / "odd")
    with pytest.raises(InputError) as caught:
        foreign_files.read_foreign(str(tmp_path / "odd"))
    assert str(tmp_path / "odd") in caught.value.message
    assert reason in caught.value.message


def test_a_device_is_refused_without_being_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opening = FailingCall(monkeypatch, "open", errno.EIO, when=0)
    with pytest.raises(InputError, match="/dev/null is not a regular file"):
        foreign_files.read_foreign("/dev/null")
    assert opening.calls == 0


def test_a_fifo_that_takes_the_place_of_a_file_is_refused_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")
    honest = (tmp_path / "file").stat()
    monkeypatch.setattr(os, "stat", lambda _path: honest)
    with pytest.raises(InputError, match="is not a regular file"):
        foreign_files.read_foreign(str(tmp_path / "fifo"))


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    FailingCall(monkeypatch, "open", errno.EACCES)
    with pytest.raises(InputError, match=r"cannot read .*: Permission denied"):
        foreign_files.read_foreign(str(tmp_path / "file"))


@pytest.mark.parametrize("call", ["fstat", "read"])
def test_a_file_with_a_read_error_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    (tmp_path / "file").touch()
    with monkeypatch.context() as patch:
        FailingCall(patch, call, errno.EIO)
        with pytest.raises(InputError, match="Input/output error"):
            foreign_files.read_foreign(str(tmp_path / "file"))


def test_a_path_no_file_can_have_is_refused_visibly() -> None:
    with pytest.raises(InputError) as caught:
        foreign_files.read_foreign("a\0\x1b[2Jb")
    assert caught.value.message == "a\\x00\\x1b[2Jb is not a valid path"


def test_a_missing_file_with_a_hostile_name_is_named_visibly(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        foreign_files.read_foreign(str(tmp_path / "\x1b]52;c;x\x07\n"))
    assert caught.value.message.isprintable()


def test_a_file_that_is_read_is_not_passed_on_to_other_programs(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags: list[int] = []
    opening = os.open

    def noting(*args: object, **kwargs: object) -> int:
        flags.append(args[1])  # type: ignore[arg-type]
        return opening(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", noting)
    safe_files.create_file(descriptor, "file", b"", PRIVATE_FILE)
    safe_files.read_store_file(descriptor, "file", "file", PRIVATE_FILE)
    foreign_files.read_foreign(str(tmp_path / "file"))
    assert len(flags) == 3
    assert all(found & os.O_CLOEXEC for found in flags)
    assert flags[0] & os.O_EXCL
    assert flags[0] & os.O_NOFOLLOW
    assert all(found & os.O_NONBLOCK for found in flags[1:])
    assert stat.S_ISREG((tmp_path / "file").stat().st_mode)


def test_a_file_for_a_group_is_created_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []

    def fchown(descriptor: int, _uid: int, _gid: int) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))

    monkeypatch.setattr("os.fchown", fchown)
    folder = os.open(tmp_path, os.O_RDONLY)
    umask = os.umask(0)
    try:
        safe_files.create_file(folder, "key", b"secret", Permissions(0o640, 0o007, gid=os.getegid()))
    finally:
        os.umask(umask)
        os.close(folder)
    assert modes == [0o600], "the mode before the group is set"
    assert mode_of(tmp_path / "key") == 0o640
