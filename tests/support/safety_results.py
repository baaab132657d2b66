"""What the sweeps for the promises of safety tried, as rows that are collected when they are asked for.

A row is a line of JSON in the file that the environment names; ``python tests/safety/run.py`` makes the table of
them. Without that variable nothing is written.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "CSRTUI_SAFETY_RESULTS"
"""The environment variable that names the file."""


@dataclass(frozen=True, slots=True)
class Row:
    """What was tried for a promise.

    Attributes:
        promise: What must hold, a short sentence.
        tried: What was done to it.
        how_often: How many times it really happened.
        failed: How many times the promise did not hold.
    """

    promise: str
    tried: str
    how_often: int
    failed: int


@dataclass(slots=True)
class Tally:
    """Counts while a sweep runs."""

    how_often: int = 0

    def add(self, times: int = 1) -> None:
        """Count what has just been tried, and held."""
        self.how_often += times


def record(promise: str, tried: str, how_often: int, failed: int) -> None:
    """Append a row; those of one promise and one trial are added up later.

    Nothing tried proves nothing, so a row of none is refused.
    """
    assert how_often > 0
    if path := os.environ.get(VARIABLE):
        line = json.dumps(asdict(Row(promise, tried, how_often, failed)), ensure_ascii=False)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, f"{line}\n".encode())  # one write, since several processes append
        finally:
            os.close(descriptor)


@contextmanager
def counted(promise: str, tried: str) -> Iterator[Tally]:
    """Count what a sweep tries, and record it when the block ends; an error counts as one more that failed."""
    tally = Tally()
    try:
        yield tally
    except Exception:
        record(promise, tried, tally.how_often + 1, 1)
        raise
    record(promise, tried, tally.how_often, 0)


def read_rows(text: str) -> list[Row]:
    """Return the rows of such a file, those of one promise and one trial added up, in the order they came in."""
    found: dict[tuple[str, str], Row] = {}
    for line in text.splitlines():
        row = Row(**json.loads(line))
        before = found.get((row.promise, row.tried), Row(row.promise, row.tried, 0, 0))
        found[row.promise, row.tried] = Row(
            row.promise, row.tried, before.how_often + row.how_often, before.failed + row.failed
        )
    return list(found.values())


def every(number: int) -> int:
    """Of how many cases a sweep tries one: of so many, but each where the table for the README is made."""
    return 1 if os.environ.get(VARIABLE) else number
