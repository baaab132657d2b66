"""The CSR in a file for others: written once, over nothing, and told apart when the disk does not confirm it."""

import errno
import os
import stat
from pathlib import Path

import pytest
from failing_call import FailingCall

from csrtui.core.base.errors import InputError, StoreError
from csrtui.store import new_file
from csrtui.store.disk_errors import NotConfirmedError

DATA = b"-----BEGIN CERTIFICATE REQUEST-----\n"


def test_it_is_written_for_others_to_read(tmp_path: Path) -> None:
    path = new_file.write(str(tmp_path / "a.csr"), DATA)
    assert Path(path).read_bytes() == DATA
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o644


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csr").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        new_file.write(str(tmp_path / "a.csr"), DATA)
    assert (tmp_path / "a.csr").read_text() == "mine"


def test_a_disk_that_does_not_confirm_it_leaves_it_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as during:
        failing = FailingCall(during, "fsync", errno.EIO, when=2)  # the file's own came first
        with pytest.raises(NotConfirmedError, match=r"a\.csr is saved, but the disk did not confirm it"):
            new_file.write(str(tmp_path / "a.csr"), DATA)
    assert failing.fired
    assert (tmp_path / "a.csr").read_bytes() == DATA


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as during:
        failing = FailingCall(during, "write", errno.ENOSPC)
        with pytest.raises(StoreError, match="No space left"):
            new_file.write(str(tmp_path / "a.csr"), DATA)
    assert failing.fired
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["", "a\0b", "/", "."])
def test_what_is_no_path_of_a_file_is_refused(path: str) -> None:
    with pytest.raises(InputError):
        new_file.write(path, DATA)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"cannot write into {tmp_path}/no where") as raised:
        new_file.write(f"{tmp_path}/no where/a.csr", DATA)
    assert raised.value.hint == f"mkdir -p '{tmp_path}/no where'"


def test_a_relative_path_in_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="relative to a folder that is gone"):
        new_file.write("a.csr", DATA)
