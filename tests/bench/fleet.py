"""Many hosts read, beside the cheapest that Ansible itself can do with them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import CSRTUI, seconds, side_by_side
from table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Options

_HOSTS = 200
_PAIRS = 3
_FORKS = 10
_GOAL = 1.2


def rows(options: Options) -> Iterator[Row]:
    """All hosts' pairs beside ``true`` on all hosts, both over Ansible's local connection."""
    what = f"csrtui fleet list, {_HOSTS} hosts with {_PAIRS} pairs each, {_FORKS} at a time"
    ansible = Path(sys.executable).with_name("ansible")
    if not ansible.exists():
        yield Row(what, None, note="ansible-core is not installed")
        return
    inventory = _inventory(options)
    own = (*CSRTUI, "--store", str(options.folder("here")), "fleet", "list", "--inventory", str(inventory))
    beside = (str(ansible), "all", "-i", str(inventory), "-m", "command", "-a", "true", f"--forks={_FORKS}")
    base, figure = side_by_side([beside, (*own, f"--forks={_FORKS}")], options)
    yield Row(what, figure, against="ansible -m command -a true", base=base, goal=_GOAL)


def _inventory(options: Options) -> Path:
    """An inventory of hosts with a keystore each, all of the same pairs."""
    first = options.folder("stores") / "host0"
    for number in range(_PAIRS):
        seconds((*CSRTUI, "--store", str(first), "new", f"www{number}.example-shop.com"), options)
    lines = []
    for number in range(_HOSTS):
        store = first.with_name(f"host{number}")
        if number:
            shutil.copytree(first, store)
        lines.append(
            f"host{number} ansible_connection=local ansible_python_interpreter={sys.executable} "
            f"csrtui_executable={CSRTUI[0]} csrtui_store={store}"
        )
    path = options.scratch / "hosts.ini"
    path.write_text("\n".join(lines) + "\n")
    return path
