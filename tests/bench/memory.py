"""Benchmark: the memory of a batch, which must not grow with the number of rows."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from many import batch
from measure import ROOT, Spread, environment
from table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from measure import Options

_FEW, _MANY, _MOST = 1000, 10_000, 100_000
# The peak of a process is at least that of its parent, so the parent is small.
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def rows(options: Options) -> Iterator[Row]:
    """Yield the row for the peak with many rows, compared with few rows."""
    most = _MOST if options.full else _MANY
    few, many = (
        Spread.of([_peak(batch(options, count, f"memory-{count}"), options)]) for count in (_FEW, most)
    )
    yield Row(f"peak memory of {most:,} rows", many, "kB", f"{_FEW:,} rows", few, goal=1.25, note="once")


def _peak(command: list[str], options: Options) -> float:
    """Return the peak memory of a command in kB (getrusage)."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, *command],
        cwd=ROOT,
        env=environment(options),
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(done.stdout)
