"""Benchmark: stores of one to 100,000 pairs. The waiting time of a user must not grow with the number of pairs."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

from measure import CSRTUI, Spread, environment, p95, seconds, side_by_side
from new import X509
from start import first_pictures
from table import Row
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from measure import Options

_SIZES = (1, 10, 1_000, 10_000)
_FULL = (*_SIZES, 100_000)
_LONG = 1_000
_LISTED = 10_000
"""The size of the store with a goal for ``csrtui list``."""
_HOSTS = ("shop", "www", "mail", "api", "db", "vpn", "wiki")
_TYPED = "shop1 example"
_READ_SECONDS = 600.0
_SETTLED_SECONDS = 2.1
"""The time after which a pair's stamp is trusted. Until then, it is read at every check."""
_QUIET_SECONDS = 2.0
_F2, _HOME, _END = "\x1bOQ", "\x1b[H", "\x1b[F"
_SORTS = 8
_NEW = "zzz"
_ANOTHER = "new pair of another session → visible"
_MODES = {"key.pem": 0o600, "request.pem": 0o644, "pair.json": 0o600}


def rows(options: Options) -> Iterator[Row]:
    """Yield the rows for commands and screens, for every size of store."""
    empty = options.folder("empty")
    template = options.folder("template")
    seconds((*CSRTUI, "--store", str(template), "new", "template.example.com"), options)
    for size in _FULL if options.full else _SIZES:
        store = options.folder(f"store-{size}")
        _fill(store, template / "pairs" / "template.example.com", size)
        yield from _commands(store, size, options)
        yield from _screens(store, empty, size, options)


def _commands(store: Path, size: int, options: Options) -> Iterator[Row]:
    own = (*CSRTUI, "--store", str(store))
    beside = "Python that only imports x509"
    time.sleep(_SETTLED_SECONDS)
    seconds((*own, "list"), options)  # create the cache
    for arguments, goal in (
        (("list",), 2.2 if size == _LISTED else None),
        (("list", "--filter", _name(size - 1)), None),
        (("show", _name(size - 1)), None),
    ):
        base, figure = side_by_side([X509, (*own, *arguments)], options)
        shown = " ".join(arguments).replace(_name(size - 1), "PAIR")
        yield Row(f"csrtui {shown}, {size:,} pairs", figure, against=beside, base=base, goal=goal)
    turns = options.runs if size < _LISTED else 1
    taken = Spread.of(1000 * seconds((*own, "doctor"), options, status=1) for _ in range(turns))
    yield Row(f"csrtui doctor, {size:,} pairs", taken)


def _screens(store: Path, empty: Path, size: int, options: Options) -> Iterator[Row]:
    own, bare = ((*CSRTUI, "--store", str(path)) for path in (store, empty))
    base, figure = first_pictures([bare, own], options)
    against, is_goal = "an empty store", size == _FULL[-1]
    yield Row(
        f"first picture, {size:,} pairs", figure, against=against, base=base, goal=1.1 if is_goal else None
    )
    _, least = _typed(bare, options)
    times, most = _typed(own, options)
    yield Row(
        f"typed character in the filter → final rows, p95, {size:,} pairs",
        Spread(1000 * p95(times), 1000 * min(times), 1000 * max(times)),
        goal=100 if is_goal else None,
    )
    # A list that fits the screen has no other end to jump to.
    for what, times in _acts(own, options).items() if size >= _LONG else ():
        yield Row(f"{what}, {size:,} pairs", Spread.of(1000 * one for one in times))
    memory, base = Spread.of([most]), Spread.of([least])
    yield Row(
        f"peak memory, {size:,} pairs",
        memory,
        "MB",
        against=against,
        base=base,
        goal=3 if is_goal else None,
    )


def _typed(command: Sequence[str], options: Options) -> tuple[list[float], float]:
    """Return the seconds for each character typed into the filter and deleted again, and the peak memory in MB."""
    with Terminal(command, environment(options)) as terminal:
        terminal.first_picture()
        terminal.settle(_QUIET_SECONDS, _READ_SECONDS)
        terminal.send(_F2)
        terminal.settle()
        terminal.send("/")
        terminal.settle()
        times = [terminal.settled(key) for key in _TYPED + "\x7f" * len(_TYPED)]
        return times, terminal.peak_memory()


def _acts(command: Sequence[str], options: Options) -> dict[str, list[float]]:
    """Return the seconds until the rows are final, for each list action other than filtering."""
    with Terminal(command, environment(options)) as terminal:
        terminal.first_picture()
        terminal.settle(_QUIET_SECONDS, _READ_SECONDS)
        terminal.send(_F2)
        terminal.settle()
        sorts = [terminal.settled("s") for _ in range(_SORTS)]
        jumps = [terminal.settled(key) for _ in range(options.runs) for key in (_END, _HOME)]
        terminal.send("/" + _NEW)
        terminal.settle()
        seen = []
        for number in range(options.runs):
            host = 12 * chr(ord("a") + number)  # none of its letters is at that position before
            seconds((*command, "new", f"{host}.{_NEW}.example.com"), options)
            seen.append(terminal.seen(host))
            terminal.settle(_QUIET_SECONDS, _READ_SECONDS)
        return {"sorting by another column": sorts, "a jump to the other end": jumps, _ANOTHER: seen}


def _name(number: int) -> str:
    return f"{_HOSTS[number % len(_HOSTS)]}{number}.example.com"


def _fill(store: Path, template: Path, size: int) -> None:
    """Write pairs with the key and CSR of a single pair. Only their records differ."""
    contents = {file: (template / file).read_bytes() for file in _MODES}
    record = json.loads(contents["pair.json"])
    (store / "pairs").mkdir(0o700)
    for number in range(size):
        name = _name(number)
        record["names"] = [name, f"alt{number}.example.org"]
        record["subject"] = f"CN={name},O=Example Ltd {number % 100},C=GB"
        record["key"]["spki_sha256"] = f"{number * 2654435761 % 2**256:064x}"
        record["created"] = f"2026-{number % 10 + 1:02}-{number % 28 + 1:02}T09:00:00Z"
        record["submitted"] = record["created"] if number % 3 else None
        folder = store / "pairs" / name
        folder.mkdir(0o700)
        for file, mode in _MODES.items():
            data = json.dumps(record).encode() if file == "pair.json" else contents[file]
            descriptor = os.open(folder / file, os.O_WRONLY | os.O_CREAT, mode)
            try:
                os.fchmod(descriptor, mode)
                os.write(descriptor, data)
            finally:
                os.close(descriptor)
