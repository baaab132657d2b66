"""Pairs counted, in a line."""

from __future__ import annotations

import pytest

from csrtui.core.pair_query import Retired
from csrtui.tasks.tally import Tally


@pytest.mark.parametrize(
    ("tally", "shown", "hidden"),
    [
        (Tally(), "no pairs", "no pairs"),
        (Tally(1), "1 pair", "1 pair"),
        (
            Tally(15, 2, 1, 3),
            "15 pairs · 2 not backed up · 1 due",
            "12 pairs · 2 not backed up · 1 due · 3 retired hidden",
        ),
        (Tally(3, 0, 0, 3), "3 pairs", "0 pairs · 3 retired hidden"),
    ],
)
def test_the_line_says_how_many_are_hidden(tally: Tally, shown: str, hidden: str) -> None:
    assert str(tally) == tally.line(Retired.SHOWN) == shown
    assert tally.line(Retired.HIDDEN) == hidden
