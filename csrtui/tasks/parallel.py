"""Run a task for several pairs or files in parallel, with one result each, in input order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from csrtui.core.base.errors import CsrtuiError
from csrtui.store.disk_errors import NotConfirmedError


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a task for one pair or file.

    Attributes:
        text: A sentence that describes the result. Untrusted text in it is escaped.
        confirm: The argument for ``csrtui verify --confirm`` on the machine that made the backup, or None.
        spki_sha256: The SPKI fingerprint of the key in a backup file, 64 hex digits, or None if none was read.
        names: The names in the CSR of a backup file, escaped.
    """

    ok: bool
    text: str
    pair: str | None = None
    file: str | None = None
    confirm: str | None = None
    spki_sha256: str | None = None
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the result in the form that commands print as JSON."""
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


MAX_WORKERS = 8
"""The number of pairs processed at once. It exceeds the number of cores because each pair waits for the disk, and the
file system serves all waiting pairs with one journal write."""

OnResult = Callable[[Result], None]


def run_for_each(
    pair_names: Sequence[str],
    task: Callable[[str], list[Result]],
    *,
    failure_label: str,
    on_result: OnResult,
    cancel: Event | None = None,
    max_workers: int = MAX_WORKERS,
) -> list[Result]:
    """Run `task` for each pair in parallel and return the results in input order.

    A `CsrtuiError` for one pair does not stop the others. Ctrl+C has the same effect as setting `cancel`.

    Args:
        pair_names: The names of the pairs, or the paths of files.
        task: Called with each name or path. It returns at least one result.
        failure_label: Prefix of the message for a pair that failed or was not started, e.g. ``not backed up``.
        on_result: Called in a worker thread, once per pair, with the pair's first failure or else its first result.
        cancel: Once set, no further pair is started. Running tasks are completed.
    """
    # This imports logging, which commands for a single pair do not need.
    from concurrent.futures import ThreadPoolExecutor, wait

    cancelled = cancel or Event()

    def run(name: str) -> list[Result]:
        if cancelled.is_set():
            return [Result(ok=False, pair=name, text=f"{failure_label}: stopped before")]
        try:
            results = task(name)
        except CsrtuiError as error:
            is_complete = isinstance(error, NotConfirmedError)
            text = error.message if is_complete else f"{failure_label}: {error.message}"
            results = [Result(ok=False, pair=name, text=text)]
        on_result(next((result for result in results if not result.ok), results[0]))
        return results

    with ThreadPoolExecutor(max(min(max_workers, len(pair_names)), 1)) as pool:
        futures = [pool.submit(run, name) for name in pair_names]
        try:
            wait(futures)
        except KeyboardInterrupt:
            cancelled.set()
    return [result for future in futures for result in future.result()]
