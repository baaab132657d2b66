"""Facts about the files of a store can be collected whatever it contains. A system error is one of them."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from store_state import pair_files

from csrtui.core.doctor.finding import BackupFileState, FileKind
from csrtui.store import file_facts
from csrtui.store.file_set import open_file_set

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.doctor.finding import FileFacts
    from csrtui.store.keystore import Keystore


@pytest.fixture(autouse=True)
def _a_pair(store: Keystore) -> None:
    store.add("a.com", pair_files())


def _entry(seen: FileFacts | None, name: str) -> FileFacts:
    assert seen is not None
    return next(entry for entry in seen.entries if entry.name == name)


def test_the_files_of_a_pair_are_read(folder: Path) -> None:
    seen = file_facts.pair_facts(str(folder), "a.com")
    assert seen is not None
    assert (seen.kind, seen.mode, seen.owner, seen.fault) == (FileKind.FOLDER, 0o700, os.geteuid(), None)
    assert [entry.name for entry in seen.entries] == ["key.pem", "pair.json", "request.pem"]
    assert _entry(seen, "request.pem").data == b"request one"


def test_a_store_may_be_a_link_but_none_is_followed_below_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    (folder / "pairs/b.com").symlink_to(folder / "pairs/a.com")
    (folder / "pairs/a.com/pair.json").unlink()
    (folder / "pairs/a.com/pair.json").symlink_to("key.pem")
    seen = file_facts.store_facts(str(tmp_path / "link"))
    link = _entry(_entry(seen, "pairs"), "b.com")
    assert (link.kind, link.entries, link.path) == (FileKind.LINK, (), f"{tmp_path}/link/pairs/b.com")
    linked = file_facts.pair_facts(str(folder), "b.com")
    assert linked is not None
    assert (linked.kind, linked.entries) == (FileKind.LINK, ())
    record = _entry(file_facts.pair_facts(str(folder), "a.com"), "pair.json")
    assert (record.kind, record.data) == (FileKind.LINK, None)


def test_a_missing_file_may_be_on_a_disk_that_is_not_connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "usb").mkdir()
    assert [file_facts.is_away(f"{tmp_path}/{name}/a") for name in ("usb", "other", "\0")] == [
        False,
        True,
        True,
    ]
    monkeypatch.setattr(file_facts, "_MOUNT_FOLDERS", (str(tmp_path),))
    assert file_facts.is_away(f"{tmp_path}/usb/a"), "an empty mount point"
    (tmp_path / "usb/b").touch()
    assert not file_facts.is_away(f"{tmp_path}/usb/a")


def test_a_broken_link_a_missing_store_and_a_file_are_distinguished(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "file").touch()
    dangling = file_facts.store_facts(str(tmp_path / "link"))
    assert dangling is not None
    assert dangling.kind is FileKind.LINK
    assert file_facts.store_facts(str(tmp_path / "none")) is None
    file = file_facts.store_facts(str(tmp_path / "file"))
    assert file is not None
    assert (file.kind, file.entries) == (FileKind.FILE, ())
    beneath = file_facts.store_facts(str(tmp_path / "file/store"))
    assert beneath is not None
    assert (beneath.kind, beneath.fault) == (None, "Not a directory")


def test_special_files_are_named_and_not_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = folder / "pairs/a.com"
    (pair / "key.pem").unlink()
    os.mkfifo(pair / "key.pem")
    monkeypatch.chdir(pair)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    seen = file_facts.pair_facts(str(folder), "a.com")
    assert (_entry(seen, "key.pem").kind, _entry(seen, "socket").kind) == (FileKind.FIFO, FileKind.OTHER)


def test_a_file_too_large_is_not_read_whole(folder: Path) -> None:
    with (folder / "pairs/a.com/key.pem").open("wb") as file:
        file.truncate(file_facts.MAX_BYTES * 50)
    key = _entry(file_facts.pair_facts(str(folder), "a.com"), "key.pem")
    assert (key.data, key.fault) == (None, f"it has more than {file_facts.MAX_BYTES} bytes")


def test_no_name_in_a_folder_is_opened_through_a_link(
    folder: Path, store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link can replace an entry after it was examined."""
    opened: dict[str, list[int]] = {}
    real = os.open

    def recording(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if (dir_fd is not None and path != ".") or path == str(folder / "pairs"):
            opened.setdefault(path, []).append(flags)
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", recording)
    store.add("b.com", pair_files("two"))
    store.read("b.com")
    file_facts.store_facts(str(folder))
    file_facts.pair_facts(str(folder), "a.com")
    with open_file_set(str(folder / "pairs/a.com")) as file_set:
        file_set.read("key.pem")
    names = {"key.pem", "pair.json", "request.pem", "pairs", "a.com", "b.com"}
    assert names | {str(folder / "pairs")} <= opened.keys()
    assert [path for path, flags in opened.items() if not all(one & os.O_NOFOLLOW for one in flags)] == []


def test_a_file_of_the_largest_size_is_read(folder: Path) -> None:
    os.truncate(folder / "pairs/a.com/key.pem", file_facts.MAX_BYTES)
    key = _entry(file_facts.pair_facts(str(folder), "a.com"), "key.pem")
    assert (len(key.data or b""), key.fault) == (file_facts.MAX_BYTES, None)


@pytest.mark.parametrize("call", ["open", "stat", "read", "listdir", "fstat"])
@pytest.mark.parametrize("when", range(1, 9))
def test_an_error_of_the_system_is_a_fact(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, when: int
) -> None:
    def faults(seen: FileFacts) -> list[str]:
        return [fault for fault in (seen.fault, *(f for e in seen.entries for f in faults(e))) if fault]

    with monkeypatch.context() as patch:
        failing = FailingCall(patch, call, errno.EIO, when)
        store = file_facts.store_facts(str(folder))
        pair = file_facts.pair_facts(str(folder), "a.com")
    assert store is not None
    assert pair is not None
    assert [*faults(store), *faults(pair)] == (["Input/output error"] if failing.fired else [])
    assert failing.fired or when > 1


def test_an_entry_that_disappears_in_the_meantime_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FailingCall(monkeypatch, "stat", errno.ENOENT, 3)
    seen = file_facts.pair_facts(str(folder), "a.com")
    assert seen is not None
    assert [entry.name for entry in seen.entries] == ["key.pem", "request.pem"]


def test_a_replaced_file_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = os.stat(folder)
    monkeypatch.setattr(os, "fstat", lambda _: here)
    key = _entry(file_facts.pair_facts(str(folder), "a.com"), "key.pem")
    assert (key.data, key.fault) == (None, "it was replaced while it was examined")


def test_a_missing_or_unreadable_backup_is_recognized(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"")
    there = file_facts.backup_facts(str(tmp_path / "copy"), str(folder))
    assert (there.state, there.sha256[:8], there.with_store) == (BackupFileState.PRESENT, "e3b0c442", True)
    assert file_facts.backup_facts("/proc/version", str(folder)).with_store is False
    assert file_facts.backup_facts(str(tmp_path / "none"), str(folder)).state is BackupFileState.MISSING
    for path in (str(tmp_path), "a\0b", str(tmp_path / "copy/x"), "/dev/null"):
        seen = file_facts.backup_facts(path, str(folder))
        assert (seen.state, bool(seen.fault)) == (BackupFileState.UNREADABLE, True)
