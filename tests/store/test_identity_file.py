"""Identity files: as secret as a passphrase file, and refused in the same cases."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from csrtui.core.backups.age import MAX_IDENTITY_BYTES
from csrtui.core.base.errors import InputError
from csrtui.store.secret_file import read_identity

if TYPE_CHECKING:
    from pathlib import Path

CANARY = b"AGE-SECRET-KEY-CANARY\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my identity"
    path.write_bytes(CANARY)
    path.chmod(0o600)
    return path


def refusal(path: object) -> InputError:
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(InputError) as caught:
        read_identity(str(path))
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert "CANARY" not in f"{caught.value.message}{caught.value.hint}"
    return caught.value


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_ones_own_file_is_read(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert read_identity(str(file)) == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o644])
def test_a_file_open_to_others_is_refused_with_its_chmod(file: Path, mode: int) -> None:
    file.chmod(mode)
    error = refusal(file)
    assert "others can read or write the identity file" in error.message
    assert f"(mode {mode:04o})" in error.message
    assert error.hint == f"chmod 600 '{file}'"


def test_a_file_of_another_user_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    if owner == 0:
        os.chown(file, 4711, -1)
        owner = 4711
    monkeypatch.setattr(os, "geteuid", lambda: 4712)
    assert f"belongs to another user (number {owner})" in refusal(file).message


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    for path in (tmp_path, tmp_path / "fifo", "/dev/null"):
        error = refusal(path)
        assert ("is not a regular file" in error.message, error.hint) == (True, None)


def test_what_cannot_be_read_is_named(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No such file" in refusal(tmp_path / "missing").message
    assert "is not a valid path" in refusal("a\0b").message
    monkeypatch.setattr(os, "read", raising)
    with pytest.raises(InputError, match="Input/output error"):
        read_identity(str(file))


def raising(descriptor: int, _mode: str) -> None:
    os.close(descriptor)
    raise OSError(5, "Input/output error")


def test_a_file_that_is_too_large_is_refused(file: Path) -> None:
    file.write_bytes(b"x" * MAX_IDENTITY_BYTES)
    assert len(read_identity(str(file))) == MAX_IDENTITY_BYTES
    file.write_bytes(b"x" * (MAX_IDENTITY_BYTES + 1))
    assert f"more than {MAX_IDENTITY_BYTES} bytes" in refusal(file).message
