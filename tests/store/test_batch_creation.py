"""Many pairs stored at once: each is complete or absent, and gets its name only when it is on disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest
from failing_call import FailingCall
from store_state import check_store, mode_of, names_on_disk, open_descriptors, pair_files

from csrtui.core.base.errors import InputError, StoreError
from csrtui.store import creation
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import FreeNames, Keystore

if TYPE_CHECKING:
    from collections.abc import Sequence

CALLS = (
    "chmod",
    "close",
    "fchmod",
    "fstat",
    "fsync",
    "mkdir",
    "open",
    "rename",
    "stat",
    "utime",
    "write",
)
BASES = ("a", "b", "a", "c")
EXPECTED = ["a", "b", "a-2", "c"]


@pytest.fixture
def store(tmp_path: Path) -> Keystore:
    """Return a store that does not exist yet."""
    return Keystore(str(tmp_path / "store"))


def add(
    store: Keystore, bases: Sequence[str] = BASES, names: FreeNames | None = None
) -> list[str | StoreError]:
    pairs = [(base, pair_files(f"{base} {at}")) for at, base in enumerate(bases)]
    return store.add_many(pairs, names or FreeNames())


def kept(results: Sequence[str | StoreError]) -> list[str]:
    """Return the names of the pairs after a run, confirmed or not."""
    saved = [one.saved if isinstance(one, NotConfirmedError) else one for one in results]
    return sorted(one for one in saved if isinstance(one, str))


def test_each_pair_gets_its_name_in_order(store: Keystore) -> None:
    assert add(store) == EXPECTED
    for at, (base, name) in enumerate(zip(BASES, EXPECTED, strict=True)):
        assert store.read(name).csr == f"request {base} {at}".encode()
    check_store(Path(store.path))
    before = store.generation()
    assert add(store) == ["a-3", "b-2", "a-4", "c-2"]
    assert store.generation() != before
    assert store.leftovers() == []


def test_an_empty_batch_stores_nothing(store: Keystore) -> None:
    assert add(store, []) == []


def test_a_name_that_could_be_a_path_is_refused(store: Keystore) -> None:
    with pytest.raises(InputError, match="not a valid pair name"):
        add(store, ["a", "../b"])
    assert not Path(store.path).exists()


def test_an_unsafe_store_is_refused(store: Keystore) -> None:
    add(store)
    Path(store.path).chmod(0o755)
    with pytest.raises(StoreError, match="others can read"):
        add(store)
    Path(store.path).chmod(0o700)
    assert names_on_disk(Path(store.path)) == sorted(EXPECTED)


def test_a_pair_gets_its_name_only_when_it_is_on_disk(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that survives a power cut: contents, then names, then the folder that contains the names."""
    done: list[tuple[str, str]] = []
    lock, fsync, rename = Lock(), os.fsync, os.rename

    def flushing(descriptor: int) -> None:
        fsync(descriptor)
        with lock:
            done.append(("flushed", os.readlink(f"/proc/self/fd/{descriptor}")))

    def renaming(old: str, new: str, **where: int) -> None:
        done.append(("named", old))
        rename(old, new, **where)

    Path(store.path, "pairs").mkdir(parents=True)
    for folder in (Path(store.path), Path(store.path, "pairs")):
        folder.chmod(0o700)
    Path(store.path, ".locks").mkdir(0o700)
    monkeypatch.setattr(os, "fsync", flushing)
    monkeypatch.setattr(os, "rename", renaming)
    assert add(store) == EXPECTED
    pairs = f"{store.path}/pairs"
    hidden = [name for what, name in done if what == "named"]
    assert len(hidden) == 4
    first = done.index(("named", hidden[0]))
    wanted = {
        ("flushed", f"{pairs}/{folder}{file}")
        for folder in hidden
        for file in ("", "/key.pem", "/request.pem", "/pair.json")
    }
    assert set(done[:first]) == wanted
    assert len(done[:first]) == len(wanted), "each once"
    assert done[first:] == [*(("named", name) for name in hidden), ("flushed", pairs)]


