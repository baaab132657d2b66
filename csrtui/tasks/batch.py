"""Run a task for several pairs or files in parallel, with one result each, in input order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from csrtui.core.base.errors import CsrtuiError
from csrtui.store.disk_errors import NotConfirmedError


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one pair or file.

    Attributes:
        ok: Whether it is as it should be.
        text: What happened, a sentence; text from outside in it is visible.
        pair: The pair's name, or None where there is none.
        file: The file's path, or None where there is none.
        confirm: What ``csrtui verify --confirm`` takes on the machine that made the backup, or None.
        spki_sha256: The SPKI fingerprint of the key in a backup file, 64 hex digits, or None where none was read.
        names: The names in the CSR of that backup, visible.
    """

    ok: bool
    text: str
    pair: str | None = None
    file: str | None = None
    confirm: str | None = None
    spki_sha256: str | None = None
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The result as commands print it."""
        document: dict[str, object] = {
            "ok": self.ok,
            "pair": self.pair,
            "file": self.file,
            "text": self.text,
        }
        if self.confirm is not None:
            document["confirm"] = self.confirm
        if self.spki_sha256 is not None:
            document |= {"spki_sha256": self.spki_sha256, "names": list(self.names)}
        return document


def all_ok(results: Sequence[Result]) -> bool:
    """Whether every one is as it should be."""
    return all(result.ok for result in results)


WORKERS = 8
"""How many pairs are worked on at once: more than there are cores, because each waits for the disk in between, and
the file system answers those that wait together with one write of its journal."""

Report = Callable[[Result], None]
"""Told of each pair as it is done, with the worst that was found; from any thread."""


def each_of(
    names: Sequence[str],
    work: Callable[[str], list[Result]],
    *,
    undone: str,
    report: Report,
    stop: Event | None = None,
    workers: int = WORKERS,
) -> list[Result]:
    """Do something with several pairs; return what came of each, in their order.

    One that fails with an error of csrtui's holds up no other. An interrupt (Ctrl+C) stops like `stop`.

    Args:
        names: The pairs.
        work: What to do with one; gives one result at least.
        undone: What is said of one that failed, or was not begun: ``not backed up``.
        report: Told of each.
        stop: Once set, no further pair is begun; those under way are finished.
        workers: How many at once.
    """
    stopped = stop or Event()

    def one(name: str) -> list[Result]:
        if stopped.is_set():
            return [Result(ok=False, pair=name, text=f"{undone}: stopped before")]
        try:
            found = work(name)
        except CsrtuiError as error:
            done = isinstance(error, NotConfirmedError)
            found = [Result(ok=False, pair=name, text=error.what if done else f"{undone}: {error.what}")]
        report(next((result for result in found if not result.ok), found[0]))
        return found

    from concurrent.futures import (
        ThreadPoolExecutor,
        wait,
    )  # imports logging, which commands for one pair do without

    with ThreadPoolExecutor(max(min(workers, len(names)), 1)) as pool:
        pending = [pool.submit(one, name) for name in names]
        try:
            wait(pending)
        except KeyboardInterrupt:
            stopped.set()
    return [result for done in pending for result in done.result()]
