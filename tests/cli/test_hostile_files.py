"""For any input file, a command ends with a clear message that names it: no hang, no traceback, no flood of text."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from command import ROOT, Csrtui, Ran, argv, environment
from foreign_made import ec_key, pkcs8
from hostile_files import make
from safety_results import counted

from csrtui.core.base.escaping import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROMISE = "For any input file, a command ends with a result that names the file"
DEADLINE = 20
"""Seconds, a hundred times as long as any command takes."""
MEMORY = 600 * 1024 * 1024
"""The bytes of address space of a process."""
RESIDENT = 200 * 1024
"""The maximum resident size in KiB."""
WORK = 1.5
"""Seconds of processor time: half a second to start, and one for the file."""
FILE, PASSPHRASE, FOLDER = "FILE", "PASSPHRASE", "FOLDER"

COMMANDS = {
    "import": ("import", FILE),
    "import --pair": ("import", "--pair", "a.com", FILE),
    "adopt --key": ("adopt", "--key", FILE),
    "adopt --csr": ("adopt", "--key", f"{FOLDER}/key", "--csr", FILE),
    "adopt --cert": ("adopt", "--key", f"{FOLDER}/key", "--cert", FILE, "--make-csr"),
    "adopt --from": ("adopt", "--from", FILE, "--dry-run"),
    "restore": ("restore", FILE, "--passphrase-file", PASSPHRASE),
    "restore --identity": ("restore", f"{FOLDER}/backup", "--identity", FILE),
    "verify": ("verify", FILE),
    "verify --identity": ("verify", f"{FOLDER}/backup", "--identity", FILE),
    "verify --passphrase-file": ("verify", f"{FOLDER}/backup", "--passphrase-file", FILE),
    "new --from": ("new", "--from", FILE),
    "backup --recipient": ("backup", "a.com", "--to", FOLDER, "--recipient", FILE),
    "backup --passphrase-file": ("backup", "a.com", "--to", FOLDER, "--passphrase-file", FILE),
    "backup --to": ("backup", "a.com", "--to", FILE, "--passphrase-file", PASSPHRASE),
    "--store": ("--store", FILE, "show", "a.com"),
    "config": ("check", "shop.mydomain.com", "--profile", "office"),
}
"""Every command that reads a file, and its arguments."""

FINE = {
    "adopt --from": {"folder", "self"},
    "backup --to": {"folder", "missing"},
    "backup --passphrase-file": {"begins-only", "cut-short", "nested-brackets", "\x1b[31mred"},
    "verify --passphrase-file": {"begins-only", "cut-short", "nested-brackets", "\x1b[31mred"},
    "--store": {"folder", "missing", "link-to-nowhere"},
}
"""Harmless cases: a folder, a missing folder that can be created, one line of text as a passphrase."""


@contextmanager
def deadline() -> Iterator[None]:
    """Raise an error if the block does not end in time."""

    def late(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"no answer in {DEADLINE} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(DEADLINE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Return the values for the words in capitals."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    folder = tmp_path / "folder"
    folder.mkdir(0o700)
    (folder / "backup").write_bytes(b"age-encryption.org/v1\n")
    (folder / "key").write_bytes(pkcs8(ec_key(5)))
    (folder / "key").chmod(0o600)
    return {PASSPHRASE: str(passphrase), FOLDER: str(folder)}


def filled(arguments: tuple[str, ...], places: dict[str, str]) -> list[str]:
    """Return the command line with these values."""
    words = []
    for word in arguments:
        for stands, path in places.items():
            word = word.replace(stands, path)  # noqa: PLW2901 - one after the other
        words.append(word)
    return words


def is_clear(ran: Ran, path: str) -> bool:
    """Return whether the output refuses the file, names it (or its purpose), and is plain text."""
    text = ran.out + ran.err
    return (  # only one identity can be given
        ran.status in {1, 2, 3}
        and (visible(path)[:200] in text or "the identity file" in text or "the SSH private key" in text)
        and "Traceback" not in text
        and "a bug:" not in text
        and text.replace("\n", "").isprintable()
        and len(text) < 20_000
    )


@pytest.mark.safety
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_every_hostile_file(
    csrtui: Csrtui, tmp_path: Path, places: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert csrtui("new", "a.com", "--force").status == 0
    (hostile := tmp_path / "hostile").mkdir()
    with counted(PROMISE, "files of every kind, for every command that reads a file") as tally:
        for path in make(hostile):
            if os.path.basename(path) in FINE.get(name, ()):
                continue
            if name == "config":
                monkeypatch.setenv("CSRTUI_CONFIG", path)
            with deadline():
                ran = csrtui(*filled(COMMANDS[name], {**places, FILE: path}))
            assert is_clear(ran, path), (path[:80], ran)
            tally.add()


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("name", COMMANDS)
def test_a_process_with_little_memory_refuses_them_in_time(
    csrtui: Csrtui, tmp_path: Path, places: dict[str, str], name: str
) -> None:
    assert csrtui("new", "a.com", "--force").status == 0
    (hostile := tmp_path / "hostile").mkdir()
    with counted(
        PROMISE, "files of every kind, in processes of their own: at most one second and 200 MB"
    ) as tally:
        for path in make(hostile):
            if os.path.basename(path) in FINE.get(name, ()):
                continue
            more = {"CSRTUI_CONFIG": path} if name == "config" else {}
            ran = run_limited(
                filled(COMMANDS[name], {**places, FILE: path}), environment(csrtui.store, **more)
            )
            assert is_clear(ran, path), (path[:80], ran)
            tally.add()


def run_limited(arguments: list[str], env: dict[str, str]) -> Ran:
    """Run csrtui as a process with little memory and a time limit."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, deadline():
        process = subprocess.Popen(
            ["prlimit", f"--as={MEMORY}", "--core=0", *argv(*arguments)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=env,
            cwd=ROOT,
            start_new_session=True,  # without a terminal
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        ran = Ran(process.returncode, out.read().decode(), err.read().decode())
    assert used.ru_maxrss < RESIDENT, (used.ru_maxrss, arguments)
    assert used.ru_utime + used.ru_stime < WORK, (used, arguments)
    return ran


@pytest.mark.safety
@pytest.mark.parametrize("name", ["import", "restore", "verify", "new --from", "backup --recipient"])
def test_a_file_that_changes_while_it_is_read_is_refused_or_accepted(
    csrtui: Csrtui, tmp_path: Path, places: dict[str, str], name: str
) -> None:
    assert csrtui("new", "a.com", "--force").status == 0
    file, stop = tmp_path / "changing", threading.Event()
    file.write_bytes(b"")

    def change() -> None:
        while not stop.is_set():
            file.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + b"A" * 900_000)
            os.truncate(file, 10)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        with counted(PROMISE, "files that change while they are read") as tally, deadline():
            for _ in range(10):
                assert is_clear(csrtui(*filled(COMMANDS[name], {**places, FILE: str(file)})), str(file))
                tally.add()
    finally:
        stop.set()
        changing.join()