@pytest.mark.parametrize("call", CALLS)
def test_a_failed_call_leaves_no_incomplete_pair(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, _, _ = attempt(tmp_path / "reference", monkeypatch, (call, errno.EIO, -1))
    for when in range(1, 1 + calls.calls):
        path = tmp_path / f"{when}"
        failing, store, results = attempt(path, monkeypatch, (call, errno.EIO, when))
        assert failing.fired
        check_store(path)
        assert names_on_disk(path) == sorted(["old", *kept(results)])
        assert all(isinstance(one, str) or one.exit_code == 3 for one in results)
        assert all(isinstance(one, str) for one in add(store))
        store.remove_leftovers()
        assert store.leftovers() == []


def attempt(
    path: Path, monkeypatch: pytest.MonkeyPatch, fault: tuple[str, int, int]
) -> tuple[FailingCall, Keystore, list[str | StoreError]]:
    """Add pairs to a store that has one, with a fault, and return the results."""
    store = Keystore(str(path))
    store.add("old", pair_files("old"))
    before = open_descriptors()
    with monkeypatch.context() as patch:
        failing = FailingCall(patch, *fault)
        try:
            results = add(store)
        except StoreError as error:
            results = [error] * len(BASES)
    assert open_descriptors() == before
    return failing, store, results


def test_a_pair_that_cannot_be_flushed_does_not_stop_the_others(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refusing(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        if path.endswith("key.pem") and Path(path).read_bytes().endswith(b"b 1"):
            raise OSError(errno.EIO, "Input/output error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refusing)
    results = add(store)
    assert [isinstance(one, str) for one in results] == [True, False, True, True]
    assert "cannot save the pair in" in str(results[1])
    assert names_on_disk(Path(store.path)) == ["a", "a-2", "c"]
    assert store.leftovers() == []


def test_unconfirmed_names_are_reported(store: Keystore, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store)
    flush = os.fsync

    def refusing(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith("/pairs"):
            raise OSError(errno.EIO, "Input/output error")
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", refusing)
    results = add(store, ["x", "y"])
    assert all(isinstance(one, NotConfirmedError) for one in results)
    assert kept(results) == ["x", "y"]
    assert {"x", "y"} <= set(store.names())


@pytest.mark.parametrize("at", ["_write", "_fill", "_flush", "_close", "_rename"])
def test_an_interrupt_leaves_only_complete_pairs(
    store: Keystore, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    original, calls = getattr(creation, at), []

    def interrupted(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2 or at == "_flush":
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(creation, at, interrupted)
    before = open_descriptors()
    with pytest.raises(KeyboardInterrupt):
        add(store)
    assert open_descriptors() == before
    assert store.leftovers() == []
    assert names_on_disk(Path(store.path)) == (["a"] if at == "_rename" else [])
    check_store(Path(store.path))


# Names


def test_a_thousand_pairs_of_one_name_list_the_names_once(
    store: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, given = FreeNames(), []
    listing = FailingCall(monkeypatch, "listdir", 0, when=-1)
    looking = FailingCall(monkeypatch, "stat", 0, when=-1)
    for _ in range(10):
        given += add(store, ["a"] * 20, names)
    assert given == ["a", *(f"a-{number}" for number in range(2, 201))]
    assert listing.calls == 1
    assert looking.calls < 200 * 4


def test_a_gap_in_the_numbers_is_filled(store: Keystore) -> None:
    add(store, ["a-3", "a-7"])
    assert add(store, ["a"] * 7) == ["a", "a-2", "a-4", "a-5", "a-6", "a-8", "a-9"]


def test_the_number_of_remembered_names_is_limited(store: Keystore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "_MAX_REMEMBERED", 1)
    names = FreeNames()
    assert add(store, ["a"] * 7 + ["b"] * 7 + ["a"], names)[-1] == "a-8"
    assert len(names._numbers) == 1


def test_an_existing_name_is_recognized(store: Keystore) -> None:
    assert not store.has_pair("a")
    add(store)
    assert store.has_pair("a")
    with pytest.raises(InputError):
        store.has_pair("../a")


@pytest.mark.parametrize("file", ["key.pem", "request.pem", "pair.json"])
def test_a_failed_close_means_that_there_is_no_pair(
    store: Keystore, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """Some file systems report a failed write only at close(2)."""
    close = os.close

    def losing(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        close(descriptor)
        if path.endswith(f"/{file}"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "close", losing)
        (result,) = add(store, ["a"])
    assert isinstance(result, StoreError)
    assert (store.names(), store.leftovers()) == ([], [])


def test_a_pair_has_its_mode_whatever_the_umask(store: Keystore) -> None:
    before = os.umask(0o177)
    try:
        assert add(store, ["a"]) == ["a"]
    finally:
        os.umask(before)
    assert mode_of(Path(store.path) / "pairs/a") == 0o700
