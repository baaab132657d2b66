"""Benchmark: typing in the form: the time until a key is visible, and the number of bytes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from measure import CSRTUI, Spread, environment, p95, seconds
from start import ONE_INPUT
from table import Row
from terminal import NothingDrawnError, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from measure import Options
    from terminal import Answer

_NAME = "www.example-shop.com"
_SIZES = ((80, 24), (120, 40))
_TERMS = {"xterm-256color": "256 colours", "xterm-16color": "16 colours"}
_PAIRS = 12
_F2, _DOWN, _UP, _ESCAPE = "\x1bOQ", "\x1b[B", "\x1b[A", "\x1b"
_IDLE_SECONDS = 3.0
_READY_SECONDS = 1.5
_ONE_FRAME_SECONDS = 0.02
_RSA_4096 = "\x1b[C" * 5
"""Key type, from EC P-256 five steps to the right."""


def rows(options: Options) -> Iterator[Row]:
    """Yield the rows for the latency and bytes of keys, idle output, and keys during key generation."""
    own = (*CSRTUI, "--store", str(options.folder("store")))
    runs = [(typed(ONE_INPUT, options), typed(own, options)) for _ in range(options.runs)]
    for what, figure in (("p95", p95), ("median", lambda times: Spread.of(times).median)):
        base, taken = (
            Spread.of(1000 * figure([answer.first for answer in run[side] if answer.first]) for run in runs)
            for side in (0, 1)
        )
        yield Row(
            f"key → first byte, common name, {what}",
            taken,
            against="the same key in the app with one Input",
            base=base,
            goal=1.4 if what == "p95" else None,
        )
    yield from _bytes(options)
    seconds((*own, "new", _NAME), options)
    twelve = (*CSRTUI, "--store", str(options.folder("stepped")))
    for command, pairs in ((own, "one pair"), (twelve, f"{_PAIRS} pairs")):
        opened = Spread.of(_dialog_bytes(command, options) for _ in range(options.runs))
        yield Row(f"bytes to open and close Back up, 120×40, {pairs}", opened, "bytes", goal=1500)
    own = (*CSRTUI, "--store", str(options.folder("idle")))
    with Terminal(own, environment(options)) as terminal:
        terminal.first_picture()
        terminal.settle(_READY_SECONDS)
        yield Row("bytes while idle", Spread.of([terminal.idle(_IDLE_SECONDS)]), "bytes/s", goal=0)
    yield Row(
        "longest wait for a key's echo during RSA 4096 generation",
        Spread.of(_longest_gap(options, number) for number in range(options.runs)),
        goal=100,
    )


def typed(
    command: Sequence[str], options: Options, term: str = "xterm-256color", size: tuple[int, int] = (80, 24)
) -> list[Answer]:
    """Type a host name into the focused field, key by key, and return the responses."""
    variables = environment(options) | {"TERM": term}
    with Terminal(command, variables, columns=size[0], rows=size[1]) as terminal:
        terminal.first_picture()
        terminal.settle(_READY_SECONDS)
        return [terminal.press(key) for key in _NAME]


def _bytes(options: Options) -> Iterator[Row]:
    """Yield the rows for the bytes of a key in the form and of a step in the list, by screen size and colours."""
    for (columns, rows_), (term, colours) in itertools.product(_SIZES, _TERMS.items()):
        at = f"{columns}×{rows_}, {colours}"
        store = options.folder(f"typed-{columns}-{term}")
        answers = typed((*CSRTUI, "--store", str(store)), options, term, (columns, rows_))
        counts = [answer.count for answer in answers]
        yield Row(f"bytes per key with a new preview, {at}", Spread.of(counts), "bytes", goal=150)
        steps = [answer.count for answer in _stepped(options, term, (columns, rows_))]
        yield Row(f"bytes per step in the list of pairs, {at}", Spread.of(steps), "bytes", goal=200)


def _stepped(options: Options, term: str, size: tuple[int, int]) -> list[Answer]:
    """Move down and up the list of some pairs, and return the bytes of each step."""
    store = options.folder("stepped")
    own = (*CSRTUI, "--store", str(store))
    if not (store / "pairs").exists():
        for number in range(_PAIRS):
            seconds((*own, "new", f"www{number}.example-shop.com"), options)
    with Terminal(own, environment(options) | {"TERM": term}, columns=size[0], rows=size[1]) as terminal:
        terminal.first_picture()
        terminal.settle(_READY_SECONDS)
        terminal.send(_F2)
        terminal.settle(_READY_SECONDS)
        return [terminal.press(key) for key in [_DOWN] * (_PAIRS - 1) + [_UP] * (_PAIRS - 1)]


def _dialog_bytes(command: Sequence[str], options: Options) -> int:
    """Return the number of bytes of opening and closing the dialog *Back up* over the list."""
    with Terminal(command, environment(options), columns=120, rows=40) as terminal:
        terminal.first_picture()
        terminal.settle(_READY_SECONDS)
        terminal.send(_F2)
        terminal.settle(_READY_SECONDS)
        return sum(terminal.press(key, quiet=_READY_SECONDS / 2).count for key in ("b", _ESCAPE))


def _longest_gap(options: Options, number: int) -> float:
    """Return the longest wait for a key's echo in milliseconds, while keys are pressed until the pair exists."""
    store = options.folder(f"rsa-{number}")
    with Terminal((*CSRTUI, "--store", str(store)), environment(options)) as terminal:
        terminal.first_picture()
        terminal.settle(_READY_SECONDS)
        terminal.send(_NAME)
        terminal.settle()
        terminal.send("\t" * 8 + _RSA_4096 + "\t" * 2)
        terminal.settle()
        terminal.send("\x07")
        terminal.settle()
        terminal.send("\t\r")  # the answer to the question about the warnings
        waits, left = [0.0], True
        while not (made := store / "pairs" / _NAME / "pair.json").is_file():
            # Left and right drawn in one frame would show no change.
            answer = terminal.press("\x1b[D" if left else "\x1b[C", quiet=_ONE_FRAME_SECONDS)
            left = not left
            if made.is_file():  # this output belongs to that event, and not to the key
                break
            if answer.first is None:
                raise NothingDrawnError(f"no echo in {terminal.text[-400:]!r}")
            waits.append(answer.first)
        if "rsa-4096" not in made.read_text():
            raise NothingDrawnError("another key was made")
        return 1000 * max(waits)
