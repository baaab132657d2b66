"""The keystore: added pairs can be read, existing ones are never overwritten, and damaged ones are reported."""

from __future__ import annotations

import errno
import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from store_process import running
from store_state import check_store, mode_of, names_on_disk, pair_files

from csrtui.core.base.errors import InputError, StoreError
from csrtui.store import safe_files
from csrtui.store.disk_errors import NotConfirmedError, ReadOnlyError
from csrtui.store.keystore import Keystore, PairFiles, StoredPair

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = ".new-0123456789abcdef"


# A missing store


def test_opening_and_reading_a_missing_store_creates_nothing(store: Keystore, folder: Path) -> None:
    assert store.names() == []
    assert list(store.listing()) == []
    assert store.leftovers() == []
    assert store.remove_leftovers() == []
    assert store.load_draft() is None
    assert store.generation() == 0
    with pytest.raises(InputError, match="there is no pair a") as caught:
        store.read("a")
    assert caught.value.hint == "csrtui list shows the pairs"
    with pytest.raises(InputError, match="there is no pair a"), store.change("a"):
        pass
    assert not folder.exists()


def test_a_draft_alone_is_an_empty_store(store: Keystore) -> None:
    store.save_draft(b"draft")
    assert store.names() == []
    with pytest.raises(InputError, match="there is no pair a"):
        store.read("a")


