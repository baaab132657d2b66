"""``csrtui fleet`` over real SSH: from an inventory to certificates on every host, with failing hosts among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import intermediate, pem
from command import Ran, run_process
from playbooks import environment, program
from recipients_made import ssh_pair
from sshd_hosts import running_hosts

from csrtui.core.certificates import csr as request

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {"web1", "web2"}


@pytest.mark.slow
def test_from_an_inventory_to_certificates_on_every_host(tmp_path: Path) -> None:
    program("ansible-playbook")
    hangs = tmp_path / "hangs"
    hangs.write_text("#!/bin/sh\nexec sleep 60\n")
    hangs.chmod(0o755)
    here = tmp_path / "here"
    here.mkdir()
    with running_hosts(_folder(tmp_path), ("web1", "web2")) as hosts:
        lost = (
            "lost ansible_host=127.0.0.9 ansible_port=1",
            f"slow ansible_connection=local csrtui_executable={hangs}",
            "bare ansible_connection=local csrtui_executable=/none/csrtui",
        )
        inventory = hosts.inventory(lost)

        def fleet(command: str, *arguments: str) -> Ran:
            options = ("--inventory", str(inventory), "--timeout", "20")
            env = environment(tmp_path)
            return run_process("fleet", command, *options, *arguments, store=here / "store", env=env)

        ran = fleet("list", "--json", "--timeout", "3")
        assert ran.status == 1
        reasons = {line["host"]: line["reason"] for line in ran.json_lines}
        assert reasons == {"lost": "unreachable", "slow": "timeout", "bare": "missing"}
        inventory = hosts.inventory()
        names = ("{{ inventory_hostname }}.mydomain.com", "--add-counterpart", "-C", "GB")
        recipient = ("--recipient", ssh_pair("ssh-ed25519")[1])
        assert _changed(fleet("new", *names, "--yes", "--json")) == GOOD
        assert _changed(fleet("new", *names, "--yes", "--json")) == set()
        backup = fleet("backup", "--to", str(_folder(tmp_path / "here")), *recipient, "--json")
        assert _changed(backup) == GOOD
        assert fleet("backup", "--to", str(here), *recipient).out == ""
        ran = fleet("csr", "--to", str(here), "--json")
        assert _changed(ran) == GOOD
        authority = intermediate()
        answers = []
        for line in ran.json_lines:
            with open(line["file"], "rb") as csr:
                asked = request.read_pem(csr.read())
            path = here / f"{line['host']}.pem"
            path.write_bytes(pem(authority.sign(asked.der), authority.certificate))
            answers.append(str(path))
        assert _changed(fleet("import", *answers, "--json")) == GOOD
        assert _changed(fleet("import", *answers, "--json")) == set()
        stages: dict[str, Any] = {line["host"]: line["stage"] for line in fleet("list", "--json").json_lines}
        assert stages == dict.fromkeys(GOOD, "issued")


def _folder(parent: Path) -> Path:
    folder = parent / "hosts"
    folder.mkdir()
    return folder


def _changed(ran: Ran) -> set[str]:
    """Return the hosts on which something has changed, after checking that no host failed."""
    assert ran.status == 0, ran.err
    assert all(line["ok"] for line in ran.json_lines)
    return {line["host"] for line in ran.json_lines if line["changed"]}
