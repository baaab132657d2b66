"""Benchmark: first picture and typing in other Textual programs, each in its own virtual environment."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from measure import Spread, p95
from start import ONE_INPUT, first_pictures
from table import Row
from terminal import NothingDrawnError
from typing_keys import typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from measure import Options

_PACKAGES = {
    "posting": (
        "posting",
        "tree-sitter<0.26",
    ),  # with 0.26.1 and its current grammars, it crashes at start
    "harlequin": ("harlequin",),
}
"""The packages of each program. At its start, a text field has the focus."""
_BESIDE = "a Textual app with one Input"


def rows(options: Options) -> Iterator[Row]:
    """Yield the rows for each program: its first picture, and the time until a key is visible. Only with ``--full``."""
    for program, packages in _PACKAGES.items() if options.full else ():
        try:
            command = [_installed(program, packages, options)]
        except (OSError, subprocess.CalledProcessError):
            yield Row(f"first picture of {program}", None, note=f"pip cannot install {program} here")
            continue
        try:
            yield from _measured(program, command, options)
        except NothingDrawnError:
            yield Row(f"first picture of {program}", None, note=f"{program} draws nothing here")


def _installed(program: str, packages: Sequence[str], options: Options) -> str:
    folder = options.folder(program)
    for step in (
        [sys.executable, "-m", "venv", str(folder)],
        [f"{folder}/bin/pip", "install", "-q", *packages],
    ):
        subprocess.run(step, check=True, capture_output=True)
    return f"{folder}/bin/{program}"


def _measured(program: str, command: Sequence[str], options: Options) -> Iterator[Row]:
    base, figure = first_pictures([ONE_INPUT, command], options)
    yield Row(f"first picture of {program}", figure, against=_BESIDE, base=base)
    runs = [(typed(ONE_INPUT, options), typed(command, options)) for _ in range(options.runs)]
    base, figure = (
        Spread.of(1000 * p95([answer.first for answer in run[side] if answer.first]) for run in runs)
        for side in (0, 1)
    )
    yield Row(f"key → first byte, {program}, p95", figure, against=_BESIDE, base=base)
    counts = [answer.count for _, answers in runs for answer in answers]
    yield Row(f"bytes per key, {program}", Spread.of(counts), "bytes")
