"""Many new pairs at once: each whole or absent as ever, but the flushes to the disk shared.

The order is that of a single pair, step by step for all: every file and every folder is written; all of them are
flushed, side by side, so that the file system answers many with one write of its journal; only those whose
every flush succeeded get their names; and the caller flushes ``pairs/`` once. A pair counts as kept only then.
"""

import os
from collections.abc import Sequence
from contextlib import suppress

from csrtui.store.creation import NEW, Names, PairFiles, Unflushed, discard, give_name, write_unflushed

_SIDE_BY_SIDE = 8
"""How many flushes are under way at once."""


def keep_group(pairs_fd: int, pairs: Sequence[tuple[str, PairFiles]], names: Names) -> list[str | OSError]:
    """Write pairs and give them their names; return the name of each, or why nothing of it was kept.

    Args:
        pairs_fd: The folder of all pairs; the caller flushes it.
        pairs: The name that each should have, and its files.
        names: What the run knows of free names.
    """
    kept = _write_all(pairs_fd, [pair for _, pair in pairs])
    try:
        for at, ((base, _), folder) in enumerate(zip(pairs, kept, strict=True)):
            if isinstance(folder, str):
                kept[at] = _named(pairs_fd, folder, base, names)
    except BaseException:
        for folder in [one for one in kept if isinstance(one, str) and one.startswith(NEW)]:
            discard(pairs_fd, folder)  # the others have their names, and stay
        raise
    return kept


def _named(pairs_fd: int, hidden: str, base: str, names: Names) -> str | OSError:
    try:
        return give_name(pairs_fd, hidden, base, names)
    except OSError as error:
        discard(pairs_fd, hidden)
        return error


def _write_all(pairs_fd: int, pairs: Sequence[PairFiles]) -> list[str | OSError]:
    """Write all, then flush all; give the hidden folder of each that is on disk."""
    written: list[Unflushed | OSError] = []
    try:
        for pair in pairs:
            written.append(_written(pairs_fd, pair))  # noqa: PERF401 - those written before an error count
        refused = _flush([one for one in written if isinstance(one, Unflushed)])
    except BaseException:
        for one in [one for one in written if isinstance(one, Unflushed)]:
            with suppress(OSError):
                one.close()
            discard(pairs_fd, one.hidden)
        raise
    return [_closed(pairs_fd, one, refused) if isinstance(one, Unflushed) else one for one in written]


def _written(pairs_fd: int, pair: PairFiles) -> Unflushed | OSError:
    try:
        return write_unflushed(pairs_fd, pair)
    except OSError as error:
        return error


def _closed(pairs_fd: int, written: Unflushed, refused: dict[int, OSError]) -> str | OSError:
    error = next((refused[one] for one in written.descriptors if one in refused), None)
    try:
        written.close()
    except OSError as late:
        error = error or late
    if error is None:
        return written.hidden
    discard(pairs_fd, written.hidden)
    return error


def _flush(written: Sequence[Unflushed]) -> dict[int, OSError]:
    """Flush everything, each once; return what the disk refused, by descriptor."""
    descriptors = [one for pair in written for one in pair.descriptors]
    refused: dict[int, OSError] = {}

    def some(first: int) -> None:
        for descriptor in descriptors[first::_SIDE_BY_SIDE]:
            try:
                os.fsync(descriptor)
            except OSError as error:
                refused[descriptor] = error

    from concurrent.futures import ThreadPoolExecutor  # it imports logging, which one pair does without

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        list(pool.map(some, range(_SIDE_BY_SIDE)))
    return refused
