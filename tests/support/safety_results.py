"""The results of the safety sweeps, as rows that are collected on request.

A row is a line of JSON in the file that the environment names. ``python tests/safety/run.py`` makes a table of
these rows. Without the variable, nothing is written.
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
    """A test of a promise.

    Attributes:
        promise: The promise, a short sentence.
        tried: The test.
        how_often: The number of runs.
        failed: The number of failures.
    """

    promise: str
    tried: str
    how_often: int
    failed: int


@dataclass(slots=True)
class Tally:
    """The count of a running sweep."""

    how_often: int = 0

    def add(self, times: int = 1) -> None:
        """Count successful tests."""
        self.how_often += times


def record(promise: str, tried: str, how_often: int, failed: int) -> None:
    """Append a row. Rows with the same promise and test are added up later.

    A row without a run proves nothing, so it is refused.
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
    """Count the tests of a sweep, and record them when the block ends. An error counts as one failed test."""
    tally = Tally()
    try:
        yield tally
    except Exception:
        record(promise, tried, tally.how_often + 1, 1)
        raise
    record(promise, tried, tally.how_often, 0)


def read_rows(text: str) -> list[Row]:
    """Return the rows of such a file in order. Rows with the same promise and test are added up."""
    found: dict[tuple[str, str], Row] = {}
    for line in text.splitlines():
        row = Row(**json.loads(line))
        before = found.get((row.promise, row.tried), Row(row.promise, row.tried, 0, 0))
        found[row.promise, row.tried] = Row(
            row.promise, row.tried, before.how_often + row.how_often, before.failed + row.failed
        )
    return list(found.values())


def every(number: int) -> int:
    """Return the step of a sweep: `number`, or 1 when the table of the documentation is made."""
    return 1 if os.environ.get(VARIABLE) else number
