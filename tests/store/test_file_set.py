"""A set of files is replaced completely or not at all, as far as possible, and access to its key is checked."""

from __future__ import annotations

import fcntl
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from csrtui.core.base.errors import InputError, StoreError
from csrtui.store import safe_files
from csrtui.store.file_set import PREVIOUS, open_file_set
from csrtui.store.new_files import WORLD_READABLE, OutputFile, write_new_files
from csrtui.store.permissions import PRIVATE_FILE, FileAccess, Permissions, assignable_owner, resolve_access

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ["a.crt", "a.key"]
NEW = [OutputFile(("a.crt",), b"new crt", WORLD_READABLE), OutputFile(("a.key",), b"new key", PRIVATE_FILE)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).write_bytes(b"old " + name[-3:].encode())
    return tmp_path


def replace(folder: Path, *, keep: bool = True) -> None:
    with open_file_set(str(folder)) as file_set:
        file_set.lock()
        file_set.replace(NEW, NAMES if keep else None, NAMES)


def texts(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in NAMES]


def failing(monkeypatch: pytest.MonkeyPatch, name: str, fails: Callable[[tuple[object, ...]], bool]) -> None:
    """Make a system function fail for some arguments."""
    real = getattr(os, name)

    def call(*arguments: object, **options: object) -> object:
        if fails(arguments):
            raise OSError(5, "Input/output error")
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, call)


def test_an_error_before_the_first_rename_replaces_nothing_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "link", lambda _: True)
    with pytest.raises(StoreError, match="Input/output error"):
        replace(folder)
    assert texts(folder) == [b"old crt", b"old key"]
    assert list((folder / PREVIOUS).iterdir()) == []


