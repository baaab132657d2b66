"""Passphrases from a file or a descriptor: only safe ones, and no error quotes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from csrtui.core.base.errors import InputError
from csrtui.store.secret_file import read_passphrase_descriptor, read_passphrase_file

CANARY = "correct-horse-battery"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pass phrase"
    path.write_text(f"{CANARY}\nsecond line\n")
    path.chmod(0o600)
    return path


def refusal(path: object) -> InputError:
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(InputError) as caught:
        read_passphrase_file(str(path))
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert CANARY not in f"{caught.value.message}{caught.value.hint}"
    return caught.value


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_the_first_line_of_ones_own_file_is_taken(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert read_passphrase_file(str(file)).revealed == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610, 0o644])
def test_a_file_open_to_others_is_refused_with_the_command_that_mends_it(file: Path, mode: int) -> None:
    file.chmod(mode)
    error = refusal(file)
    assert f"(mode {mode:04o})" in error.message
    assert error.hint == f"chmod 600 '{file}'"


def test_a_file_of_another_user_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.geteuid()
    if owner == 0:
        os.chown(file, 4711, -1)
        owner = 4711
    monkeypatch.setattr(os, "geteuid", lambda: 4712)
    assert f"belongs to another user (number {owner})" in refusal(file).message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing").message


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    assert refusal(path).message.isprintable()


def test_a_fifo_a_folder_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/null")):
        error = refusal(path)
        assert "not a regular file" in error.message
        assert "--passphrase-fd" in str(error.hint)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\nsecond", "it is empty"),
        (CANARY.encode() + b"\xff\n", "it is not UTF-8"),
        (CANARY.encode() * 10_000, "more than 65536 bytes"),
    ],
)
def test_a_file_that_holds_none_is_refused_without_quoting_it(file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    assert said in refusal(file).message


def test_a_file_of_the_root_user_may_be_used_by_others(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root gives it to a service: the mode still has to be tight."""
    found = os.fstat
    fields = list(os.stat(file))
    fields[4] = 0
    monkeypatch.setattr(os, "fstat", lambda descriptor: (found(descriptor), os.stat_result(fields))[1])
    monkeypatch.setattr(os, "geteuid", lambda: 4712)
    assert read_passphrase_file(str(file)).revealed == CANARY


# Descriptors


def test_a_descriptor_is_read_up_to_the_first_line_however_it_comes() -> None:
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


def test_it_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = iter([b"cor", b"rect", b""])
    monkeypatch.setattr(os, "read", lambda *_: next(pieces))
    assert read_passphrase_descriptor(3).revealed == "correct"


@pytest.mark.parametrize("number", [-1, 99_999, 10**30])
def test_a_descriptor_that_is_not_open_is_refused(number: int) -> None:
    with pytest.raises(InputError, match=f"cannot read the passphrase descriptor {number}: "):
        read_passphrase_descriptor(number)


def test_a_descriptor_of_a_folder_is_refused(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(InputError, match="Is a directory"):
        read_passphrase_descriptor(descriptor)
    os.close(descriptor)
