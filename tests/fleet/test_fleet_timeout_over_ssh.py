"""After a host's time limit, no process of csrtui runs any more, here or on the host."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import run_process
from playbooks import environment, program
from process_state import is_running
from safety_results import counted
from sshd_hosts import running_hosts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sshd_hosts import Hosts

pytestmark = [pytest.mark.slow, pytest.mark.safety]

PROMISE = "A host that an attacker controls does no harm on this machine"
HANGS = """#!/bin/sh
trap "" TERM HUP
echo $$ >>"{pids}"
sleep 600 &
echo $! >>"{pids}"
{more}
wait
sleep 600
"""
STOP_SSHD = """
at=$$
while [ "$(cat /proc/$at/comm)" != sshd ] && [ "$(cat /proc/$at/comm)" != sshd-session ]; do
    at=$(sed 's/.*) . //' /proc/$at/stat | cut -d' ' -f1)
done
echo $at >"{stopped}"
kill -STOP $at
"""


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """Return a host that keeps connections open, as Ansible does by default."""
    program("ansible-playbook")
    folder = tmp_path / "hosts"
    folder.mkdir()
    with running_hosts(folder, ("web1",)) as running:
        yield running


def inventory(hosts: Hosts, script: str) -> str:
    """Write an inventory whose hosts run this script as csrtui, with Ansible's default ssh settings."""
    hangs = hosts.folder / "hangs"
    hangs.write_text(script)
    hangs.chmod(0o755)
    path = hosts.inventory()
    shared = path.read_text().replace("ControlMaster=no", "ControlMaster=auto -o ControlPersist=60s")
    path.write_text(f"{shared}csrtui_executable={hangs}\n")
    return str(path)


def connections(hosts: Hosts) -> list[str]:
    """Return the command lines of all ssh processes for these hosts, including csrtui's open connections."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            line = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if (str(hosts.identity) in line and "sshd" not in line) or (
                line.startswith("ssh: ") and "csrtui-fleet-" in line
            ):
                found.append(line)
    return found


def test_a_host_that_hangs_leaves_no_process_there_and_no_ssh_here(hosts: Hosts, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    listed = inventory(hosts, HANGS.format(pids=pids, more=""))
    options = ("--inventory", listed, "--timeout", "2", "--json")
    with counted(PROMISE, "hosts that hang: remaining processes on both sides") as tally:
        ran = run_process("fleet", "list", *options, store=tmp_path / "store", env=environment(tmp_path))
        assert [line["reason"] for line in ran.json_lines] == ["timeout"], ran.err
        numbers = [int(line) for line in pids.read_text().split()]
        assert len(numbers) == 2
        assert [number for number in numbers if is_running(number)] == []
        assert connections(hosts) == []
        tally.add()


def test_a_connection_that_hangs_leaves_no_process_there_and_no_ssh_here(
    hosts: Hosts, tmp_path: Path
) -> None:
    pids, stopped = tmp_path / "pids", tmp_path / "stopped"
    listed = inventory(hosts, HANGS.format(pids=pids, more=STOP_SSHD.format(stopped=stopped)))
    options = ("--inventory", listed, "--timeout", "2", "--json")
    try:
        with counted(PROMISE, "hosts that hang: remaining processes on both sides") as tally:
            ran = run_process("fleet", "list", *options, store=tmp_path / "store", env=environment(tmp_path))
            assert [line["reason"] for line in ran.json_lines] == ["timeout"], ran.err
            assert stopped.read_text(), "the connection hung"
            assert [number for number in map(int, pids.read_text().split()) if is_running(number)] == []
            assert connections(hosts) == []
            tally.add()
    finally:
        os.kill(int(stopped.read_text()), signal.SIGCONT)
