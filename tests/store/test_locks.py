"""Locks exclude other processes, name their holder, and end with it."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from store_process import running
from store_state import mode_of, pair_files

from csrtui.core.base.errors import StoreError
from csrtui.store import locks
from csrtui.store.disk_errors import ReadOnlyError
from csrtui.store.locks import BusyError, Sharing, hold

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.store.keystore import Keystore

PATIENCE = 0.05


def taken(descriptor: int, sharing: Sharing) -> bool:
    """Return whether the lock is held by another process."""
    try:
        with hold(descriptor, "lock", "it", sharing, timeout=0):
            return False
    except BusyError:
        return True


@pytest.mark.parametrize("held", list(Sharing))
@pytest.mark.parametrize("wanted", list(Sharing))
def test_only_shared_locks_can_be_held_together(descriptor: int, held: Sharing, wanted: Sharing) -> None:
    with hold(descriptor, "lock", "it", held):
        assert taken(descriptor, wanted) == (Sharing.EXCLUSIVE in {held, wanted})
    assert not taken(descriptor, wanted)


def test_closing_another_descriptor_of_the_file_does_not_drop_the_lock(
    tmp_path: Path, descriptor: int
) -> None:
    with hold(descriptor, "lock", "it", Sharing.EXCLUSIVE):
        (tmp_path / "lock").read_bytes()
        assert taken(descriptor, Sharing.SHARED)


def test_a_lock_file_is_private_and_never_deleted(tmp_path: Path, descriptor: int) -> None:
    with hold(descriptor, "lock", "it", Sharing.EXCLUSIVE):
        before = (tmp_path / "lock").stat()
    assert mode_of(tmp_path / "lock") == 0o600
    with hold(descriptor, "lock", "it", Sharing.SHARED):
        assert (tmp_path / "lock").stat().st_ino == before.st_ino


def test_only_an_exclusive_holder_is_named_in_the_lock_file(tmp_path: Path, descriptor: int) -> None:
    file = tmp_path / "lock"
    file.write_text("process 1 (user somebody with a long name) since 00:00:00\n" * 3)
    with hold(descriptor, "lock", "it", Sharing.SHARED):
        assert file.read_text().startswith("process 1 (")
    with hold(descriptor, "lock", "it", Sharing.EXCLUSIVE):
        assert re.fullmatch(rf"process {os.getpid()} \(user \S+\) since [\d:]{{8}}\n", file.read_text())


def test_a_lock_is_released_when_the_block_fails(descriptor: int) -> None:
    with pytest.raises(ZeroDivisionError), hold(descriptor, "lock", "it", Sharing.EXCLUSIVE):
        raise ZeroDivisionError
    assert not taken(descriptor, Sharing.EXCLUSIVE)


def test_a_process_waits_for_a_lock_until_the_timeout(
    descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding = hold(descriptor, "lock", "it", Sharing.EXCLUSIVE)
    holding.__enter__()
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            holding.__exit__(None, None, None)

    monkeypatch.setattr(time, "sleep", nap)
    with hold(descriptor, "lock", "it", Sharing.EXCLUSIVE):
        assert len(naps) == 3


def test_no_process_waits_longer_than_two_seconds(descriptor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    with (
        hold(descriptor, "lock", "it", Sharing.EXCLUSIVE),
        pytest.raises(BusyError),
        hold(descriptor, "lock", "it", Sharing.EXCLUSIVE),
    ):
        pass
    assert 102 <= clock[0] < 102.1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\x1b[2J"])
def test_an_unnamed_holder_is_called_another_process(tmp_path: Path, descriptor: int, content: bytes) -> None:
    with hold(descriptor, "lock", "it", Sharing.SHARED):
        (tmp_path / "lock").write_bytes(content)
        with (
            pytest.raises(BusyError, match=r"^it is in use by another process$"),
            hold(descriptor, "lock", "it", Sharing.EXCLUSIVE, PATIENCE),
        ):
            pass


def test_a_hostile_name_of_a_holder_is_shown_harmlessly(tmp_path: Path, descriptor: int) -> None:
    with hold(descriptor, "lock", "it", Sharing.SHARED):
        (tmp_path / "lock").write_bytes(b"process \x1b]52;c;x\x07" + b"x" * 5000)
        with pytest.raises(BusyError) as caught, hold(descriptor, "lock", "it", Sharing.EXCLUSIVE, PATIENCE):
            pass
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 300


def test_a_user_without_a_name_is_shown_by_number(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_000)
    with hold(descriptor, "lock", "it", Sharing.EXCLUSIVE):
        assert b"(user 4000000000)" in (tmp_path / "lock").read_bytes()


def test_a_lock_is_held_even_if_the_holder_cannot_be_written(
    descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    FailingCall(monkeypatch, "pwrite", errno.ENOSPC)
    with hold(descriptor, "lock", "it", Sharing.EXCLUSIVE):
        assert taken(descriptor, Sharing.SHARED)


@pytest.mark.parametrize("error", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_without_locks_a_store_can_be_read_but_not_changed(
    store: Keystore, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    store.add("a", pair_files("old"))

    def flock(_descriptor: int, _operation: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ReadOnlyError, match="can only be read: its file system has no locks") as caught:
        store.add("b", pair_files())
    assert caught.value.hint == "keep the store on a local disk (--store)"
    with pytest.raises(ReadOnlyError), store.change("a"):
        pass
    assert store.names() == ["a"]
    assert store.read("a").record.endswith(b"old")
    assert store.remove_leftovers() == []


def test_another_locking_error_is_reported_with_the_reason(
    descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", flock)
    with (
        pytest.raises(StoreError, match="cannot lock it: Input/output error"),
        hold(descriptor, "lock", "it", Sharing.SHARED),
    ):
        pass


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_read_only_store_can_be_read(descriptor: int, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    FailingCall(monkeypatch, "open", error)
    with (
        pytest.raises(ReadOnlyError, match="it can only be read"),
        hold(descriptor, "l", "it", Sharing.SHARED),
    ):
        pass


def test_a_link_in_place_of_a_lock_is_not_followed(tmp_path: Path, descriptor: int) -> None:
    (tmp_path / "lock").symlink_to("target")
    with (
        pytest.raises(StoreError, match="cannot open the lock lock"),
        hold(descriptor, "lock", "it", Sharing.EXCLUSIVE),
    ):
        pass
    assert not (tmp_path / "target").exists()


# Other processes


def test_the_process_that_holds_a_pair_is_named(store: Keystore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", iter(range(0, 1000, 3)).__next__)
    store.add("a", pair_files("old"))
    with running("hold", store.path, "a") as process:
        assert process.read_line() == "held"
        with pytest.raises(BusyError) as caught, store.change("a"):
            pass
        expected = rf"the pair a is in use by process {process.pid} \(user \S+\) since \d\d:\d\d:\d\d"
        assert re.fullmatch(expected, caught.value.message)
        assert store.read("a").record.endswith(b"old")
        assert store.add("a", pair_files()) == "a-2"
        process.say("done")
        assert process.wait() == 0
    with store.change("a") as change:
        assert change.record.endswith(b"from the other process")


def test_a_restore_excludes_only_other_restores(store: Keystore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", iter(range(0, 1000, 3)).__next__)
    with store.lock_for_restore():
        assert store.add("a", pair_files()) == "a"
        with store.change("a") as change:
            change.replace_record(b"{}")
        with pytest.raises(BusyError, match="the store is in use by process"), store.lock_for_restore():
            pass
    with store.lock_for_restore():
        pass


def test_a_lock_ends_with_a_killed_process(store: Keystore) -> None:
    store.add("a", pair_files("old"))
    with running("hold", store.path, "a") as process:
        assert process.read_line() == "held"
        process.kill()
        assert process.wait() == -signal.SIGKILL
    with store.change("a") as change:
        assert change.record.endswith(b"old")


def test_leftovers_stay_while_another_process_is_creating(store: Keystore, folder: Path) -> None:
    store.add("a", pair_files())
    with running("create", store.path) as process:
        assert process.read_line() == "creating"
        (hidden,) = store.leftovers()
        assert store.remove_leftovers() == []
        assert store.leftovers() == [hidden]
        assert store.names() == ["a"]
        process.kill()
        process.wait()
    assert store.remove_leftovers() == [os.path.basename(hidden)]
    assert [path.name for path in (folder / "pairs").iterdir()] == ["a"]


def test_the_default_timeout_is_two_seconds() -> None:
    assert locks.TIMEOUT == 2.0
