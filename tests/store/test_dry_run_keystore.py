"""The keystore of a dry run raises the errors of the real one and changes nothing on the disk."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from store_state import pair_files

from csrtui.core.base.errors import InputError, StoreError
from csrtui.store import new_files
from csrtui.store.disk_errors import ReadOnlyError
from csrtui.store.dry_run import DryRunKeystore
from csrtui.store.keystore import FreeNames, Keystore

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a store with one pair, whose folder of locks is removed."""
    Keystore(str(tmp_path / "store")).add("a.com", pair_files())
    return tmp_path / "store"


def listing(folder: Path) -> dict[str, int]:
    """Return the time of change of everything in a folder."""
    return {str(path): path.lstat().st_mtime_ns for path in (folder, *folder.rglob("*"))}


def forbid_writing(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Treat these folders as not writable, also for root."""
    real = os.access
    names = {str(folder) for folder in folders}
    monkeypatch.setattr(os, "access", lambda path, mode: path not in names and real(path, mode))


def test_added_pairs_get_free_names_and_can_be_read_again(path: Path) -> None:
    store, before = DryRunKeystore(str(path)), listing(path)
    pairs = [("a.com", pair_files("two")), ("b.com", pair_files("three")), ("a.com", pair_files("four"))]
    assert store.add_many(pairs, FreeNames()) == ["a.com-2", "b.com", "a.com-3"]
    assert store.read("a.com-3").csr == b"request four"
    assert store.read("a.com").csr == b"request one"
    assert store.has_pair("b.com")
    assert store.remove_leftovers() == []
    with store.lock_for_restore():
        assert listing(path) == before


def test_a_change_stays_in_memory(path: Path) -> None:
    store, before = DryRunKeystore(str(path)), listing(path)
    with store.change("a.com") as change:
        change.replace_certificate(b"certificate", NOW)
        change.replace_record(b"{}")
        assert change.record == b"{}"
    assert listing(path) == before
    with pytest.raises(InputError, match=r"there is no pair b\.com"), store.change("b.com"):
        pass
    (path / "pairs/a.com/certificate.pem").symlink_to("elsewhere")
    with store.change("a.com") as change, pytest.raises(StoreError, match="is a symbolic link"):
        change.replace_certificate(b"certificate", NOW)


def test_a_store_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    path = tmp_path / "no" / "store"
    assert DryRunKeystore(str(path)).add("a.com", pair_files()) == "a.com"
    path.parent.mkdir(0o700)
    path.mkdir(0o700)
    assert DryRunKeystore(str(path)).add("a.com", pair_files()) == "a.com"
    assert list(path.iterdir()) == []


@pytest.mark.parametrize("name", [".locks", "pairs"])
def test_a_folder_that_cannot_be_written_to_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    forbid_writing(monkeypatch, path)
    assert DryRunKeystore(str(path)).add("b.com", pair_files()) == "b.com"
    forbid_writing(monkeypatch, path / name)
    with pytest.raises(StoreError, match=r"cannot save the pair in .*: Permission denied"):
        DryRunKeystore(str(path)).add("b.com", pair_files())


def test_the_place_of_a_new_store_must_be_writable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_writing(monkeypatch, path.parent)
    with pytest.raises(StoreError, match="Permission denied"):
        DryRunKeystore(str(path.parent / "no" / "store")).add("b.com", pair_files())


def test_a_read_only_file_system_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid_writing(monkeypatch, path / "pairs" / "a.com")
    real = os.statvfs(path)
    fields = list(real)
    fields[8] |= os.ST_RDONLY
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(fields))
    with (
        pytest.raises(ReadOnlyError, match="Read-only file system"),
        DryRunKeystore(str(path)).change("a.com"),
    ):
        pass


def test_new_files_are_named_but_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one").write_bytes(b"old")
    output = new_files.OutputFile(("one", "two"), b"new", new_files.OWNER_ONLY)
    assert new_files.write_new_files(str(tmp_path), [output], dry_run=True) == [str(tmp_path / "two")]
    assert new_files.write_new_file(str(tmp_path / "two"), b"new", dry_run=True) == str(tmp_path / "two")
    with pytest.raises(InputError, match="one already exists"):
        new_files.write_new_file(str(tmp_path / "one"), b"new", dry_run=True)
    with pytest.raises(InputError, match="a file of another kind"):
        new_files.replace_public_file(str(tmp_path / "one"), b"new", b"new", dry_run=True)
    assert new_files.replace_public_file(str(tmp_path / "one"), b"new", b"old", dry_run=True)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("one", b"old")]
    forbid_writing(monkeypatch, tmp_path)
    with pytest.raises(InputError, match="Permission denied"):
        new_files.write_new_file(str(tmp_path / "three"), b"new", dry_run=True)
    with pytest.raises(InputError, match="Permission denied"):
        new_files.replace_public_file(str(tmp_path / "three"), b"new", b"", dry_run=True)
