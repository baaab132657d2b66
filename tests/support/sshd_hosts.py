"""Hosts with an sshd each, on loopback addresses, with their own home, keystore and host key, and csrtui on the PATH."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ALL = ("web1", "web2")
_PATIENCE = 20.0
"""The time limit for an sshd's answer in seconds."""


@dataclass(frozen=True)
class Host:
    """A host.

    Attributes:
        name: The name in the inventory.
        address: Its loopback address.
        port: The port of its sshd.
        home: The home of the login user.
    """

    name: str
    address: str
    port: int
    home: Path

    @property
    def store(self) -> Path:
        """Its keystore."""
        return self.home / "keystore"


@dataclass(frozen=True)
class Hosts:
    """All hosts, and the login.

    Attributes:
        folder: The folder with all of their files.
        hosts: The hosts.
        identity: The SSH private key for all hosts.
        python: Their Python.
    """

    folder: Path
    hosts: tuple[Host, ...]
    identity: Path
    python: str = sys.executable

    def inventory(self, extra: Sequence[str] = ()) -> Path:
        """Write the inventory, with further lines for unusual hosts, and return its path."""
        options = f"-F none -o UserKnownHostsFile={self.folder / 'known_hosts'} -o ControlMaster=no -o BatchMode=yes"
        lines = ["[web]"]
        lines += [
            f"{host.name} ansible_host={host.address} ansible_port={host.port} csrtui_home={host.home}"
            for host in self.hosts
        ]
        lines += [
            *extra,
            "[web:vars]",
            f"ansible_python_interpreter={self.python}",
            f"ansible_ssh_private_key_file={self.identity}",
            f"ansible_ssh_args={options}",
        ]
        path = self.folder / "inventory.ini"
        path.write_text("\n".join(lines) + "\n")
        return path


def demand_sshd() -> str:
    """Return the path of sshd, or skip the test."""
    for program in ("ssh", "ssh-keygen"):
        if shutil.which(program) is None:
            pytest.skip(f"skipped because {program} is not installed")
    found = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("skipped because sshd is not installed")
    return found


_BARE = """
set -e
mount --make-rprivate /
mkdir "$0/etc"
cp -a /etc/. "$0/etc"
mount --bind "$0/etc" /etc
for folder in /opt /usr/local/bin /var/backups; do
    mount -t tmpfs -o mode=755 tmpfs "$folder"
done
exec "$@"
"""
"""Runs a program with its own, empty system folders, without changing those of this machine."""


@dataclass(frozen=True)
class Machine:
    """The software of the hosts.

    Attributes:
        python: Their Python.
        path: Their PATH.
        script: A shell script that starts a program there, with the host's folder as ``$0``, or an empty text.
    """

    python: str
    path: str
    script: str = ""


LIKE_THIS = Machine(sys.executable, f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin")
"""A machine with csrtui at the path of the tests."""


def bare_machine() -> Machine:
    """Return a machine with Python but without csrtui, or skip the test."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("skipped because only root can give a host folders of its own")
    folder = Path(sys.base_prefix) / "bin"
    return Machine(str(folder / "python3"), f"/usr/local/bin:{folder}:/usr/bin:/bin", _BARE)


@contextmanager
def running_hosts(folder: Path, names: Sequence[str] = ALL, machine: Machine = LIKE_THIS) -> Iterator[Hosts]:
    """Start an sshd for each name, and stop all of them after the block.

    Args:
        folder: An empty folder for all of their files.
        names: The hosts' names; the first is at 127.0.0.2.
        machine: The software of the hosts.
    """
    sshd = demand_sshd()
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # where sshd drops its privileges
    folder.chmod(0o700)
    identity = _key(folder / "identity")
    hosts = tuple(_host(folder, name, f"127.0.0.{number}") for number, name in enumerate(names, start=2))
    running: list[subprocess.Popen[bytes]] = []
    try:
        running.extend(_started(sshd, folder, host, identity, machine) for host in hosts)
        for host, process in zip(hosts, running, strict=True):
            _wait(host, process)
        yield Hosts(folder, hosts, identity, machine.python)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def _key(path: Path) -> Path:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)], check=True
    )
    return path


def _host(folder: Path, name: str, address: str) -> Host:
    home = folder / name
    home.mkdir(mode=0o700)
    with socket.socket() as probe:
        probe.bind((address, 0))
        port = probe.getsockname()[1]
    return Host(name, address, port, home)


def _started(
    sshd: str, folder: Path, host: Host, identity: Path, machine: Machine
) -> subprocess.Popen[bytes]:
    key = _key(folder / f"{host.name}.hostkey")
    public = key.with_suffix(".hostkey.pub").read_text()
    with (folder / "known_hosts").open("a") as known:
        known.write(f"[{host.address}]:{host.port} {public}")
    config = folder / f"{host.name}.sshd_config"
    config.write_text(
        f"ListenAddress {host.address}\nPort {host.port}\nHostKey {key}\nPidFile none\n"
        f"AuthorizedKeysFile {identity}.pub\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
        f"PasswordAuthentication no\nKbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\n"
        f"MaxStartups 100\nSetEnv HOME={host.home} CSRTUI_STORE={host.store} PATH={machine.path}\n"
    )
    log = folder / f"{host.name}.log"
    within = ["unshare", "-m", "sh", "-c", machine.script, str(host.home)] if machine.script else []
    return subprocess.Popen(
        [*within, sshd, "-D", "-f", str(config), "-E", str(log)],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait(host: Host, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(_PATIENCE)
            if probe.connect_ex((host.address, host.port)) == 0:
                return
        Event().wait(0.02)
    pytest.fail(f"the sshd of {host.name} does not answer")
