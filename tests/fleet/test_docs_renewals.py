"""The documented plays over two renewals: each does its part once, and changes nothing at other times."""

from __future__ import annotations

import grp
import os
import pwd
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem
from docs_fleet import books_without_nginx
from playbooks import DEADLINE, environment
from playbooks import program as ansible_program
from recipients_made import ssh_pair

from csrtui.core.certificates.csr import read_pem

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

HOST = "www.example-shop.com"


class Plays:
    """The documented plays, on this machine instead of hosts.

    Args:
        folder: An empty folder.
        csrtui: The command.
    """

    def __init__(self, folder: Path, csrtui: Path) -> None:
        self.folder, self.tls, self.reloads = folder, folder / "tls", folder / "reloads"
        self.store = folder / "store"
        (folder / "backups").mkdir()
        (folder / ".ssh").mkdir()
        (folder / ".ssh" / "id_ed25519.pub").write_text(ssh_pair("ssh-ed25519")[1])
        python = f"ansible_python_interpreter={sys.executable}"
        (folder / "hosts.ini").write_text(f"[web]\n{HOST} ansible_connection=local {python}\n")
        user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        for name, book in books_without_nginx(
            f"ansible.builtin.shell: echo reloaded >>{self.reloads}"
        ).items():
            here = book.replace("/var/backups", str(folder / "backups")).replace(
                "/etc/nginx/tls", str(self.tls)
            )
            here = here.replace("owner: root", f"owner: {user}").replace("group: root", f"group: {group}")
            (folder / name).write_text(here)
        self._env = environment(folder) | {
            "CSRTUI_STORE": str(self.store),
            "PATH": f"{csrtui.parent}:{os.environ['PATH']}",
            "JSON_LINES": "/dev/null",
        }

    def run(self, book: str, *options: str) -> int:
        """Run a playbook, and return the number of tasks that changed something."""
        command = [
            ansible_program("ansible-playbook"),
            "-i",
            "hosts.ini",
            "-e",
            "ansible_become=false",
            book,
            *options,
        ]
        done = subprocess.run(
            command, cwd=self.folder, env=self._env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=DEADLINE,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return sum(map(int, re.findall(r"changed=(\d+)", done.stdout)))

    def issue(self, days_ago: int) -> bytes:
        """Answer the CSR with a 90-day certificate that was issued some days ago, and return it."""
        request = read_pem((self.folder / f"{HOST}.csr").read_bytes()).der
        authority = intermediate(days=4000)
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days_ago)
        leaf = authority.sign(request, start=start, days=90)
        (self.folder / f"{HOST}.pem").write_bytes(pem(leaf, authority.certificate))
        return pem(leaf)

    @property
    def live(self) -> bytes:
        """Return the certificate that nginx would read."""
        return (self.tls / f"{HOST}.crt").read_bytes()


def test_each_renewal_is_made_and_installed_once(tmp_path: Path, program: Path) -> None:
    plays = Plays(tmp_path, program)
    pairs = plays.store / "pairs"
    for number in (1, 2, 3):
        assert number != 2 or plays.run("request.yml", "--check") > 0
        assert len(list(pairs.glob("*"))) == number - 1
        assert plays.run("request.yml") > 0
        assert len(list(pairs.iterdir())) == len(list((tmp_path / "backups").iterdir())) == number
        if number == 2:  # the old certificate, while the CA has the new request
            assert plays.run("request.yml") == plays.run("install.yml") == 0
        leaf = plays.issue(days_ago=80 if number < 3 else 0)
        assert number != 2 or plays.run("install.yml", "--check") > 0
        assert plays.run("install.yml") > 0
        assert plays.live.startswith(leaf)
        assert plays.reloads.read_text().count("reloaded") == number
    for book in ("request.yml", "install.yml"):
        assert plays.run(book) == plays.run(book, "--check") == 0
    assert sorted(path.name for path in plays.tls.iterdir()) == [
        ".csrtui-previous",
        f"{HOST}.crt",
        f"{HOST}.key",
    ]
    (last,) = (path for path in pairs.iterdir() if path.name == f"{HOST}-3")
    assert (last / "key.pem").read_bytes() == (plays.tls / f"{HOST}.key").read_bytes()
    assert (plays.tls / f"{HOST}.key").stat().st_mode & 0o777 == 0o600
