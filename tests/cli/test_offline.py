"""No command and no screen opens a connection: strace shows their system calls, and they work without a network."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from command import DEADLINE, ROOT, Csrtui, argv, environment
from pty_session import PtySession
from safety_results import counted
from writing_actions import BARE, ISSUED, Place, make_place

from csrtui.cli.parser import COMMANDS

PROMISE = "No network: csrtui opens no connection of any kind"
PHRASE = ("--passphrase-file", "{given}/passphrase")
RUNS = {
    "new": ("new.com", "--json"),
    "check": ("a.com",),
    "list": (),
    "show": (ISSUED,),
    "csr": (BARE,),
    "backup": (BARE, "--to", "{usb}", *PHRASE),
    "verify": (ISSUED, *PHRASE),
    "restore": ("{usb}/gone.com.20261123-090000.backup.pem", *PHRASE),
    "import": ("{given}/b.com.pem",),
    "renew": (ISSUED,),
    "adopt": ("--key", "{given}/key.pem", "--csr", "{given}/request.pem", "--cert", "{given}/cert.pem"),
    "export": (ISSUED, "--for", "nginx", "--to", "{out}"),
    "guide": ("nginx",),
    "inspect": ("{given}/cert.pem",),
    "served": (ISSUED, f"{{store}}/pairs/{ISSUED}/certificate.pem"),
    "retire": (ISSUED,),
    "doctor": (),
    "help": ("backups",),
    "completion": ("bash",),
}
COMMAND_TESTS = (
    "whole_life", "new", "batch", "check", "list_show_csr", "backup_command", "verify_and_restore_commands",
    "age_commands", "import_retire", "adopt_command", "renew_command", "export", "doctor_command", "usage",
)  # fmt: skip
"""The test files that run without a network. They cover every command."""
ELSEWHERE = {"fleet": "it runs Ansible, whose task the network is"}
"""Commands that are not covered, with the reason."""
CONNECTION = re.compile(r"\b(?:socket|socketpair)\((?!AF_UNIX)[A-Z]|\bconnect\(\d+, \{sa_family=AF_INET")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def test_every_command_is_in_the_table() -> None:
    assert {*RUNS, *ELSEWHERE} >= {command.name for command in COMMANDS}


@pytest.mark.usefixtures("few_rounds")
def test_no_command_makes_a_socket(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same within this process, where only Python's own sockets are seen."""
    at = make_place(tmp_path / "place")
    for variable, value in at.environ.items():
        monkeypatch.setenv(variable, value)
    csrtui = Csrtui(Path(at.store), capsys, monkeypatch)
    for name in ("socket", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, None)
    for name in RUNS:
        ran = csrtui(name, *words_of(at, name))
        assert ran.status == (1 if name == "doctor" else 0), ran


def without_network() -> list[str]:
    """Return the words that run a program in its own network namespace, in which only a disabled loopback exists."""
    words = ["unshare", "-rn"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*words, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("a namespace without a network cannot be made here")
    return words


def words_of(at: Place, name: str) -> list[str]:
    return [word.format(store=at.store, usb=at.usb, given=at.given, out=at.out) for word in RUNS[name]]


def run(place: Path, before: list[str], name: str) -> subprocess.CompletedProcess[bytes]:
    at = Place(place)
    return subprocess.run(
        [*before, *argv(name, *words_of(at, name))],
        env=environment(at.store, **at.environ),
        cwd=ROOT,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.safety
@needs_strace
def test_no_command_opens_a_connection(tmp_path: Path) -> None:
    """Run every command under strace in a namespace without a network: it succeeds and opens no socket."""
    place, log = make_place(tmp_path / "place").path, tmp_path / "trace"
    before = [*without_network(), "strace", "-f", "-qq", "-e", "trace=%network", "-o", str(log)]
    with counted(PROMISE, "every command under strace, in a namespace without a network") as tally:
        for name in RUNS:
            done = run(place, before, name)
            assert done.returncode in {0, 1}, (name, done.stderr)
            assert done.returncode == 0 or name == "doctor", (name, done.stderr)
            assert not CONNECTION.search(log.read_text()), name
            tally.add()


@pytest.mark.slow
@pytest.mark.safety
@needs_strace
def test_the_screens_open_no_connection(tmp_path: Path) -> None:
    log = tmp_path / "trace"
    words = [*without_network(), "strace", "-f", "-qq", "-e", "trace=%network", "-o", str(log)]
    store = make_place(tmp_path / "place").store
    with (
        counted(PROMISE, "the screens under strace, in a namespace without a network") as tally,
        PtySession([*words, *argv("--store", str(store))], env={"PYTHONPATH": str(ROOT)}) as session,
    ):
        session.wait_for("Common name")
        session.send("\x1bOQ")
        for key, text in (("D", "examined"), ("\x1b", "Next"), ("m", "12 months"), ("\x1b", "Next")):
            session.send(key)
            session.wait_for(text)
        session.send("\x11")
        session.wait_for("Quit csrtui?")
        session.send("\t\r")
        session.wait_exit()
        assert not CONNECTION.search(log.read_text())
        tally.add()


@pytest.mark.slow
@pytest.mark.safety
def test_the_tests_of_the_commands_pass_without_a_network(tmp_path: Path) -> None:
    report, names = tmp_path / "report.xml", [f"{ROOT}/tests/cli/test_{name}.py" for name in COMMAND_TESTS]
    with counted(PROMISE, "the tests of the commands, in a namespace without a network") as tally:
        done = subprocess.run(
            [*without_network(), sys.executable, "-m", "pytest", "-q", f"--basetemp={tmp_path}/run", f"--junitxml={report}", *names],
            cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:]
        cases = list(ET.parse(report).getroot().iter("testcase"))  # noqa: S314 - pytest's own file
        tally.add(sum(case.find("skipped") is None for case in cases))


@needs_strace
def test_a_connection_would_be_seen(tmp_path: Path) -> None:
    log = tmp_path / "trace"
    program = "import socket; socket.socket(socket.AF_INET6); socket.socket(socket.AF_UNIX)"
    subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=%network", "-o", str(log), sys.executable, "-c", program],
        check=True,
    )
    assert CONNECTION.search(log.read_text())
    assert not CONNECTION.search(
        "1 socket(AF_UNIX, SOCK_STREAM, 0) = 3\n1 socketpair(AF_UNIX, 1, 0, [3, 4]) = 0"
    )