def test_the_store_is_created_with_the_first_pair_with_mode_0700(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        Keystore(str(tmp_path / "share/csrtui")).add("a", pair_files())
    finally:
        os.umask(umask)
    for name in ("share", "share/csrtui", "share/csrtui/pairs", "share/csrtui/.locks"):
        assert mode_of(tmp_path / name) == 0o700
    check_store(tmp_path / "share/csrtui")


# Adding


def test_a_pair_has_the_place_and_the_modes_of_the_contract(store: Keystore, folder: Path) -> None:
    umask = os.umask(0)
    try:
        assert store.add("www.example.com", PairFiles(b"key", b"request", b"record")) == "www.example.com"
    finally:
        os.umask(umask)
    pair = folder / "pairs/www.example.com"
    found = {path.name: (path.read_bytes(), mode_of(path)) for path in pair.iterdir()}
    assert found == {
        "key.pem": (b"key", 0o600),
        "request.pem": (b"request", 0o644),
        "pair.json": (b"record", 0o600),
    }
    assert mode_of(pair) == 0o700


def test_a_pair_is_flushed_in_the_order_that_survives_a_power_cut(
    store: Keystore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add("first", pair_files())
    done: list[str] = []
    rename = os.rename

    def flush(descriptor: int) -> None:
        path = os.path.relpath(os.readlink(f"/proc/self/fd/{descriptor}"), folder)
        done.append(path.replace(path.split("/")[1], ".new", 1) if "/.new-" in path else path)

    def renaming(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        done.append("rename")
        rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "rename", renaming)
    store.add("a", pair_files())
    hidden = ["pairs/.new/key.pem", "pairs/.new/request.pem", "pairs/.new/pair.json", "pairs/.new"]
    assert done == [*hidden, "rename", "pairs"]
    done.clear()
    with store.change("a") as change:
        change.replace_record(b"new")
    assert [path.rpartition(".tmp-")[0] or path for path in done] == ["pairs/a/", "rename", "pairs/a"]


def test_a_name_that_is_taken_gets_the_next_free_number(store: Keystore) -> None:
    assert [store.add("a", pair_files()) for _ in range(12)] == ["a", *(f"a-{n}" for n in range(2, 13))]
    assert store.add("a-2", pair_files()) == "a-2-2"


@pytest.mark.parametrize("kind", ["file", "empty folder", "link", "dangling link", "full folder"])
def test_nothing_is_overwritten(store: Keystore, folder: Path, kind: str) -> None:
    store.add("z", pair_files())
    path = folder / "pairs" / "a"
    if kind == "file":
        path.write_bytes(b"mine")
    elif kind == "link":
        path.symlink_to(folder)
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    else:
        path.mkdir(0o700)
        if kind == "full folder":
            (path / "mine").touch()
    before = path.lstat()
    assert store.add("a", pair_files()) == "a-2"
    after = path.lstat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("error", [errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR])
def test_the_loser_of_a_race_for_a_name_gets_the_next_number(
    store: Keystore, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    failing = FailingCall(monkeypatch, "rename", error)
    assert store.add("a", pair_files()) == "a-2"
    assert failing.fired


def test_a_name_that_was_used_in_the_meantime_is_skipped(
    store: Keystore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        store.add("a", pair_files())
    listdir = os.listdir

    def late(where: int) -> list[str]:
        found = listdir(where)
        (folder / "pairs" / "a-6").mkdir(exist_ok=True)  # empty: rename(2) would replace it
        return found

    monkeypatch.setattr(os, "listdir", late)
    assert store.add("a", pair_files()) == "a-7"
    assert list((folder / "pairs" / "a-6").iterdir()) == []


def test_the_thousandth_pair_of_a_name_needs_few_calls(
    store: Keystore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add("a", pair_files())
    for number in range(2, 1001):
        (folder / "pairs" / f"a-{number}").mkdir(0o700)
    counting = FailingCall(monkeypatch, "stat", 0, when=-1)
    assert store.add("a", pair_files()) == "a-1001"
    assert counting.calls < 12


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", "", ".new-x", "a\n", "\x1b[2J", "A"])
def test_a_path_is_refused_before_anything_is_touched(store: Keystore, folder: Path, name: str) -> None:
    with pytest.raises(InputError):
        store.add(name, pair_files())
    with pytest.raises(InputError):
        store.read(name)
    with pytest.raises(InputError):
        store.pair_path(name)
    with pytest.raises(InputError), store.change(name):
        pass
    assert not folder.exists()


def test_twelve_simultaneous_processes_make_twelve_pairs(store: Keystore, folder: Path) -> None:
    from contextlib import ExitStack

    with ExitStack() as stack:
        processes = [
            stack.enter_context(running("add", store.path, "www", f"number {number}")) for number in range(12)
        ]
        assert [process.read_line() for process in processes] == ["ready"] * 12
        for process in processes:
            process.say("go")
        names = [process.read_line() for process in processes]
    assert sorted(names) == sorted(["www", *(f"www-{number}" for number in range(2, 13))])
    assert store.names() == sorted(names)
    for number, name in enumerate(names):
        assert store.read(name).csr == f"request number {number}".encode()
    check_store(folder)
    assert store.leftovers() == []


@pytest.mark.parametrize(
    ("call", "error", "hint"),
    [
        ("write", errno.ENOSPC, "the disk is full: make room, then try again"),
        ("write", errno.EDQUOT, "your disk quota is used up: make room, then try again"),
        ("mkdir", errno.EROFS, "the file system is mounted read-only"),
        (
            "mkdir",
            errno.EACCES,
            "run csrtui as the user who owns the store, or choose another store with --store",
        ),
        ("fsync", errno.EIO, "the disk reports an error: see the system log"),
        ("rename", errno.EXDEV, None),
    ],
)
def test_an_error_of_the_disk_names_the_store_and_a_hint(
    store: Keystore, monkeypatch: pytest.MonkeyPatch, call: str, error: int, hint: str | None
) -> None:
    FailingCall(monkeypatch, call, error)
    with pytest.raises(StoreError) as caught:
        store.add("a", pair_files())
    assert caught.value.message == f"cannot save the pair in {store.path}: {os.strerror(error)}"
    assert caught.value.hint == hint
    assert isinstance(caught.value, ReadOnlyError) == (error == errno.EROFS)
    assert store.names() == []


def test_an_unconfirmed_pair_is_reported_as_saved(store: Keystore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add("z", pair_files())
    before = store.generation()
    FailingCall(monkeypatch, "fsync", errno.EIO, when=5)
    with pytest.raises(NotConfirmedError) as caught:
        store.add("a", pair_files())
    assert caught.value.message == "a is saved, but the disk did not confirm it"
    assert (caught.value.saved, caught.value.exit_code) == ("a", 3)
    assert store.names() == ["a", "z"]
    assert store.generation() != before


def test_two_pairs_within_one_tick_of_the_kernel_s_clock_have_different_stamps(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = time.time_ns() + 10**15
    monkeypatch.setattr(time, "time_ns", lambda: far)
    store.add("a", pair_files())
    assert store.generation() == far


def test_the_files_of_a_pair_do_not_show_in_a_traceback() -> None:
    assert "KEY" not in repr(pair_files())


# Changing


def test_a_change_sees_and_replaces_the_record(store: Keystore) -> None:
    store.add("a", pair_files("old"))
    with store.change("a") as change:
        assert change.record.endswith(b"old")
        change.replace_record(b"second")
        assert change.record == b"second"
        change.replace_record(b"third")
    stored = store.read("a")
    assert stored == StoredPair("a", store.pair_path("a"), b"third", b"request old", None)


def test_a_change_sees_the_changes_of_other_sessions(store: Keystore, folder: Path) -> None:
    store.add("a", pair_files("old"))
    other = Keystore(str(folder))
    seen = store.read("a").record
    with other.change("a") as change:
        change.replace_record(b"other")
    with store.change("a") as change:
        assert change.record == b"other" != seen


def test_a_change_of_a_missing_pair_leaves_no_lock(store: Keystore, folder: Path) -> None:
    store.add("a", pair_files())
    with pytest.raises(InputError, match="there is no pair b"), store.change("b"):
        pass
    assert [path.name for path in (folder / ".locks").iterdir()] == ["creating"]


def test_an_unconfirmed_change_is_visible_to_other_sessions(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add("a", pair_files("old"))
    before = store.generation()
    FailingCall(monkeypatch, "fsync", errno.EIO, when=2)
    with pytest.raises(NotConfirmedError, match="a is saved, but"), store.change("a") as change:
        change.replace_record(b"new")
    assert store.read("a").record == b"new"
    assert store.generation() != before


def test_a_change_that_fails_leaves_the_old_record_and_names_the_file(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add("a", pair_files("old"))
    before = store.generation()
    FailingCall(monkeypatch, "write", errno.ENOSPC)
    with pytest.raises(StoreError) as caught, store.change("a") as change:
        change.replace_record(b"new")
    assert caught.value.message == f"cannot write {store.pair_path('a')}/pair.json: No space left on device"
    assert store.read("a").record.endswith(b"old")
    assert store.generation() == before


def test_an_error_in_the_block_is_raised_unchanged(store: Keystore) -> None:
    store.add("a", pair_files())
    with pytest.raises(ZeroDivisionError), store.change("a"):
        raise ZeroDivisionError
    with store.change("a"):
        pass


# Leftovers


def leave(folder: Path, name: str = HIDDEN) -> Path:
    hidden = folder / "pairs" / name
    hidden.mkdir(0o700)
    for file in ("key.pem", "request.pem"):
        (hidden / file).touch(0o600)
    return hidden


def test_leftovers_of_an_interrupted_creation_are_named_and_removed(store: Keystore, folder: Path) -> None:
    store.add("a", pair_files())
    hidden = leave(folder)
    assert store.leftovers() == [str(hidden)]
    assert store.names() == ["a"]
    assert store.remove_leftovers() == [HIDDEN]
    assert store.remove_leftovers() == store.leftovers() == []
    assert names_on_disk(folder) == ["a"]


def test_leftovers_are_removed_without_a_lock_folder(store: Keystore, folder: Path) -> None:
    store.add("a", pair_files())
    shutil.rmtree(folder / ".locks")
    leave(folder)
    assert store.remove_leftovers() == [HIDDEN]
    with store.change("a") as change:
        change.replace_record(b"new")


def test_the_removal_follows_no_link_and_removes_only_files_of_a_creation(
    store: Keystore, folder: Path, tmp_path: Path
) -> None:
    store.add("a", pair_files())
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "key.pem").write_bytes(b"precious")
    pairs = folder / "pairs"
    (pairs / ".new-1111111111111111").symlink_to(outside)
    (pairs / ".new-2222222222222222").write_bytes(b"a file")
    inner_link = leave(folder, ".new-3333333333333333")
    (inner_link / "pair.json").symlink_to(outside / "key.pem")
    foreign = leave(folder, ".new-4444444444444444")
    (foreign / "notes.txt").write_bytes(b"mine")
    odd = leave(folder, ".new-5555555555555555")
    (odd / "pair.json").mkdir()
    leave(folder, ".new-made-by-hand")
    assert store.remove_leftovers() == [".new-3333333333333333"]
    assert (outside / "key.pem").read_bytes() == b"precious"
    assert (foreign / "notes.txt").read_bytes() == b"mine"
    assert (pairs / ".new-2222222222222222").read_bytes() == b"a file"
    assert len(list((pairs / ".new-made-by-hand").iterdir())) == 2
    assert odd.is_dir()
    assert len(store.leftovers()) == 4


def test_leftovers_of_an_interrupted_replacement_are_removed_by_the_next_one(
    store: Keystore, folder: Path
) -> None:
    store.add("a", pair_files())
    store.save_draft(b"draft")
    for place in (folder, folder / "pairs/a"):
        (place / f"{safe_files.TEMPORARY}0123456789abcdef").touch()
    with store.change("a"):
        pass
    store.save_draft(b"next")
    assert list(folder.rglob(f"{safe_files.TEMPORARY}*")) == []


# Reading


def test_only_folders_with_a_pair_s_name_are_pairs(store: Keystore, folder: Path) -> None:
    store.add("b", pair_files())
    store.add("a", pair_files())
    (folder / "pairs" / "UPPER").mkdir()
    (folder / "pairs" / "file").touch()
    (folder / "pairs" / ".hidden").mkdir()
    (folder / "pairs" / "bad\nname").mkdir()
    assert store.names() == ["a", "b"]
    assert [listed.name for listed in store.listing()] == ["a", "b"]


def test_the_certificate_is_read_when_there_is_one(store: Keystore, folder: Path) -> None:
    store.add("a", pair_files())
    (listed,) = store.listing()
    assert not listed.has_certificate
    (folder / "pairs/a/certificate.pem").write_bytes(b"certificate")
    (folder / "pairs/a/certificate.pem").chmod(0o644)
    (listed,) = store.listing()
    assert listed.has_certificate
    assert listed.record == store.read("a").record
    assert store.read("a").certificate == b"certificate"


@pytest.mark.parametrize("name", ["key.pem", "pair.json", "request.pem"])
def test_a_pair_that_lacks_a_file_is_damaged_and_the_file_is_named(
    store: Keystore, folder: Path, name: str
) -> None:
    store.add("a", pair_files())
    store.add("b", pair_files())
    path = folder / "pairs/a" / name
    path.unlink()
    expected = f"cannot read {path}: No such file or directory"
    with pytest.raises(StoreError) as caught:
        store.read("a")
    assert caught.value.message == expected
    damaged, whole = store.listing()
    assert isinstance(whole.record, bytes)
    if name != "request.pem":
        assert isinstance(damaged.record, StoreError)
        assert damaged.record.message == expected
    if name == "pair.json":
        with pytest.raises(StoreError, match="cannot read") as caught, store.change("a"):
            pass
        assert caught.value.message == expected


def test_a_listing_continues_after_an_unreadable_pair(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add("a", pair_files())
    store.add("b", pair_files())
    FailingCall(monkeypatch, "read", errno.EIO)
    damaged, whole = store.listing()
    assert isinstance(damaged.record, StoreError)
    assert damaged.record.message == f"cannot read {store.pair_path('a')}: Input/output error"
    assert isinstance(whole.record, bytes)


def test_an_abandoned_listing_leaves_no_open_descriptor(store: Keystore) -> None:
    store.add("a", pair_files())
    store.add("b", pair_files())
    assert next(iter(store.listing())).name == "a"


# The draft


def test_the_draft_saved_last_is_loaded(store: Keystore, folder: Path) -> None:
    store.save_draft(b"one")
    store.save_draft(b"two")
    assert Keystore(str(folder)).load_draft() == b"two"
    assert mode_of(folder / ".draft.json") == 0o600
    check_store(folder)


def test_a_draft_that_cannot_be_saved_leaves_the_previous_one(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_draft(b"one")
    with monkeypatch.context() as patch:
        FailingCall(patch, "fsync", errno.EIO)
        with pytest.raises(StoreError, match="cannot save the draft in"):
            store.save_draft(b"two")
    assert store.load_draft() == b"one"
    FailingCall(monkeypatch, "fsync", errno.EIO, when=2)
    with pytest.raises(NotConfirmedError, match="the draft is saved, but"):
        store.save_draft(b"three")
    assert store.load_draft() == b"three"


def test_a_missing_store_has_no_draft(tmp_path: Path) -> None:
    keystore = Keystore(str(tmp_path / "nowhere"))
    assert keystore.load_draft() is None
    assert keystore.load_last_used() is None
    assert not (tmp_path / "nowhere").exists()


def test_a_store_without_a_draft_returns_none(tmp_path: Path) -> None:
    keystore = Keystore(str(tmp_path / "store"))
    keystore.update_last_used(lambda _: b"{}")
    assert keystore.load_draft() is None
