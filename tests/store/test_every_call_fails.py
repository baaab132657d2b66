"""Any system call fails while the store is changed: no harm, a clear error, and no open descriptor."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from store_state import check_store, names_on_disk, open_descriptors, pair_files

from csrtui.core.base.errors import StoreError
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALLS = (
    "chmod",
    "close",
    "fchmod",
    "fstat",
    "fsync",
    "ftruncate",
    "listdir",
    "mkdir",
    "open",
    "pwrite",
    "read",
    "rename",
    "rmdir",
    "scandir",
    "stat",
    "unlink",
    "utime",
    "write",
)
ERRORS = (errno.EIO, errno.EACCES)


def add(store: Keystore) -> None:
    store.add("a", pair_files("new"))


def change(store: Keystore) -> None:
    with store.change("a") as changing:
        changing.replace_record(b'{"schema": 1} new')


def save_draft(store: Keystore) -> None:
    store.save_draft(b"new draft")


def sweep(store: Keystore) -> None:
    store.remove_leftovers()


def look(store: Keystore) -> None:
    store.names()
    list(store.listing())
    store.leftovers()
    store.read("a")
    store.load_draft()
    store.generation()


def seeded(path: Path) -> Keystore:
    """Return a store with a pair, a draft, and leftovers of interrupted work."""
    store = Keystore(str(path))
    store.add("a", pair_files("old"))
    store.save_draft(b"old draft")
    hidden = path / "pairs" / ".new-0123456789abcdef"
    hidden.mkdir(0o700)
    (hidden / "key.pem").touch(0o600)
    for place in (path, path / "pairs" / "a"):
        (place / ".tmp-0123456789abcdef").touch(0o600)
    return store


def how_often(monkeypatch: pytest.MonkeyPatch, call: str, act: Callable[[], None]) -> int:
    """Count the calls of a run without faults."""
    with monkeypatch.context() as patch:
        counter = FailingCall(patch, call, 0, when=-1)
        act()
    return counter.calls


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("act", [add, change, save_draft, sweep, look])
def test_a_call_that_fails_does_no_harm(
    act: Callable[[Keystore], None], call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = seeded(tmp_path / "reference")
    for when in range(1, 1 + how_often(monkeypatch, call, lambda: act(reference))):
        for error in ERRORS:
            path = tmp_path / f"{when}-{error}"
            store = seeded(path)
            outcome = attempt(act, store, monkeypatch, (call, error, when))
            check_store(path)
            records = [
                (path / "pairs" / name / "pair.json").read_bytes()[14:] for name in names_on_disk(path)
            ]
            assert records in kept(act, outcome)
            draft = (path / ".draft.json").read_bytes()
            assert draft in ({b"old draft"} if act is not save_draft else kept_drafts(outcome))
            act(store)
            store.remove_leftovers()
            assert store.leftovers() == []


def attempt(
    act: Callable[[Keystore], None],
    store: Keystore,
    monkeypatch: pytest.MonkeyPatch,
    fault: tuple[str, int, int],
) -> type[BaseException] | None:
    """Run the action with the fault, and return the type of the store's error, or None."""
    before = open_descriptors()
    outcome = None
    with monkeypatch.context() as patch:
        failing = FailingCall(patch, *fault)
        try:
            act(store)
        except StoreError as error:
            outcome = type(error)
    assert failing.fired
    assert open_descriptors() == before
    return outcome


def kept(act: Callable[[Keystore], None], outcome: type[BaseException] | None) -> list[list[bytes]]:
    """Return the permitted records: the old ones after an error, the new ones without an error."""
    done = outcome is None or outcome is NotConfirmedError
    if act is add:
        return [[b"old", b"new"]] if done else [[b"old"]]
    if act is change:
        return [[b"new"]] if done else [[b"old"]]
    return [[b"old"]]


def kept_drafts(outcome: type[BaseException] | None) -> set[bytes]:
    """Return the permitted drafts."""
    return {b"new draft"} if outcome is None or outcome is NotConfirmedError else {b"old draft"}


@pytest.mark.parametrize("call", ["mkdir", "chmod", "fsync", "open", "close", "stat", "fstat"])
def test_a_call_that_fails_while_the_store_is_created_does_no_harm(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = how_often(monkeypatch, call, lambda: add(Keystore(str(tmp_path / "reference/data/store"))))
    for when in range(1, 1 + calls):
        path = tmp_path / f"{when}" / "data" / "store"
        outcome = attempt(add, Keystore(str(path)), monkeypatch, (call, errno.EIO, when))
        check_store(path)
        assert names_on_disk(path) == (["a"] if outcome in {None, NotConfirmedError} else [])
        add(Keystore(str(path)))
        assert Keystore(str(path)).remove_leftovers() is not None
