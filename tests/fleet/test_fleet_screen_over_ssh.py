"""The screen for many hosts with real hosts: the whole journey, no secret is transmitted, and Ctrl+C does no harm."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

import pty_session
import pytest
from certificates_made import intermediate, pem
from command import ROOT, argv, run_process
from command import environment as own_environment
from playbooks import environment, program
from pty_session import PtySession
from recipients_made import ssh_pair
from recorded_ssh import found_in, recorded, secrets_of, write_recorder
from screen_openings import CTRL_G
from sshd_hosts import Hosts, running_hosts

from csrtui.core.certificates import csr as request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

NAMES = ("web1", "web2")
RECIPIENT = ssh_pair("ssh-ed25519")[1]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """Return two hosts with folders for backups."""
    program("ansible-playbook")
    folder = tmp_path / "hosts"
    folder.mkdir()
    with running_hosts(folder, NAMES) as running:
        yield running


def open_screen(hosts: Hosts, tmp_path: Path, **env: str) -> PtySession:
    command = argv("--store", str(tmp_path / "store"), "fleet", "--inventory", str(hosts.inventory()))
    around = {**environment(tmp_path), "PYTHONPATH": str(ROOT), "CSRTUI_CONFIG": str(tmp_path / "none")}
    return PtySession(command, env={**around, **env}, columns=120, rows=40)


class Typist:
    """A user who types at the screen."""

    def __init__(self, session: PtySession) -> None:
        self._session = session

    def does(self, keys: str, seen: str) -> None:
        """Type keys, and wait until a text is on the screen."""
        self._session.send(keys)
        self._session.wait_for(seen)

    def pastes(self, text: str, seen: str) -> None:
        """Paste a text, and wait until another one is on the screen."""
        self.does(f"\x1b[200~{text}\x1b[201~", seen)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Return a folder whose path fits a field, wherever pytest's own folder is."""
    with tempfile.TemporaryDirectory(prefix="csrtui-") as folder:
        yield Path(folder)


def test_the_whole_journey_works_by_keys_and_no_secret_is_transmitted(
    hosts: Hosts, tmp_path: Path, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pty_session, "_DEADLINE_SECONDS", 60.0)
    carried, csrs, backups = tmp_path / "carried", short_path / "csrs", short_path / "backups"
    csrs.mkdir()
    backups.mkdir(mode=0o700)
    recorder = write_recorder(tmp_path / "ssh", carried, shutil.which("ssh") or "ssh")
    env = {"ANSIBLE_SSH_EXECUTABLE": str(recorder), "ANSIBLE_SSH_TRANSFER_METHOD": "piped"}
    with open_screen(hosts, tmp_path, **env) as session:
        typist = Typist(session)
        session.wait_for("2 hosts · no pairs")
        typist.does("n", "request on many hosts")
        typist.does("{{ inventory_hostname }}.example-shop.com", "different on each host")
        typist.does(CTRL_G, "Preview for 2 hosts")
        typist.does(CTRL_G, "Make a pair on 2 hosts?")
        typist.does("\t\r", "┌─ 2 done · 2 hosts")
        typist.does("\r", "2 pairs · 2 not backed up")
        typist.does(" ", "\n *web")
        typist.does(" ", "\n>*web")
        typist.does("b", "the 2 marked")
        typist.pastes(str(backups), f"Folder        {backups}")
        typist.does("\r", "Recipients")
        typist.pastes(RECIPIENT, "Can be opened by")
        typist.does("\r", "┌─ 2 done · 2 hosts")
        typist.does("\r", "unverified")
        typist.does("g  u", "Fetch the CSRs of 2 pairs")
        typist.pastes(str(csrs), f"Folder        {csrs}")
        typist.does("\r", "┌─ 2 done · 2 hosts")
        typist.does("\r", "Host")
        typist.does("i", "each is sent to the host")
        typist.pastes("\n".join(_answers(csrs)), "Files         ")
        typist.does("\r", "┌─ 2 done · 2 hosts")
        typist.does("\r", "issued")
        typist.does("D", "2 of 2 hosts examined their keystores")
        session.send("\x1b[21~")  # F10
        assert session.wait_exit() == 0
    assert len(list(backups.glob("*.age"))) == len(NAMES)
    kept = recorded(carried)
    for host in hosts.hosts:
        folder = host.store / "pairs" / f"{host.name}.example-shop.com"
        assert (folder / "certificate.pem").exists()
        asked = (folder / "request.pem").read_bytes().splitlines()[1:3]
        assert found_in(kept.values(), asked) == asked, "the search finds what does travel"
        assert found_in(kept.values(), secrets_of(folder / "key.pem")) == []


def _answers(csrs: Path) -> Iterator[str]:
    """Sign each CSR, and return the paths of the certificates."""
    authority = intermediate()
    for csr in sorted(csrs.glob("*.csr.pem")):
        path = csrs / f"{csr.name.partition('.')[0]}.pem"
        asked = request.read_pem(csr.read_bytes())
        path.write_bytes(pem(authority.sign(asked.der), authority.certificate))
        yield str(path)


def test_an_interrupt_leaves_every_host_consistent_and_the_next_run_completes_the_work(
    hosts: Hosts, tmp_path: Path
) -> None:
    begun, ended, wrapper = tmp_path / "begun", tmp_path / "ended", tmp_path / "csrtui"
    own = Path(sys.executable).with_name("csrtui")
    wrapper.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *new*) echo >> {begun};; esac\n'
        f'{own} "$@"; status=$?\n'
        f'case "$*" in *new*) echo >> {ended};; esac\nexit $status\n'
    )
    wrapper.chmod(0o755)
    inventory = hosts.inventory((f"web1 csrtui_executable={wrapper}", f"web2 csrtui_executable={wrapper}"))
    name = "{{ inventory_hostname }}.example-shop.com"
    new = argv("fleet", "new", name, "--inventory", str(inventory), "--yes", "--json")
    env = own_environment(tmp_path / "store", **environment(tmp_path))
    with subprocess.Popen(
        new, env=env, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    ) as process:
        _wait(lambda: begun.exists() or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    _wait(lambda: ended.exists() and len(ended.read_bytes()) == len(begun.read_bytes()))
    for host in hosts.hosts:
        findings = run_process("doctor", "--json", store=host.store).json["findings"]
        assert [one for one in findings if one["code"] != "backup-none"] == []
    again = subprocess.run(new, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    assert again.returncode == 0
    for host in hosts.hosts:
        pairs = [path.name for path in (host.store / "pairs").glob("[!.]*")]
        assert pairs == [f"{host.name}.example-shop.com"]


def _wait(condition: Callable[[], bool]) -> None:
    until = monotonic() + 60
    while not condition():
        assert monotonic() < until
        Event().wait(0.02)
