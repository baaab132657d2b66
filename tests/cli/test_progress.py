"""The progress line of work on many items."""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from csrtui.cli import progress
from csrtui.cli.progress import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Iterable


def drawn(
    monkeypatch: pytest.MonkeyPatch, total: int | None, steps: Iterable[tuple[float, str]]
) -> list[str]:
    """The lines that a terminal gets, one over the other, if items are done at these times in seconds."""
    clock, terminal = SimpleNamespace(now=0.0), io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressBar("pair", total) as bar:
        for clock.now, name in steps:
            bar.advance(name)
    return terminal.getvalue().removeprefix("\r").split("\r")


@pytest.mark.parametrize(
    ("total", "count", "seconds", "line"),
    [
        (4, 2, 2, "[==========          ] 2 of 4 pairs, 1/s, 2 s left p2"),
        (4, 1, 2, "[=====               ] 1 of 4 pairs, 30/min, 6 s left p1"),
        (100, 1, 60, "[                    ] 1 of 100 pairs, 1/min, 1.6 h left p1"),
        (10, 4, 80, "[========            ] 4 of 10 pairs, 3/min, 2 min left p4"),
        (4, 4, 59, "[====================] 4 of 4 pairs in 59 s p4"),
        (None, 3, 2, "3 pairs, 2/s p3"),
    ],
)
def test_the_line_has_the_count_the_rate_and_the_time_left(
    monkeypatch: pytest.MonkeyPatch, total: int | None, count: int, seconds: float, line: str
) -> None:
    steps = [(seconds * number / count, f"p{number}") for number in range(1, count + 1)]
    assert drawn(monkeypatch, total, steps)[-1].rstrip() == line


def test_the_line_is_redrawn_in_place_and_not_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(monkeypatch, None, [(0.5, "long.example.com"), (0.55, "left.out"), (0.625, "a.com")])
    assert lines == [
        "1 pair, 2/s long.example.com",
        "3 pairs, 5/s a.com          ",
        "3 pairs, 5/s a.com\n",
    ]
