"""Benchmark: the time until csrtui's first picture, compared with the smallest Textual app."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import CSRTUI, Spread, environment
from table import Row
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from measure import Options

ONE_INPUT = (sys.executable, str(Path(__file__).with_name("one_input.py")))
"""The command that the screens are compared with."""


def rows(options: Options) -> Iterator[Row]:
    """Yield the rows for the first picture with an empty store."""
    own = (*CSRTUI, "--store", str(options.folder("store")))
    base, figure = first_pictures([ONE_INPUT, own], options)
    yield Row(
        "first picture, 80×24, empty store",
        figure,
        against="a Textual app with one Input",
        base=base,
        goal=1.25,
    )
    base, figure = first_pictures([ONE_INPUT, own], options, columns=120, rows=40)
    yield Row("first picture, 120×40", figure, against="a Textual app with one Input", base=base)


def first_pictures(
    commands: Sequence[Sequence[str]], options: Options, *, columns: int = 80, rows: int = 24
) -> list[Spread]:
    """Return the milliseconds until the first picture of each program. The runs alternate.

    The first run of each fills the disk's cache and is not counted.

    Raises:
        NothingDrawnError: A program draws nothing.
    """
    variables = environment(options)
    taken: list[list[float]] = [[] for _ in commands]
    for turn in range(options.runs + 1):
        for command, times in zip(commands, taken, strict=True):
            seconds = _first_picture(command, variables, columns, rows)
            if turn:
                times.append(1000 * seconds)
    return [Spread.of(times) for times in taken]


def _first_picture(command: Sequence[str], variables: Mapping[str, str], columns: int, rows: int) -> float:
    with Terminal(command, variables, columns=columns, rows=rows) as terminal:
        seconds = terminal.first_picture()
        terminal.settle()
        return seconds
