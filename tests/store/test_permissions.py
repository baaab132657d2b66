"""Owners, modes and links: anything unsafe is refused with the command that fixes it, and never fixed silently."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from store_state import mode_of, pair_files

from csrtui.core.base.errors import StoreError
from csrtui.store.keystore import Keystore
from csrtui.store.permissions import PRIVATE_FILE, check_permissions, restrict_mode

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDERS = ("", "pairs", "pairs/a")
PRIVATE = ("pairs/a/key.pem", "pairs/a/pair.json", ".draft.json")
PUBLIC = ("pairs/a/request.pem", "pairs/a/certificate.pem")
TOO_OPEN = (
    [(name, mode, 0o700) for name in FOLDERS for mode in (0o755, 0o750, 0o710, 0o701, 0o770, 0o777)]
    + [(name, mode, 0o600) for name in PRIVATE for mode in (0o644, 0o640, 0o604, 0o660, 0o602, 0o601)]
    + [(name, mode, 0o644) for name in PUBLIC for mode in (0o664, 0o646, 0o666)]
)


@pytest.fixture
def filled(folder: Path) -> Path:
    """Return the folder of a store with a pair that has every file. Its path needs quoting."""
    place = folder.parent / "it's here; rm -rf"
    store = Keystore(str(place))
    store.add("a", pair_files())
    store.save_draft(b"draft")
    (place / "pairs/a/certificate.pem").write_bytes(b"certificate")
    (place / "pairs/a/certificate.pem").chmod(0o644)
    return place


def users_of(place: Path, name: str) -> list[Callable[[], object]]:
    """Return the functions that must refuse an unsafe file or folder with this name."""
    store = Keystore(str(place))

    def change() -> None:
        with store.change("a"):
            pass

    if name == ".draft.json":
        return [store.load_draft]
    whole = [
        lambda: store.add("b", pair_files()),
        store.names,
        lambda: list(store.listing()),
        store.leftovers,
    ]
    if name == "":
        return [lambda: store.read("a"), change, *whole, store.load_draft, lambda: store.save_draft(b"")]
    if name == "pairs":
        return [lambda: store.read("a"), change, *whole]
    if name in {"pairs/a", "pairs/a/pair.json"}:
        return [lambda: store.read("a"), change, lambda: raise_listed(store)]
    if name == "pairs/a/key.pem":
        return [lambda: store.read("a"), lambda: raise_listed(store)]
    return [lambda: store.read("a")]


def raise_listed(store: Keystore) -> None:
    (listed,) = store.listing()
    if isinstance(listed.record, StoreError):
        raise listed.record


@pytest.mark.parametrize(("name", "mode", "right"), TOO_OPEN)
def test_access_for_others_is_refused_with_the_exact_chmod(
    filled: Path, name: str, mode: int, right: int
) -> None:
    path = filled / name
    path.chmod(mode)
    for use in users_of(filled, name):
        with pytest.raises(StoreError) as caught:
            use()
        assert shlex.split(str(caught.value.hint)) == ["chmod", f"{right:o}", str(path)]
        assert f"(mode {mode:04o})" in caught.value.message
        assert ("write to" if mode & 0o022 else "read") in caught.value.message
        assert str(path) in caught.value.message
    assert mode_of(path) == mode


@pytest.mark.parametrize("name", [*FOLDERS, *PRIVATE, *PUBLIC])
def test_stricter_modes_are_accepted(filled: Path, name: str) -> None:
    (filled / name).chmod(0o700 if name in FOLDERS else 0o400)
    store = Keystore(str(filled))
    assert store.read("a").certificate == b"certificate"
    assert store.load_draft() == b"draft"


@pytest.mark.parametrize("name", [*FOLDERS, *PRIVATE, *PUBLIC])
def test_files_of_another_user_are_refused(filled: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    stat, fstat = os.stat, os.fstat
    target = (filled / name).stat()

    def lend(found: os.stat_result) -> os.stat_result:
        if (found.st_dev, found.st_ino) != (target.st_dev, target.st_ino):
            return found
        return os.stat_result([*found[:4], owner + 7, *found[5:]])

    for use in users_of(filled, name):
        with monkeypatch.context() as patch:
            patch.setattr(os, "stat", lambda *args, **kwargs: lend(stat(*args, **kwargs)))
            patch.setattr(os, "fstat", lambda number: lend(fstat(number)))
            with pytest.raises(StoreError) as caught:
                use()
        assert f"belongs to user {owner + 7}, and csrtui runs as {owner}" in caught.value.message
        command = str(caught.value.hint).removeprefix("run csrtui as its owner, or: ")
        assert shlex.split(command) == ["chown", str(owner), str(filled / name)]


def test_a_store_of_another_user_is_refused_even_to_root(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = filled.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(StoreError, match=f"belongs to user {owner}, and csrtui runs as {owner + 1}"):
        Keystore(str(filled)).names()


@pytest.mark.parametrize("name", ["pairs", "pairs/a", *PRIVATE, *PUBLIC])
def test_a_link_in_the_store_is_refused_wherever_it_leads(filled: Path, name: str, tmp_path: Path) -> None:
    path = filled / name
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    for use in users_of(filled, name):
        with pytest.raises(StoreError, match=r"should be a (file|folder) but is a symbolic link") as caught:
            use()
        assert str(path) in caught.value.message
    assert path.is_symlink()


def test_the_store_itself_may_be_a_link(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(filled)
    store = Keystore(str(tmp_path / "link"))
    assert store.names() == ["a"]
    assert store.add("a", pair_files()) == "a-2"


def test_the_target_of_a_link_to_the_store_is_checked_like_a_store(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(filled)
    filled.chmod(0o755)
    with pytest.raises(StoreError) as caught:
        Keystore(str(tmp_path / "link")).names()
    assert caught.value.hint == f"chmod 700 {tmp_path / 'link'}"


@pytest.mark.parametrize("name", ["pairs/a/pair.json", "pairs/a/request.pem", ".draft.json"])
def test_a_fifo_in_place_of_a_file_is_refused_without_waiting(filled: Path, name: str) -> None:
    (filled / name).unlink()
    os.mkfifo(filled / name, 0o600)
    for use in users_of(filled, name):
        with pytest.raises(StoreError, match="should be a file but is"):
            use()


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch(0o600)
    with pytest.raises(StoreError, match="Not a directory") as caught:
        Keystore(str(tmp_path / "file")).names()
    assert caught.value.hint == "part of the path is a file, not a folder"
    with pytest.raises(StoreError, match="Not a directory"):
        Keystore(str(tmp_path / "file")).add("a", pair_files())


def test_a_hostile_path_is_shown_harmlessly() -> None:
    with pytest.raises(StoreError) as caught:
        check_permissions("/x/\x1b[2J\u202e", Path("/").stat(), PRIVATE_FILE)
    assert caught.value.message.isprintable()


def test_the_mode_of_a_file_is_only_ever_restricted(filled: Path) -> None:
    key, link = filled / "pairs/a/key.pem", filled / "pairs/a/link"
    for before, mode, after in ((0o644, 0o600, 0o600), (0o466, 0o644, 0o444), (0o640, 0o644, 0o640)):
        key.chmod(before)
        restrict_mode(str(key), mode)
        assert mode_of(key) == after
    link.symlink_to(key)
    with pytest.raises(StoreError, match=r"cannot change the mode of .*link"):
        restrict_mode(str(link), 0o400)
    assert mode_of(key) == 0o640
