"""The search for keys in files of others has limits, and opens only regular files."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from csrtui.core.base.errors import InputError
from csrtui.store import foreign_files
from csrtui.store.foreign_files import read_file, search_folder

if TYPE_CHECKING:
    from pathlib import Path

PEM = b"-----BEGIN CERTIFICATE-----\n"


def found(folder: Path, store: str = "/nowhere") -> tuple[list[str], list[str]]:
    """Return the files found, by name, and the paths that could not be examined."""
    searched = search_folder(str(folder), store)
    return [os.path.relpath(file.path, folder) for file in searched.files], searched.faults


def test_a_file_comes_with_its_date_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(PEM)
    path.chmod(0o640)
    when = datetime(2020, 5, 1, tzinfo=UTC)
    os.utime(path, (when.timestamp(), when.timestamp()))
    file = read_file(str(path))
    assert (file.data, file.mode, file.modified, file.path) == (PEM, 0o640, when, str(path))
    assert "BEGIN" not in repr(file)
    os.utime(path, (-5, -5))
    assert read_file(str(path)).modified == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_file_that_disappears_while_it_is_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_files, "read_foreign", lambda _: PEM)
    with pytest.raises(InputError, match="cannot read"):
        read_file(str(tmp_path / "a"))


def test_subfolders_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("a.pem", "below/b.pem"):
        (tmp_path / name).write_bytes(PEM)
    searched = search_folder(str(tmp_path), "/nowhere", max_depth=0)
    assert [file.path for file in searched.files] == [str(tmp_path / "a.pem")]


def test_files_that_may_contain_keys_are_found_folder_by_folder(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name, data in {
        "b/c/deep.pem": PEM,
        "b/der": b"0\x03\x02\x01\x00",
        "a.txt": b"hello " + PEM,
        "wide": PEM.decode().encode("utf-16"),
        "java": b"\xfe\xed\xfe\xed",
        "putty.ppk": b"PuTTY-User-Key-File-3",
        "readme": b"nothing",
        "empty": b"",
        "large": PEM + bytes(1024 * 1024),
    }.items():
        (tmp_path / name).write_bytes(data)
    assert found(tmp_path) == (["a.txt", "java", "putty.ppk", "wide", "b/der", "b/c/deep.pem"], [])


def test_links_to_files_are_followed_and_nothing_but_files_is_opened(tmp_path: Path) -> None:
    real = tmp_path / "archive"
    real.mkdir()
    (real / "key1.pem").write_bytes(PEM)
    live = tmp_path / "live"
    live.mkdir()
    (live / "key.pem").symlink_to("../archive/key1.pem")
    (live / "folder").symlink_to("..")
    (live / "loop").symlink_to("loop")
    (live / "zero").symlink_to("/dev/zero")
    os.mkfifo(live / "fifo")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(live / "s"))
        assert found(live) == (["key.pem"], [])


def test_a_search_has_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path
    for _ in range(foreign_files.MAX_DEPTH + 1):
        below = below / "d"
        below.mkdir()
    (below / "too-deep").write_bytes(PEM)
    (below.parent / "deep").write_bytes(PEM)
    names, faults = found(tmp_path)
    assert (names, faults) == (["d/" * foreign_files.MAX_DEPTH + "deep"], [])
    for number in range(5):
        (tmp_path / str(number)).write_bytes(PEM)
    monkeypatch.setattr(foreign_files, "MAX_FILES", 3)
    names, faults = found(tmp_path)
    assert names == ["0", "1", "2"]
    assert "too large for one search" in faults[0]
    monkeypatch.setattr(foreign_files, "MAX_FILES", 100)
    monkeypatch.setattr(foreign_files, "MAX_TOTAL_BYTES", len(PEM))
    assert found(tmp_path)[0] == ["0", "1"]


def test_the_store_is_left_out(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "key.pem").write_bytes(PEM)
    (tmp_path / "link").symlink_to(store)
    assert found(tmp_path, str(tmp_path / "link")) == ([], [])
    assert found(tmp_path) == (["store/key.pem"], [])


def test_an_unreadable_path_is_reported_and_does_not_stop_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pem").write_bytes(PEM)
    (tmp_path / "b.pem").write_bytes(PEM)
    (tmp_path / "closed\x1b").mkdir()
    scandir, open_foreign = os.scandir, foreign_files.open_foreign

    def refusing_folder(path: str) -> object:
        if "closed" in path:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    def refusing_file(path: str) -> int:
        if path.endswith("a.pem"):
            raise InputError(f"cannot read {path}: Permission denied")
        return open_foreign(path)

    monkeypatch.setattr(os, "scandir", refusing_folder)
    monkeypatch.setattr(foreign_files, "open_foreign", refusing_file)
    names, faults = found(tmp_path)
    assert names == ["b.pem"]
    assert faults == [
        f"cannot read {tmp_path}/a.pem: Permission denied",
        f"cannot read {tmp_path}/closed\\x1b: Permission denied",
    ]


@pytest.mark.parametrize("name", ["not-there", "file", "a\0b"])
def test_a_folder_that_cannot_be_searched_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(PEM)
    with pytest.raises(InputError):
        search_folder(f"{tmp_path}/{name}", "/nowhere")
