"""Doing the same with many pairs: side by side, stopped without loss, each with its answer, in their order."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

from csrtui.core.base.errors import CsrtuiError
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks.results import Result

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

    with ThreadPoolExecutor(max(min(workers, len(names)), 1)) as pool:
        pending = [pool.submit(one, name) for name in names]
        try:
            wait(pending)
        except KeyboardInterrupt:
            stopped.set()
    return [result for done in pending for result in done.result()]
