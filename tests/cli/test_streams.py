"""Standard streams of a process that are closed, full or missing: the command continues, or reports the problem."""

from __future__ import annotations

import ctypes
import errno
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from csrtui.cli import output
from csrtui.cli.main import run
from csrtui.cli.output import discard_output, prepare_streams, prompt_interrupts
from csrtui.core.base.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui


class Failing(io.StringIO):
    """A stream whose writes fail."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._error = OSError(number, os.strerror(number))

    def write(self, _: str) -> int:
        raise self._error

    def flush(self) -> None:
        raise self._error


def test_messages_to_a_closed_stderr_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    prepare_streams()
    output.print_message("nobody hears it")
    assert sys.stderr.name == os.devnull
    sys.stderr.close()


def test_a_closed_stdout_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(InputError, match="standard output is closed"):
        prepare_streams()
    discard_output(None)


def test_characters_outside_the_encoding_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    prepare_streams()
    output.print_line("Söhne\x1b")
    sys.stdout.flush()
    assert written.getvalue() == b"S\\xf6hne\\x1b\n"


def test_a_stream_without_a_descriptor_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = io.StringIO()
    monkeypatch.setattr(sys, "stdout", memory)
    prepare_streams()
    discard_output(memory)
    output.print_line("text")
    assert memory.getvalue() == "text\n"


def test_output_after_an_error_goes_to_dev_null(tmp_path: Path) -> None:
    path = tmp_path / "out"
    descriptors = len(os.listdir("/proc/self/fd"))
    with path.open("w") as stream:
        stream.write("left over")
        discard_output(stream)
    assert path.read_text() == ""
    assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EIO])
def test_messages_that_cannot_be_written_do_not_stop_the_work(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(sys, "stderr", Failing(number))
    output.print_message("nobody hears it")


@pytest.mark.parametrize(("number", "status"), [(errno.EPIPE, 0), (errno.ENOSPC, 2)])
def test_data_that_cannot_be_written_is_an_error_unless_the_reader_has_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    (tmp_path / "store").mkdir(mode=0o700)
    monkeypatch.setattr(sys, "stdout", Failing(number))
    assert run(["list", "--csv", "--store", str(tmp_path / "store")], open_screens=lambda *_: 0) == status


# Questions, with a fake terminal


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object) -> int:
        raise OSError(errno.ENXIO, "No such device or address")

    monkeypatch.setattr(os, "open", opened)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Type these answers one after the other. An exception is raised instead."""
    typed: list[object] = []

    def getpass(_: str) -> object:
        answer = typed.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("getpass.getpass", getpass)
    real = os.open

    def opened(path: str, *rest: int, **named: int) -> int:
        return real("/dev/null" if path == "/dev/tty" else path, *rest, **named)

    monkeypatch.setattr(os, "open", opened)
    return typed


def test_a_prompt_handles_signals_while_it_waits() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with prompt_interrupts():
        assert ctypes.CDLL(None).poll(None, 0, 10_000) == -1  # interrupted, as read(2) is
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


NEW = ("new", "shop.mydomain.com", "--encrypt-key")


@pytest.mark.usefixtures("no_terminal")
def test_without_a_terminal_there_is_no_question(csrtui: Csrtui) -> None:
    ran = csrtui(*NEW)
    assert (ran.status, ran.error) == (2, "cannot ask for the passphrase: there is no terminal")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([""], "an empty passphrase protects nothing"),
        ([EOFError()], "no passphrase was typed"),
        ([OSError(errno.EIO, "Input/output error")], "no passphrase was typed"),
        ([UnicodeDecodeError("utf-8", b"canary\xff", 6, 7, "x")], "the passphrase is not UTF-8"),
        (["correct horse", "correct house"], "the two passphrases are not the same"),
    ],
)
def test_two_different_passphrases_are_reported(
    csrtui: Csrtui, answers: list[object], typed: list[object], said: str
) -> None:
    answers.extend(typed)
    ran = csrtui(*NEW)
    assert (ran.status, ran.out, ran.error) == (2, "", said)
    assert "canary" not in ran.err
    assert csrtui.pairs == []


def test_two_equal_passphrases_encrypt_the_key(csrtui: Csrtui, answers: list[object]) -> None:
    answers.extend(["correct horse battery"] * 2)
    assert csrtui(*NEW, "--json").json["key"]["encrypted"] is True
