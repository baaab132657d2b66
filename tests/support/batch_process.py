"""A process that makes pairs from a CSV file, so that a test can kill it or make it fail."""

from __future__ import annotations

import concurrent.futures
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SCRIPT = os.path.abspath(__file__)
ROOT = Path(SCRIPT).parents[2]


def command(store: Path, file: Path, *options: str) -> list[str]:
    """Return the command. With ``--in-turn``, flushes come one after the other, so that they can be counted."""
    return [sys.executable, "-I", "-B", SCRIPT, str(store), str(file), *options]


class InTurn:
    """A replacement for a pool that runs everything immediately in this thread."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, function: Callable[[Any], Any], several: Iterable[Any]) -> list[Any]:
        return [function(one) for one in several]


def main(store: str, file: str, *options: str) -> int:
    """Run the command with groups of two pairs."""
    sys.path[:0] = [str(ROOT), os.path.dirname(SCRIPT)]
    from store_process import mark

    from csrtui.cli.main import run
    from csrtui.tasks import new_many

    new_many.GROUP = 2
    if "--in-turn" in options:
        concurrent.futures.ThreadPoolExecutor = InTurn  # type: ignore[misc, assignment]
    mark()
    return run(["--store", store, "new", "--from", file], open_screens=lambda *_: 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
