"""The base of all benchmarks: run commands side by side, and compute the spread of their times."""

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
"""The installed command beside this interpreter."""

_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a benchmark.

    Attributes:
        runs: The number of runs; a figure is the median.
        scratch: An empty folder for stores and homes, deleted at the end.
        full: Whether to measure the slow sections too.
    """

    runs: int
    scratch: Path
    full: bool = False

    def folder(self, name: str) -> Path:
        """Return a new folder in the scratch folder that other users cannot read, so it can contain a store."""
        folder = self.scratch / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several runs, with the minimum and maximum."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Return the spread of one or more values."""
        ordered = sorted(values)
        return cls(statistics.median(ordered), ordered[0], ordered[-1])


def p95(values: Iterable[float]) -> float:
    """Return the smallest value that 95% of the values do not exceed."""
    ordered = sorted(values)
    return ordered[-(-len(ordered) * 95 // 100) - 1]


def environment(options: Options) -> dict[str, str]:
    """Return the environment of a measured program: no settings of the user, and its own home."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return kept | {"HOME": str(options.folder("home")), "TERM": "xterm-256color"}


def seconds(command: Sequence[str], options: Options, *, status: int = 0) -> float:
    """Return the duration of a command in seconds, from before its start to its end.

    Raises:
        RuntimeError: The command did not end with `status`. The message contains its stderr.
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
    """Return the milliseconds of each run of each command. The runs alternate, so that all have the same noise.

    The first run of each fills the disk's cache and is not counted.
    """
    for command in commands:
        seconds(command, options)
    rounds = [[1000 * seconds(command, options) for command in commands] for _ in range(options.runs)]
    return [Spread.of(column) for column in zip(*rounds, strict=True)]
