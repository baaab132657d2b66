"""State saved between runs: the drafts of several sessions, and the defaults of dialogs."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from csrtui.core.base.errors import StoreError
from csrtui.store.disk_errors import ReadOnlyError
from csrtui.store.keystore import Keystore
from csrtui.store.safe_files import TEMPORARY, release

if TYPE_CHECKING:
    from pathlib import Path


def test_drafts_are_listed_with_the_newest_first_and_one_that_is_not_safe_is_left_out(
    store: Keystore, folder: Path
) -> None:
    assert store.drafts() == []
    for number in (1, 2, 3, 16):
        store.save_draft(b"%d" % number, number)
    for age, name in ((3, ".draft.json"), (2, ".draft-2.json"), (4, ".draft-3.json"), (9, ".draft-16.json")):
        os.utime(folder / name, ns=(age, age))
    (folder / ".draft-16.json").chmod(0o644)
    assert [(one.number, one.data, one.changed) for one in store.drafts()] == [
        (3, b"3", 4),
        (1, b"1", 3),
        (2, b"2", 2),
    ]


def test_leftovers_of_a_killed_save_are_removed_by_the_next_one(store: Keystore, folder: Path) -> None:
    store.save_draft(b"1")
    (folder / f"{TEMPORARY}0123456789abcdef").write_bytes(b"half")
    store.save_draft(b"2")
    assert not [name for name in os.listdir(folder) if name.startswith(TEMPORARY)]


def test_a_draft_that_is_removed_while_drafts_are_read_is_left_out(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_draft(b"1")
    monkeypatch.setattr(Keystore, "load_draft", lambda *_: None)
    assert store.drafts() == []


def test_a_draft_is_locked_until_the_descriptor_is_closed(store: Keystore, folder: Path) -> None:
    held = store.lock_draft(2)
    assert held is not None
    assert Keystore(str(folder)).lock_draft(2) is None
    other = Keystore(str(folder)).lock_draft(1)
    assert other is not None
    for descriptor in (held, other):
        release(descriptor)
    again = Keystore(str(folder)).lock_draft(2)
    assert again is not None
    release(again)
    assert b"process" in (folder / ".locks" / "draft-2").read_bytes()


def test_a_draft_on_a_file_system_without_locks_cannot_be_locked(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(ReadOnlyError, match="the draft can only be read"):
        store.lock_draft(1)


def test_defaults_of_dialogs_are_updated_from_the_saved_ones(store: Keystore, folder: Path) -> None:
    store.update_last_used(lambda data: (data or b"-") + b"a")
    Keystore(str(folder)).update_last_used(lambda data: (data or b"-") + b"b")
    assert store.load_last_used() == b"-ab"


def test_a_store_exists_once_its_folder_does(store: Keystore, folder: Path) -> None:
    assert not store.exists()
    folder.symlink_to("nowhere")
    assert not store.exists()
    folder.unlink()
    store.create()
    assert store.exists()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_store_that_cannot_be_examined_counts_as_existing(folder: Path) -> None:
    folder.write_bytes(b"")
    store = Keystore(str(folder / "store"))
    assert store.exists()
    with pytest.raises(StoreError, match="Not a directory"):
        store.names()
    with pytest.raises(StoreError, match="cannot create the keystore"):
        store.create()
