"""Folders above the store: the rules of sshd's StrictModes, and the commands that fix violations."""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from store_state import pair_files

from csrtui.core.base.errors import StoreError
from csrtui.store.keystore import Keystore
from csrtui.store.output_folder import examine_backup_folder
from csrtui.store.permissions import unsafe_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STRANGER = 4711
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")


@pytest.fixture
def above(tmp_path: Path) -> Path:
    """Return a folder two levels above a store. Its name needs quoting."""
    folder = tmp_path / "it's above; rm -rf"
    (folder / "data").mkdir(parents=True, mode=0o755)
    return folder


@pytest.fixture
def store(above: Path) -> Keystore:
    """Return a store with one pair."""
    store = Keystore(str(above / "data" / "store"))
    store.add("a", pair_files())
    return store


def refusal(path: str) -> StoreError:
    """Return the error of every use of a store, which must always be the same."""
    errors = []
    uses: list[Callable[[Keystore], object]] = [
        lambda store: store.names(),
        lambda store: store.read("a"),
        lambda store: store.load_last_used(),
        lambda store: store.update_last_used(lambda _: b""),
        lambda store: store.add("b", pair_files()),
        lambda store: store.remove_leftovers(),
    ]
    for use in uses:
        with pytest.raises(StoreError) as caught:
            use(Keystore(path))
        errors.append(caught.value)
    assert len({(error.message, error.hint) for error in errors}) == 1
    return errors[0]


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o775, 0o772])
def test_a_folder_above_that_others_can_write_to_is_refused_and_the_hint_fixes_it(
    above: Path, store: Keystore, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grp, "getgrgid", _group_of("somebody"))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: _entry(name, STRANGER, 0))
    above.chmod(mode)
    error = refusal(store.path)
    assert f"others can write to {above} (owner {os.geteuid()}, mode {mode:04o})" in error.message
    assert store.path in error.message
    subprocess.run(["/bin/sh", "-c", str(error.hint)], check=True)
    assert Keystore(store.path).names() == ["a"]


def test_a_sticky_folder_above_is_accepted(above: Path, store: Keystore) -> None:
    above.chmod(0o1777)
    assert Keystore(store.path).names() == ["a"]


def test_nothing_is_created_below_an_unsafe_folder(tmp_path: Path) -> None:
    place = tmp_path / "open"
    place.mkdir()
    place.chmod(0o777)
    with pytest.raises(StoreError, match="others can write to"):
        Keystore(str(place / "data" / "store")).add("a", pair_files())
    assert not any(place.iterdir())


@needs_root
@pytest.mark.parametrize("name", ["", "data"])
def test_a_folder_above_that_another_user_owns_is_refused_and_the_hint_fixes_it(
    above: Path, store: Keystore, name: str
) -> None:
    os.chown(above / name, STRANGER, -1)
    error = refusal(store.path)
    assert f"{above / name} belongs to user {STRANGER}, and csrtui runs as 0" in error.message
    command = str(error.hint).removesuffix(", or choose another folder with --store")
    assert shlex.split(command) == ["chown", "0", str(above / name)]
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert Keystore(store.path).names() == ["a"]


@needs_root
def test_a_sticky_folder_of_another_user_is_refused(above: Path, store: Keystore) -> None:
    above.chmod(0o1777)
    os.chown(above, STRANGER, -1)
    assert f"belongs to user {STRANGER}" in refusal(store.path).message


def test_a_folder_of_root_above_the_store_of_a_user_is_accepted(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has folders of root")
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    assert list(unsafe_folders(str(above / "data"), itself=True)) == []


# Links


def test_the_folders_of_a_link_are_checked(above: Path, store: Keystore, tmp_path: Path) -> None:
    place = tmp_path / "open"
    place.mkdir()
    (place / "link").symlink_to(store.path)
    place.chmod(0o777)
    assert f"others can write to {place} " in refusal(str(place / "link")).message
    place.chmod(0o755)
    above.chmod(0o777)
    assert f"others can write to {above} " in refusal(str(place / "link")).message


@pytest.mark.usefixtures("store")
def test_relative_links_and_links_to_links_are_followed(above: Path, tmp_path: Path) -> None:
    (tmp_path / "first").symlink_to(f"./{above.name}/../{above.name}//data")
    (tmp_path / "second").symlink_to("first")
    path = str(tmp_path / "second" / "store")
    assert Keystore(path).names() == ["a"]
    (above / "data").chmod(0o777)
    assert f"others can write to {above / 'data'} " in refusal(path).message


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert list(unsafe_folders(str(tmp_path / "a" / "store"), itself=True)) == []


@needs_root
@pytest.mark.parametrize("name", ["link", "link/store"])
def test_a_link_that_another_user_owns_is_refused_and_the_hint_fixes_it(
    above: Path, store: Keystore, name: str
) -> None:
    link = above / "link"
    link.symlink_to(store.path if name == "link" else "data")
    os.chown(link, STRANGER, -1, follow_symlinks=False)
    path = str(above / name)
    error = refusal(path)
    assert f"{link} belongs to user {STRANGER}" in error.message
    command = str(error.hint).removesuffix(", or choose another folder with --store")
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert Keystore(path).names() == ["a"]


# Groups


def _entry(name: str, uid: int, gid: int) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, gid, "", "/", "/bin/sh"))


