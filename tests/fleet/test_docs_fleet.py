"""The documented steps for many servers lead from an inventory to issued certificates on two hosts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml
from ansible_modules import MODULES
from command import ROOT
from docs_fleet import HOSTS, books, books_without_nginx
from playbooks import MODULE, environment, program
from real_authorities import OpensslCa
from sshd_hosts import Hosts, running_hosts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_its_playbooks_are_yaml_and_every_module_and_the_role_are_documented() -> None:
    assert list(books()) == ["setup.yml", "request.yml", "install.yml"]
    assert all(yaml.safe_load(book)[0]["hosts"] == "web" for book in books().values())
    text = (ROOT / "csrtui/docs/many-servers.md").read_text()
    assert [name for name in MODULES if MODULE + name not in text] == []
    assert "csrtui.csrtui.csrtui" in books()["setup.yml"]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """Return two hosts, and an administrator's SSH key in the documented place."""
    folder = tmp_path / "hosts"
    folder.mkdir()
    (folder / ".ssh").mkdir()
    with running_hosts(folder, HOSTS) as running:
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / ".ssh" / "id_ed25519")]
        subprocess.run(make, check=True)
        for host in running.hosts:
            (host.home / "tls").mkdir()
            (host.home / "backups").mkdir()
        yield running


@pytest.mark.slow
@pytest.mark.long
def test_the_documentation_leads_from_an_inventory_to_issued_certificates(
    hosts: Hosts, tmp_path: Path
) -> None:
    inventory = hosts.inventory()
    for name, book in books_without_nginx().items():
        there = book.replace("/var/backups", "'{{ csrtui_home }}/backups'")
        there = there.replace("/etc/nginx/tls", "'{{ csrtui_home }}/tls'")
        (hosts.folder / name).write_text(there)

    def follow(book: str, *options: str) -> str:
        playing = [
            program("ansible-playbook"),
            "-i",
            str(inventory),
            "-e",
            "ansible_become=false",
            book,
            *options,
        ]
        done = subprocess.run(
            playing, cwd=hosts.folder, env=environment(hosts.folder) | {"JSON_LINES": "/dev/null"},
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    looked = follow("request.yml", "--check", "--diff")
    assert f"CN={HOSTS[0]}" in looked
    assert not any(host.store.exists() for host in hosts.hosts)
    follow("request.yml")
    (tmp_path / "authority").mkdir()
    authority = OpensslCa(tmp_path / "authority")
    for host in hosts.hosts:
        answer = authority.answer(hosts.folder / f"{host.name}.csr")
        (hosts.folder / f"{host.name}.pem").write_bytes(answer.files[-1].read_bytes())
    follow("install.yml")
    for host in hosts.hosts:
        assert len(list((host.home / "tls").iterdir())) > 1
        assert list((host.home / "backups").glob("*.age"))
        assert (host.store / "pairs" / host.name / "certificate.pem").exists()
    assert follow("install.yml").count("changed=0 ") == len(HOSTS)
