"""Real processes: closed pipes, full disks, closed streams, and interrupts."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command import DEADLINE, ROOT, argv, environment, run_process, run_shell

from csrtui.core.certificates import csr

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


@pytest.fixture(scope="module")
def store_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with one pair, which nobody changes."""
    folder = tmp_path_factory.mktemp("endings") / "store"
    assert run_process("new", "shop.a.com", store=folder).status == 0
    return folder


@pytest.fixture
def store(tmp_path: Path, store_once: Path) -> Path:
    """Return a copy of that store."""
    shutil.copytree(store_once, tmp_path / "store")
    return tmp_path / "store"


def pairs(store: Path) -> list[str]:
    return sorted(path.name for path in (store / "pairs").iterdir())


@pytest.mark.parametrize("command", [("list",), ("show", "shop.a.com"), ("csr", "shop.a.com"), ("--help",)])
def test_a_reader_that_closes_the_pipe_is_not_an_error(store: Path, command: tuple[str, ...]) -> None:
    """Close the pipe before the first byte, which is the hardest case of ``| head -1``."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        argv(*command),
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(store),
        cwd=ROOT,
        timeout=DEADLINE,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"rror" not in done.stderr


def test_list_can_be_piped_into_head(store: Path) -> None:
    ran = run_shell('"$@" | head -1; exit ${PIPESTATUS[0]}', "list", store=store)
    assert ran.status == 0
    assert ran.out.startswith("Name")
    assert ran.err in {"", "1 pair · 1 not backed up\n"}


@needs_full
@pytest.mark.parametrize(
    "command", [("list",), ("show", "shop.a.com"), ("csr", "shop.a.com"), ("--help",), ("new", "b.com")]
)
def test_a_full_disk_for_the_output_is_reported(store: Path, command: tuple[str, ...]) -> None:
    ran = run_shell('"$@" > /dev/full', *command, store=store)
    assert ran.status == 2
    assert ran.error == "cannot write to standard output: No space left on device"
    assert "Exception ignored" not in ran.err


@needs_full
def test_messages_to_a_full_disk_or_a_closed_pipe_do_not_stop_the_work(store: Path) -> None:
    for number, redirection in enumerate(("2> /dev/full", "2>&-", "2> >(exec true)", "2>&- <&-"), start=1):
        ran = run_shell(f'"$@" {redirection}', "new", f"b{number}.com", store=store)
        assert (ran.status, ran.out) == (0, f"b{number}.com\n")


@needs_full
def test_an_error_keeps_its_status_without_stderr(store: Path) -> None:
    for redirection in ("2> /dev/full", "2>&-", "> /dev/full 2>&1"):
        assert run_shell(f'"$@" {redirection}', "show", "nobody.com", store=store).status == 2


def test_a_closed_stdout_is_reported_before_anything_is_made(store: Path) -> None:
    for command in (("new", "b.com"), ("list",), ("csr", "shop.a.com", "--mark-submitted")):
        ran = run_shell('"$@" >&-', *command, store=store)
        assert (ran.status, ran.error) == (2, "standard output is closed")
        assert ran.hint == "to drop the output: > /dev/null"
    assert pairs(store) == ["shop.a.com"]
    assert run_shell('"$@" >&- 2>&- <&-', "new", "b.com", store=store).status == 2


def test_files_of_a_pair_never_get_the_number_of_a_standard_stream(store: Path) -> None:
    """If key.pem were opened as descriptor 2, a warning of a library would be written to it."""
    ran = run_shell('"$@" <&- 2>&-', "new", "b.com", store=store)
    assert (ran.status, ran.out) == (0, "b.com\n")
    folder = store / "pairs" / "b.com"
    assert (folder / "key.pem").read_bytes().endswith(b"-----END PRIVATE KEY-----\n")
    assert csr.read_pem((folder / "request.pem").read_bytes()).names == ("b.com",)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_character_outside_the_encoding_is_escaped(store: Path, encoding: str) -> None:
    arguments = ("check", "a.com", "-O", "Söhne 日", "-L", "x", "-C", "DE")
    done = subprocess.run(
        argv(*arguments), env=environment(store, PYTHONIOENCODING=encoding), cwd=ROOT, timeout=DEADLINE,
        capture_output=True, check=False,
    )  # fmt: skip
    shown = done.stdout.decode(encoding)
    assert done.returncode == 0
    assert "O=Söhne 日" in shown.replace("\\xf6", "ö").replace("\\u65e5", "日")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_prompt_ends_the_command_silently(store: Path, number: signal.Signals) -> None:
    """Send the signal when /proc shows that the command waits for its passphrase on a pipe."""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        argv("new", "shop.b.com", "--passphrase-fd", str(reading)),
        pass_fds=[reading], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(store), cwd=ROOT,
    )  # fmt: skip
    os.close(reading)
    os.set_blocking(writing, False)
    with process:
        _wait_until_read(writing)
        process.send_signal(number)
        out, err = process.communicate(timeout=DEADLINE)
    os.close(writing)
    assert process.returncode == (130 if number is signal.SIGINT else -number)
    assert (out, err) == (b"", b"")
    assert pairs(store) == ["shop.a.com"]


def _wait_until_read(writing: int) -> None:
    """Write half a line, and wait until the command has read it and waits for the rest."""
    import fcntl
    import time

    os.write(writing, b"x")
    deadline = time.monotonic() + DEADLINE
    fionread = 0x541B
    while fcntl.ioctl(writing, fionread, b"\0" * 4) != b"\0" * 4:
        assert time.monotonic() < deadline
        select.select([], [], [], 0.01)


# Many at once


def run_at_once(store: Path, count: int) -> None:
    def make(_: int) -> tuple[int, str]:
        ran = run_process("new", "same.a.com", store=store)
        return ran.status, ran.out.strip()

    with ThreadPoolExecutor(count) as pool:
        ended = list(pool.map(make, range(count)))
    assert {status for status, _ in ended} == {0}
    names = {name for _, name in ended}
    assert names == {"same.a.com", *(f"same.a.com-{number}" for number in range(2, count + 1))}
    assert set(pairs(store)) == names
    fingerprints = set()
    for name in names:
        folder = store / "pairs" / name
        assert sorted(path.name for path in folder.iterdir()) == ["key.pem", "pair.json", "request.pem"]
        fingerprints.add(csr.read_pem((folder / "request.pem").read_bytes()).spki_sha256)
    assert len(fingerprints) == count


def test_six_simultaneous_processes_make_six_pairs_of_one_name(tmp_path: Path) -> None:
    run_at_once(tmp_path / "store", 6)


@pytest.mark.slow
def test_thirty_simultaneous_processes_make_thirty_pairs_of_one_name(tmp_path: Path) -> None:
    run_at_once(tmp_path / "store", 30)