def _group_of(*names: str) -> object:
    return lambda gid: grp.struct_group(("group", "x", gid, list(names)))


@pytest.fixture
def group_writable(above: Path) -> Iterator[Path]:
    """Return a folder that its group can write to."""
    above.chmod(0o775)
    yield above
    above.chmod(0o755)


@pytest.mark.parametrize(
    ("members", "primary", "accepted"),
    [
        ([], {}, True),
        (["me"], {}, True),
        (["me", "root"], {"me": 0}, True),
        (["other"], {}, False),
        (["me", "other"], {}, False),
        ([], {"other": STRANGER}, False),
        (["unknown"], {}, False),
    ],
)
def test_a_group_counts_as_the_user_only_without_other_members(
    group_writable: Path,
    members: list[str],
    primary: dict[str, int],
    accepted: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gid = group_writable.stat().st_gid
    users = {"me": os.geteuid(), "root": 0, "other": STRANGER}
    monkeypatch.setattr(grp, "getgrgid", _group_of(*members))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: _entry(name, users[name], 0))
    entries = [_entry(name, users[name], gid) for name in primary] + [_entry("far", 9, gid + 1)]
    monkeypatch.setattr(pwd, "getpwall", lambda: entries)
    found = list(unsafe_folders(str(group_writable / "data"), itself=True))
    assert [one.path for one in found] == ([] if accepted else [str(group_writable)])
    assert all(one.fix.startswith("chmod g-w ") for one in found)


def test_an_unknown_group_is_not_private(
    group_writable: Path, store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(gid: int) -> grp.struct_group:
        raise KeyError(gid)

    monkeypatch.setattr(grp, "getgrgid", unknown)
    assert f"others can write to {group_writable} " in refusal(store.path).message


# User namespaces


@pytest.mark.parametrize(
    ("lines", "accepted"), [("0 1000 1\n", True), ("0 0 4294967295\n", False), ("", False), (None, False)]
)
def test_an_owner_without_a_number_in_the_user_namespace_is_accepted(
    above: Path,
    lines: str | None,
    accepted: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "map").write_text(lines or "", encoding="ascii")

    def opened(path: str, encoding: str) -> object:
        assert path == "/proc/self/uid_map"
        return Path(tmp_path / ("map" if lines is not None else "none")).open(encoding=encoding)

    lstat = os.lstat
    owned = above.stat().st_ino

    def of_stranger(path: str) -> os.stat_result:
        status = lstat(path)
        return os.stat_result([*status[:4], STRANGER, *status[5:]]) if status.st_ino == owned else status

    monkeypatch.setattr("builtins.open", opened)
    monkeypatch.setattr(os, "lstat", of_stranger)
    found = list(unsafe_folders(str(above), itself=True))
    monkeypatch.undo()
    assert bool(found) is not accepted


# The cost of the check, and the destinations of backups


def test_the_folders_above_a_store_are_checked_once(
    tmp_path: Path, store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    lstat = os.lstat

    def counting(path: str) -> os.stat_result:
        if Path(path).is_relative_to(tmp_path):  # coverage.py examines the measured files elsewhere
            looked.append(path)
        return lstat(path)

    monkeypatch.setattr(os, "lstat", counting)
    fresh = Keystore(store.path)
    fresh.names()
    first = len(looked)
    assert first == len(Path(store.path).relative_to(tmp_path).parts) + 1
    fresh.read("a")
    fresh.update_last_used(lambda _: b"")
    assert len(looked) == first


def test_the_destination_of_a_backup_lists_folders_that_others_can_change(
    above: Path, store: Keystore
) -> None:
    assert examine_backup_folder(str(above / "data"), store.path).unsafe == ()
    for folder in (above, above / "data"):
        folder.chmod(0o777)
    found = examine_backup_folder(str(above / "data"), store.path).unsafe
    assert [one.path for one in found] == [str(above), str(above / "data")]
    for one in found:
        subprocess.run(["/bin/sh", "-c", one.fix], check=True)
    assert examine_backup_folder(str(above / "data"), store.path).unsafe == ()
