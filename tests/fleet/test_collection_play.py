"""The collection in real Ansible on this machine: found, with shared options, idempotent, with a diff."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from playbooks import MODULE, play

if TYPE_CHECKING:
    from pathlib import Path

NAME = "www.example-shop.com"
PAIR = {MODULE + "pair": {"names": [NAME, "example-shop.com"], "platform": "nginx"}}


@pytest.mark.slow
def test_a_play_makes_a_pair_once_and_shows_it_before_and_after(
    tmp_path: Path, program: Path, store: Path
) -> None:
    inventory = tmp_path / "inventory.ini"
    inventory.write_text(f"here ansible_connection=local ansible_python_interpreter={sys.executable}\n")
    tasks: list[dict[str, Any]] = [
        {"name": "look", **PAIR, "check_mode": True},
        {"name": "first", **PAIR},
        {"name": "second", **PAIR},
        {"name": "facts", MODULE + "facts": {"gather": ["pairs"]}},
        {"name": "use", "ansible.builtin.assert": {"that": [f"csrtui.not_backed_up == ['{NAME}']"]}},
    ]
    shared = {"group/csrtui.csrtui.csrtui": {"executable": str(program), "store": str(store)}}
    played = play(inventory, tasks, module_defaults=shared)
    assert played.status == 0, played.text
    assert [line["result"].get("changed") for line in played.results[:4]] == [True, True, False, False]
    assert "+++ after" in played.text
    assert f'+    "subject": "CN={NAME}"' in played.text
    assert played.of("first")["here"]["csr"].startswith("-----BEGIN CERTIFICATE REQUEST-----\n")
    assert (store / "pairs" / NAME).is_dir()