def test_no_descriptor_stays_open(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    real = os.open

    def recording(*arguments: Any, **options: Any) -> int:
        opened.append(real(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(os, "open", recording)
    with open_file_set(str(folder)) as file_set:
        file_set.lock()
        file_set.replace(NEW, NAMES, NAMES)
        assert file_set.read_previous("a.key") is not None
        file_set.put_back(NAMES)
    for descriptor in opened:
        link = f"/proc/self/fd/{descriptor}"
        assert not os.path.lexists(link) or not os.readlink(link).startswith(str(folder))


def test_an_error_at_the_first_rename_replaces_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "rename", lambda names: names[1] == "a.crt")
    with pytest.raises(StoreError, match="cannot write to"):
        replace(folder, keep=False)
    assert texts(folder) == [b"old crt", b"old key"]


def test_an_error_between_the_files_says_which_are_replaced_and_the_way_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def is_second_key(names: tuple[object, ...]) -> bool:
        seen.append(names[1])
        return seen.count("a.key") == 2

    failing(monkeypatch, "rename", is_second_key)
    with pytest.raises(StoreError, match=r"a\.crt: replaced, but not a\.key: Input/output error") as caught:
        replace(folder)
    assert "--undo" in str(caught.value.hint)
    monkeypatch.undo()
    assert texts(folder) == [b"new crt", b"old key"]
    with open_file_set(str(folder)) as file_set:
        file_set.put_back(NAMES)
    assert texts(folder) == [b"old crt", b"old key"]
    assert not list((folder / PREVIOUS).iterdir())


@pytest.mark.parametrize("number", [5, 6])  # of the folder, and of the folder with the previous set
def test_an_unconfirmed_rename_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    flushes: list[object] = []

    def is_last(arguments: tuple[object, ...]) -> bool:
        flushes.append(arguments)
        return len(flushes) == number

    failing(monkeypatch, "fsync", is_last)
    with pytest.raises(StoreError, match="replaced, but the disk did not confirm it"):
        replace(folder)
    assert texts(folder) == [b"new crt", b"new key"]


def test_only_one_process_at_a_time_writes_to_a_folder(folder: Path) -> None:
    with open_file_set(str(folder)) as first, open_file_set(str(folder)) as second:
        first.lock()
        with pytest.raises(StoreError, match="another csrtui is writing there"):
            second.lock()


def test_a_folder_that_cannot_be_locked_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    with open_file_set(str(folder)) as file_set, pytest.raises(StoreError, match="Operation not supported"):
        file_set.lock()


@pytest.mark.parametrize("kind", ["open", "link", "file"])
def test_a_hidden_folder_that_csrtui_did_not_make_is_refused(folder: Path, kind: str) -> None:
    hidden = folder / PREVIOUS
    if kind == "link":
        hidden.symlink_to(folder)
    elif kind == "file":
        hidden.write_bytes(b"")
    else:
        hidden.mkdir()
        hidden.chmod(0o755)
    with pytest.raises(StoreError):
        replace(folder)
    with open_file_set(str(folder)) as file_set, pytest.raises(StoreError):
        file_set.read_previous("a.key")
    assert texts(folder) == [b"old crt", b"old key"]


def test_leftovers_of_a_killed_run_are_removed_or_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace(folder)
    left = folder / PREVIOUS / f"{safe_files.TEMPORARY}0123456789abcdef"
    left.write_bytes(b"key")
    failing(monkeypatch, "unlink", lambda names: names[0] == left.name)
    with pytest.raises(StoreError, match="Input/output error"):
        replace(folder)
    monkeypatch.undo()
    replace(folder)
    assert not left.exists()


def test_an_unreadable_file_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, "open", lambda names: names[0] == "a.key")
    with open_file_set(str(folder)) as file_set, pytest.raises(InputError, match=r"cannot read .*a\.key"):
        file_set.read("a.key")


# Owner, group and mode


@pytest.mark.parametrize(
    ("access", "told"),
    [
        (FileAccess(mode="644"), "not a mode for a private key"),
        (FileAccess(mode="0601"), "not a mode for a private key"),
        (FileAccess(mode="700"), "not a mode for a private key"),
        (FileAccess(mode="200"), "not a mode for a private key"),
        (FileAccess(mode="6x0"), "not a mode for a private key"),
        (FileAccess(mode="640"), "a group can read the key"),
        (FileAccess(owner="no such user"), 'unknown user "no such user"'),
        (FileAccess(group="no\0group"), "unknown group"),
        (FileAccess(owner="4294967295"), "unknown user"),
    ],
)
def test_access_for_others_and_unknown_owners_are_refused(
    access: FileAccess, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csrtui.store.permissions._is_private_group", lambda *_: False)
    with pytest.raises(InputError, match=told):
        resolve_access(access)


def test_a_group_without_other_members_needs_no_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("csrtui.store.permissions._is_private_group", lambda *_: True)
    made = resolve_access(FileAccess(mode="640"))
    assert (made.mode, made.gid, made.forbidden) == (0o640, os.getegid(), 0o037)
    existing = tmp_path.stat()
    assert resolve_access(FileAccess(mode="0660"), existing).gid == existing.st_gid


@pytest.mark.parametrize(
    ("uid", "owner", "wanted"),
    [(0, "root", "root"), (0, "no such user", ""), (0, None, ""), (1000, "root", "")],
)
def test_only_root_can_give_a_file_to_another_user(
    monkeypatch: pytest.MonkeyPatch, uid: int, owner: str | None, wanted: str
) -> None:
    monkeypatch.setattr("csrtui.store.permissions.os.geteuid", lambda: uid)
    assert assignable_owner(owner) == wanted


def test_the_highest_number_of_an_owner_is_accepted() -> None:
    assert resolve_access(FileAccess(owner="4294967294")).uid == 2**32 - 2


def test_names_and_numbers_are_resolved() -> None:
    assert resolve_access(FileAccess()) == PRIVATE_FILE
    assert resolve_access(FileAccess("root", "12345", "0640")) == Permissions(0o640, 0o037, uid=0, gid=12345)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_new_file_has_its_owner_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = os.link, []

    def link(source: str, *names: object, **options: object) -> None:
        status = os.stat(source)
        seen.append((status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)))
        real(source, *names, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", link)
    permissions = resolve_access(FileAccess("12345", "23456", "640"))
    write_new_files(str(tmp_path), [OutputFile(("a.key",), b"key", permissions)])
    assert seen == [(12345, 23456, 0o640)]


def test_without_a_hidden_folder_there_is_no_previous_set(folder: Path) -> None:
    with open_file_set(str(folder)) as file_set:
        assert file_set.read_previous("a.key") is None


def test_only_the_last_set_is_kept(folder: Path) -> None:
    replace(folder)
    (folder / PREVIOUS / "a.chain.crt").write_bytes(b"older chain")
    with open_file_set(str(folder)) as file_set:
        file_set.replace(NEW, NAMES, [*NAMES, "a.chain.crt", "a.pem"])
    assert sorted(path.name for path in (folder / PREVIOUS).iterdir()) == NAMES
