"""A certificate is replaced completely despite any fault, and earlier certificates stay beside it."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from store_state import mode_of, open_descriptors, pair_files

from csrtui.core.base.errors import StoreError
from csrtui.store import safe_files
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
KEPT = "certificate-20261123-090005.pem"


def put(store: Keystore, data: bytes, when: datetime = NOW) -> None:
    with store.change("a") as change:
        change.replace_certificate(data, when)


def certificates(store: Keystore) -> dict[str, bytes]:
    """Return the certificates in the pair's folder, by name."""
    from pathlib import Path

    return {path.name: path.read_bytes() for path in Path(store.pair_path("a")).glob("cert*")}


@pytest.fixture
def with_pair(store: Keystore) -> Keystore:
    """Return a store with a pair that has no certificate."""
    store.add("a", pair_files())
    return store


def test_the_first_certificate_is_readable_for_all(with_pair: Keystore, folder: Path) -> None:
    before = with_pair.generation()
    with with_pair.change("a") as change:
        assert change.read_certificate() is None
        change.replace_certificate(b"one", NOW)
        assert change.read_certificate() == b"one"
    assert certificates(with_pair) == {"certificate.pem": b"one"}
    assert mode_of(folder / "pairs/a/certificate.pem") == 0o644
    assert with_pair.read("a").certificate == b"one"
    assert with_pair.generation() > before


def test_the_previous_certificate_stays_beside_it(with_pair: Keystore, folder: Path) -> None:
    put(with_pair, b"one")
    put(with_pair, b"two", NOW.astimezone(timezone(timedelta(hours=9))))
    assert certificates(with_pair) == {"certificate.pem": b"two", KEPT: b"one"}
    assert mode_of(folder / "pairs/a" / KEPT) == 0o644


def test_an_archived_certificate_is_never_overwritten(with_pair: Keystore) -> None:
    for data in (b"one", b"two", b"three", b"four"):
        put(with_pair, data)
    assert certificates(with_pair) == {
        "certificate.pem": b"four",
        KEPT: b"one",
        "certificate-20261123-090005-2.pem": b"two",
        "certificate-20261123-090005-3.pem": b"three",
    }


def test_the_same_certificate_again_writes_nothing(
    with_pair: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(with_pair, b"one")
    monkeypatch.setattr(safe_files, "replace_file", pytest.fail)
    put(with_pair, b"one")
    assert certificates(with_pair) == {"certificate.pem": b"one"}


def test_an_interrupted_attempt_archives_a_certificate_only_once(with_pair: Keystore, folder: Path) -> None:
    put(with_pair, b"one")
    kept = folder / "pairs/a" / KEPT
    kept.write_bytes(b"one")
    kept.chmod(0o644)
    put(with_pair, b"two")
    assert certificates(with_pair) == {"certificate.pem": b"two", KEPT: b"one"}


def test_the_archived_certificate_is_on_disk_before_it_is_replaced(
    with_pair: Keystore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(with_pair, b"one")
    calls: list[str] = []
    rename, fsync = os.rename, os.fsync

    def rename_and_record(old: str, new: str, **folders: int) -> None:
        rename(old, new, **folders)
        calls.append(new)

    def fsync_and_record(descriptor: int) -> None:
        fsync(descriptor)
        calls.append("flushed" if os.path.samestat(os.fstat(descriptor), os.stat(folder / "pairs/a")) else "")

    monkeypatch.setattr("os.rename", rename_and_record)
    monkeypatch.setattr("os.fsync", fsync_and_record)
    put(with_pair, b"two")
    assert list(filter(None, calls)) == [KEPT, "flushed", "certificate.pem", "flushed"]


def test_a_link_in_the_place_of_an_archived_certificate_is_refused(
    with_pair: Keystore, folder: Path, tmp_path: Path
) -> None:
    put(with_pair, b"one")
    (folder / "pairs/a" / KEPT).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="symbolic link"):
        put(with_pair, b"two")
    assert with_pair.read("a").certificate == b"one"
    assert not (tmp_path / "elsewhere").exists()


def seeded(path: Path) -> Keystore:
    store = Keystore(str(path))
    store.add("a", pair_files())
    put(store, b"one")
    return store


CALLS = ("close", "fchmod", "fstat", "fsync", "listdir", "open", "read", "rename", "stat", "utime", "write")


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("call", CALLS)
def test_any_failed_call_leaves_a_complete_certificate_and_the_previous_one(
    call: str, error: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = seeded(tmp_path / "reference")
    with monkeypatch.context() as patch:
        counter = FailingCall(patch, call, 0, when=-1)
        put(reference, b"two")
    assert counter.calls
    for when in range(1, 1 + counter.calls):
        store = seeded(tmp_path / str(when))
        outcome = attempt(store, monkeypatch, (call, error, when))
        found = certificates(store)
        done = outcome in {None, NotConfirmedError}
        assert found.pop("certificate.pem") == (b"two" if done else b"one")
        assert found in ([{KEPT: b"one"}] if done else [{}, {KEPT: b"one"}])
        put(store, b"three", NOW + timedelta(seconds=1))
        after = certificates(store)
        assert after["certificate.pem"] == b"three"
        assert b"one" in after.values()
        assert done == (b"two" in after.values())


def attempt(
    store: Keystore, monkeypatch: pytest.MonkeyPatch, fault: tuple[str, int, int]
) -> type[BaseException] | None:
    """Replace the certificate with the fault, and return the type of the store's error, or None."""
    before = open_descriptors()
    outcome = None
    with monkeypatch.context() as patch:
        failing = FailingCall(patch, *fault)
        try:
            put(store, b"two")
        except StoreError as error:
            outcome = type(error)
    assert failing.fired
    assert open_descriptors() == before
    return outcome
