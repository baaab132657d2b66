"""What every measurement is made of: commands run side by side, and the spread of what they took."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parents[2]
CSRTUI = (str(Path(sys.executable).with_name("csrtui")),)
"""The command as it is installed beside the interpreter that measures."""

_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ")


@dataclass(frozen=True, slots=True)
class Options:
    """What a section measures with.

    Attributes:
        runs: How often each thing is measured; a figure is the median.
        scratch: An empty folder for stores and homes, deleted at the end.
        full: Whether what takes many minutes is measured too.
    """

    runs: int
    scratch: Path
    full: bool = False

    def folder(self, name: str) -> Path:
        """A folder of this name in the scratch folder, which nobody else can read: a store can be in it."""
        folder = self.scratch / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several runs, with the least and the most as the noise."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one value."""
        ordered = sorted(values)
        return cls(statistics.median(ordered), ordered[0], ordered[-1])


def p95(values: Iterable[float]) -> float:
    """The least value that 95 of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * 95 // 100) - 1]


def environment(options: Options) -> dict[str, str]:
    """What a measured program finds: no settings of whoever measures, a home of its own."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | {"HOME": str(options.folder("home")), "TERM": "xterm-256color"}


def seconds(command: Sequence[str], options: Options, *, status: int = 0) -> float:
    """How long a command takes, from before it is started until it has ended.

    Raises:
        RuntimeError: It did not end with `status`; its own words are in the message.
    """
    before = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(options),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    taken = time.perf_counter() - before
    if done.returncode != status:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
    return taken


def side_by_side(commands: Sequence[Sequence[str]], options: Options) -> list[Spread]:
    """How many milliseconds each command takes, the runs taken in turn so that all meet the same noise.

    A first run of each, which fills the disk's cache, is not counted.
    """
    for command in commands:
        seconds(command, options)
    rounds = [[1000 * seconds(command, options) for command in commands] for _ in range(options.runs)]
    return [Spread.of(column) for column in zip(*rounds, strict=True)]
