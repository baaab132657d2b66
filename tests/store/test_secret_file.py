"""Secrets from files and descriptors: only safe files are read, and no error quotes the secret."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tables import table

from csrtui.core.backups.age import MAX_IDENTITY_BYTES
from csrtui.core.base.errors import InputError
from csrtui.store.secret_file import read_identity, read_passphrase_descriptor, read_passphrase_file

CANARY = "correct-horse-battery"
CONTENT = f"{CANARY}\nsecond line\n".encode()
Reader = Callable[[str], object]
READERS = (read_identity, read_passphrase_file)
HINTS: dict[Reader, str] = {read_identity: "None", read_passphrase_file: "--passphrase-fd"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my secret"
    path.write_bytes(CONTENT)
    path.chmod(0o600)
    return path


def refusal(read: Reader, path: object) -> InputError:
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(InputError) as caught:
        read(str(path))
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert CANARY not in f"{caught.value.message}{caught.value.hint}"
    return caught.value


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_that_only_its_owner_can_read_is_read(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert read_identity(str(file)) == CONTENT
    assert read_passphrase_file(str(file)).revealed == CANARY


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610, 0o644])
def test_a_file_open_to_others_is_refused_with_its_chmod(file: Path, mode: int, read: Reader) -> None:
    file.chmod(mode)
    error = refusal(read, file)
    assert "others can read or write the" in error.message
    assert f"(mode {mode:04o})" in error.message
    assert error.hint == f"chmod 600 '{file}'"


@pytest.mark.parametrize("read", READERS)
def test_a_file_of_another_user_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch, read: Reader) -> None:
    owner = os.geteuid()
    if owner == 0:
        os.chown(file, 4711, -1)
        owner = 4711
    monkeypatch.setattr(os, "geteuid", lambda: 4712)
    assert f"belongs to another user (UID {owner})" in refusal(read, file).message


@pytest.mark.parametrize("read", READERS)
def test_a_missing_file_and_an_impossible_path_are_named(tmp_path: Path, read: Reader) -> None:
    assert "No such file" in refusal(read, tmp_path / "missing").message
    assert "is not a valid path" in refusal(read, "a\0b").message
    assert refusal(read, "").message.isprintable()


@pytest.mark.parametrize("read", READERS)
def test_a_fifo_a_folder_and_a_device_are_refused_at_once(tmp_path: Path, read: Reader) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/null")):
        error = refusal(read, path)
        assert "is not a regular file" in error.message
        assert HINTS[read] in str(error.hint)


def test_an_identity_that_the_disk_does_not_return_or_that_is_too_large_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(b"x" * MAX_IDENTITY_BYTES)
    assert len(read_identity(str(file))) == MAX_IDENTITY_BYTES
    file.write_bytes(b"x" * (MAX_IDENTITY_BYTES + 1))
    assert f"more than {MAX_IDENTITY_BYTES} bytes" in refusal(read_identity, file).message

    def raising(_descriptor: int, _size: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", raising)
    assert "Input/output error" in refusal(read_identity, file).message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\nsecond", "it is empty"),
        (CANARY.encode() + b"\xff\n", "it is not UTF-8"),
        (CANARY.encode() * 10_000, "more than 65536 bytes"),
    ],
)
def test_a_file_without_a_passphrase_is_refused_and_not_quoted(
    file: Path, content: bytes, reason: str
) -> None:
    file.write_bytes(content)
    assert reason in refusal(read_passphrase_file, file).message


def test_a_file_of_root_can_be_used_by_others(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow a file that root gave to a service. The mode must still be safe."""
    real = os.fstat
    fields = list(os.stat(file))
    fields[4] = 0
    monkeypatch.setattr(os, "fstat", lambda descriptor: (real(descriptor), os.stat_result(fields))[1])
    monkeypatch.setattr(os, "geteuid", lambda: 4712)
    assert read_passphrase_file(str(file)).revealed == CANARY


# Descriptors


def test_a_descriptor_is_read_up_to_the_end_of_a_line_or_of_the_file() -> None:
    reading, writing = os.pipe()
    for part in (CANARY[:5].encode(), CANARY[5:].encode(), b"\n"):
        os.write(writing, part)
    assert read_passphrase_descriptor(reading).revealed == CANARY
    os.write(writing, b"without a line feed")
    os.close(writing)
    assert read_passphrase_descriptor(reading).revealed == "without a line feed"
    with pytest.raises(InputError, match="it is empty"):
        read_passphrase_descriptor(reading)
    os.close(reading)


def test_a_passphrase_can_arrive_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = iter([b"cor", b"rect", b""])
    monkeypatch.setattr(os, "read", lambda *_: next(pieces))
    assert read_passphrase_descriptor(3).revealed == "correct"


@table("number", [-1, 99_999, 10**30])
def test_a_descriptor_that_is_not_open_is_refused(number: int) -> None:
    with pytest.raises(InputError, match=f"cannot read the passphrase descriptor {number}: "):
        read_passphrase_descriptor(number)


def test_a_descriptor_of_a_folder_is_refused(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(InputError, match="Is a directory"):
        read_passphrase_descriptor(descriptor)
    os.close(descriptor)
