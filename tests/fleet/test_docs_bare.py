"""Each documented command for many servers, exactly as documented, on bare machines.

This machine has a checkout and Python, and the two hosts have nothing of csrtui. The test goes from an inventory to
issued certificates on both, and then uses ``csrtui fleet`` with the same hosts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pty_session
import pytest
from command import ROOT
from docs_fleet import HOSTS, books_without_nginx, commands
from pty_session import PtySession
from real_authorities import OpensslCa
from sshd_hosts import Hosts, bare_machine, running_hosts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.long]

SET_UP, PLAYS, FLEET = commands()
_NEEDED = ("csrtui", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")


class Administrator:
    """A reader with a checkout, who types the commands of the documentation.

    Args:
        folder: An empty folder, for the checkout and a home.
    """

    def __init__(self, folder: Path) -> None:
        self.checkout, self.home = folder / "checkout", folder / "home"
        self.checkout.mkdir()
        for name in _NEEDED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, self.checkout / name)
        (self.home / ".ssh").mkdir(parents=True)
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.home / ".ssh" / "id_ed25519")]
        subprocess.run(key, check=True)
        unwanted = ("ANSIBLE_", "CSRTUI", "PYTHON", "VIRTUAL_ENV")
        kept = {name: text for name, text in os.environ.items() if not name.startswith(unwanted)}
        self.env = kept | {"HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        self._exports = "".join(line + "\n" for line in SET_UP.splitlines() if "bin/pip " not in line)

    def types(self, script: str) -> str:
        """Run a script in the shell in which the exports were typed, and return its output."""
        done = subprocess.run(
            ["bash", "-ec", self._exports + script], cwd=self.checkout, env=self.env, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        return done.stdout

    def at_terminal(self, script: str) -> PtySession:
        """Start a script on a terminal."""
        there = f"cd {self.checkout}\n{self._exports}{script}"
        return PtySession(["bash", "-ec", there], env={**dict.fromkeys(os.environ), **self.env})


@pytest.fixture
def administrator(tmp_path: Path) -> Administrator:
    """Return a reader who has followed the first block of the documentation."""
    found = Administrator(tmp_path)
    found._exports, exports = "", found._exports
    found.types("python3.11 -m venv .venv")
    found.types(SET_UP)
    found._exports = exports
    for name, book in books_without_nginx().items():
        (found.checkout / name).write_text(book)
    return found


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """Return two bare hosts."""
    folder = tmp_path / "hosts"
    folder.mkdir()
    with running_hosts(folder, HOSTS, bare_machine()) as running:
        yield running


def test_the_documentation_leads_from_an_inventory_to_issued_certificates(
    hosts: Hosts, administrator: Administrator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pty_session, "_DEADLINE_SECONDS", 120.0)
    here = administrator.checkout
    # The login user is root, so no sudo is needed.
    (here / "hosts.ini").write_text(hosts.inventory().read_text() + "ansible_user=root\n")
    setup, look, request, install, facts, documentation = PLAYS.splitlines()
    assert "failed=0" in administrator.types(setup)
    assert f"CN={HOSTS[0]}" in administrator.types(look)
    assert not list(here.glob("*.csr"))
    administrator.types(request)
    (tmp_path / "authority").mkdir()
    authority = OpensslCa(tmp_path / "authority")
    for name in HOSTS:
        answer = authority.answer(here / f"{name}.csr")
        (here / f"{name}.pem").write_bytes(answer.files[-1].read_bytes())
    administrator.types(install)
    assert administrator.types(install).count("changed=0 ") == len(HOSTS)
    assert administrator.types(facts).count('"stage": "issued"') == len(HOSTS)
    assert "EXAMPLES" in administrator.types(documentation).upper()
    with_fleet(administrator)
    for host in hosts.hosts:
        assert list((host.home / "etc" / "nginx" / "tls").iterdir())


def with_fleet(administrator: Administrator) -> None:
    """Type the documented commands of ``csrtui fleet``, line by line. Afterwards, the hosts have no next step."""
    screen, listed, last, new, backup, verify, folder, csrs, bring, doctor = FLEET.splitlines()
    with administrator.at_terminal(screen) as terminal:
        terminal.wait_for("2 hosts · 2 pairs")
        terminal.send("\x1b[21~")  # F10
        assert terminal.wait_exit() == 0
    assert administrator.types(listed).count("  installed  ") == len(HOSTS)
    assert administrator.types(last).count("  installed  ") == len(HOSTS)
    with administrator.at_terminal(new) as terminal:
        terminal.wait_for("[y/N]")
        terminal.send("y\n")
        assert terminal.wait_exit() == 0
        assert terminal.text.count("already exists") == len(HOSTS)
    assert "every pair on the hosts that answered has a backup" in administrator.types(backup)
    assert administrator.types(verify).count("restored here and verified") == len(HOSTS)
    assert administrator.types(listed).count("verified now") == len(HOSTS)
    assert "no pair on the hosts that answered is waiting to be submitted" in administrator.types(
        f"{folder}\n{csrs}"
    )
    answers = administrator.checkout / "answers"
    answers.mkdir()
    shutil.copy(administrator.checkout / f"{HOSTS[0]}.pem", answers / "web1.pem")
    shutil.copy(administrator.checkout / f"{HOSTS[0]}.pem", administrator.checkout / "chain.pem")
    assert HOSTS[0] in administrator.types(bring)
    with administrator.at_terminal(doctor) as terminal:
        terminal.wait_exit()
        assert "2 hosts checked" in terminal.text
