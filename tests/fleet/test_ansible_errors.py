"""Errors of a real Ansible in inventories, variables and vaults keep its message, with the file and the line."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from playbooks import environment
from playbooks import program as ansible_program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
_VAULT = "$ANSIBLE_VAULT;1.1;AES256\n61\n"
_LOCAL = "web1 ansible_connection=local"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {"hosts.yml": "web:\n  hosts:\n    web1:\n      a: b\n     x: 1\n"},
            "did not find expected key. ({}/hosts.yml:5:6)",
        ),
        (
            {"hosts.yml": f'{_LOCAL} csrtui_store="{{{{ nope }}}}"\n'},
            "a variable of this host cannot be evaluated; Ansible says: \"'nope' is undefined ({}/hosts.yml:1)\"",
        ),
        ({"hosts.yml": _LOCAL, "host_vars/web1.yml": _VAULT}, "no vault secrets found"),
        (
            {
                "hosts.yml": _LOCAL,
                "host_vars/web1.yml": f"csrtui_store: !vault |\n  {_VAULT.replace(chr(10), chr(10) + '  ')}",
            },
            "({}/host_vars/web1.yml:1:15)",
        ),
    ],
    ids=["inventory", "template", "vaulted file", "vaulted variable"],
)
def test_an_error_is_reported_with_its_place(
    tmp_path: Path, program: Path, files: dict[str, str], words: str
) -> None:
    ansible_program("ansible-playbook")
    (tmp_path / "host_vars").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [program, "fleet", "list", "-i", tmp_path / "hosts.yml"],
        env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert words.format(tmp_path) in done.stderr
