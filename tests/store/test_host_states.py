"""The last known state of each host has its own file, so that no state affects another one."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from csrtui.core.base.errors import StoreError
from csrtui.store import safe_files
from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from pathlib import Path

INVENTORY, OTHER = "0" * 16, "f" * 16
WEB, MAIL = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> Keystore:
    return Keystore(str(tmp_path / "store"))


def known(store: Keystore, inventory: str = INVENTORY) -> dict[str, bytes]:
    return dict(store.load_hosts(inventory))


def folder(store: Keystore) -> str:
    return os.path.join(store.path, ".hosts")


def test_each_host_is_saved_separately(store: Keystore) -> None:
    assert known(store) == {}
    store.save_draft(b"{}")
    assert known(store) == {}
    store.save_host(INVENTORY, WEB, b"1")
    store.save_host(INVENTORY, MAIL, b"2")
    store.save_host(OTHER, WEB, b"3")
    store.save_host(INVENTORY, WEB, b"4")
    assert known(store) == {WEB: b"4", MAIL: b"2"}
    assert known(store, OTHER) == {WEB: b"3"}
    assert all(
        os.stat(os.path.join(folder(store), name)).st_mode & 0o777 == 0o600
        for name in os.listdir(folder(store))
    )


def test_an_unsafe_or_too_large_file_affects_only_its_host(store: Keystore) -> None:
    for host in (WEB, MAIL, "c" * 64, "d" * 64):
        store.save_host(INVENTORY, host, b"1")
    os.chmod(os.path.join(folder(store), f"{INVENTORY}-{MAIL}.json"), 0o666)  # noqa: S103 - what is not safe
    os.truncate(
        os.path.join(folder(store), f"{INVENTORY}-{'c' * 64}.json"), safe_files.MAX_STORE_FILE_BYTES + 1
    )
    link = os.path.join(folder(store), f"{INVENTORY}-{'d' * 64}.json")
    os.unlink(link)
    os.symlink("/etc/passwd", link)
    with open(os.path.join(folder(store), "more"), "w") as more:
        more.write("x")
    assert known(store) == {WEB: b"1"}


def test_a_state_of_the_largest_size_is_read_again(store: Keystore) -> None:
    store.save_host(INVENTORY, WEB, b"x" * safe_files.MAX_STORE_FILE_BYTES)
    assert known(store) == {WEB: b"x" * safe_files.MAX_STORE_FILE_BYTES}


@pytest.mark.parametrize("call", ["rename", "fsync", "write"])
def test_a_write_that_fails_loses_nothing(
    store: Keystore, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    store.save_host(INVENTORY, WEB, b"1")
    store.save_host(INVENTORY, MAIL, b"2")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StoreError, match="cannot save the state of the hosts"):
            store.save_host(INVENTORY, WEB, b"3")
    assert known(store) == {WEB: b"1", MAIL: b"2"}
    assert not [name for name in os.listdir(folder(store)) if name.startswith(".tmp-")]
