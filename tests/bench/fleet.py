"""Benchmark: read many hosts, compared with the fastest command that Ansible itself can run on them."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from measure import CSRTUI, Spread, environment, seconds, side_by_side
from table import Row
from terminal import NothingDrawnError, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Options

_HOSTS = 200
_PAIRS = 3
_FORKS = 10
_GOAL = 1.2
_FEW = 3
"""The number of hosts of the screen whose memory is the base."""
_MEMORY_GOAL = 1.25
_READ_SECONDS = 300.0
_FILTER = "/host1www2"


def rows(options: Options) -> Iterator[Row]:
    """Yield the row for listing all hosts' pairs, compared with ``true`` on all hosts (Ansible's local connection)."""
    what = f"csrtui fleet list, {_HOSTS} hosts with {_PAIRS} pairs each, {_FORKS} at a time"
    ansible = Path(sys.executable).with_name("ansible")
    if not ansible.exists():
        yield Row(what, None, note="ansible-core is not installed")
        return
    inventory = _inventory(options, _HOSTS)
    own = (*CSRTUI, "--store", str(options.folder("here")), "fleet", "list", "--inventory", str(inventory))
    beside = (str(ansible), "all", "-i", str(inventory), "-m", "command", "-a", "true", f"--forks={_FORKS}")
    base, figure = side_by_side([beside, (*own, f"--forks={_FORKS}")], options)
    yield Row(what, figure, against="ansible -m command -a true", base=base, goal=_GOAL)
    few, many = (_peak(_listed(options, hosts), hosts, options) for hosts in (_FEW, _HOSTS))
    yield Row(
        f"peak memory of the screen, {_HOSTS} hosts",
        Spread.of([many]),
        "MB",
        against=f"{_FEW} hosts",
        base=Spread.of([few]),
        goal=_MEMORY_GOAL,
    )


def _peak(inventory: Path, hosts: int, options: Options) -> float:
    """Return the peak memory of the screen in MB while it reads all hosts, is filtered, and shows every host."""
    store = options.folder(f"screen{hosts}")
    command = (*CSRTUI, "--store", str(store), "fleet", "--inventory", str(inventory), f"--forks={_FORKS}")
    with Terminal(command, environment(options)) as terminal:
        terminal.first_picture()
        end = time.perf_counter() + _READ_SECONDS
        while "as of" not in terminal.text:
            terminal.settle()
            if time.perf_counter() > end:
                raise NothingDrawnError(terminal.text[-400:])
        for key in (*_FILTER, "\x1b", "\x1b", "s", "h", "\x1b"):
            terminal.settled(key)
        return terminal.peak_memory()


def _inventory(options: Options, hosts: int) -> Path:
    """Write an inventory of hosts, each with a keystore of the same pairs, and return its path."""
    first = options.folder("stores") / "host0"
    for number in range(_PAIRS):
        seconds((*CSRTUI, "--store", str(first), "new", f"www{number}.example-shop.com"), options)
    for number in range(1, hosts):
        shutil.copytree(first, first.with_name(f"host{number}"))
    return _listed(options, hosts)


def _listed(options: Options, hosts: int) -> Path:
    """Write an inventory of the first hosts, and return its path."""
    lines = []
    for number in range(hosts):
        store = options.folder("stores") / f"host{number}"
        lines.append(
            f"host{number} ansible_connection=local ansible_python_interpreter={sys.executable} "
            f"csrtui_executable={CSRTUI[0]} csrtui_store={store}"
        )
    path = options.scratch / f"hosts{hosts}.ini"
    path.write_text("\n".join(lines) + "\n")
    return path
