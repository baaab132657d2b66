"""The rows of the result, formatted as a Markdown table or as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from measure import Spread


class Verdict(StrEnum):
    """The result of comparing a figure with its goal."""

    MET = "met"
    MISSED = "MISSED"
    NO_GOAL = ""
    NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement.

    Attributes:
        what: The name of the measurement.
        figure: The result, or None if it could not be measured; `note` gives the reason.
        unit: The unit of the figure and of its base: ``ms``, ``bytes``, …
        against: The command that it is compared with.
        base: The result of that command, in the same unit.
        goal: The maximum of the ratio of the medians or, without a base, of the figure's median.
        note: A remark.
    """

    what: str
    figure: Spread | None
    unit: str = "ms"
    against: str = ""
    base: Spread | None = None
    goal: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The median as a multiple of the base's median."""
        if self.figure is None or self.base is None:
            return None
        return self.figure.median / self.base.median

    @property
    def verdict(self) -> Verdict:
        """Whether the goal is met."""
        if self.figure is None:
            return Verdict.NOT_MEASURED
        if self.goal is None:
            return Verdict.NO_GOAL
        reached = self.figure.median if self.ratio is None else self.ratio
        return Verdict.MET if reached <= self.goal else Verdict.MISSED

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        spreads = {
            name: None if spread is None else [spread.median, spread.least, spread.most]
            for name, spread in (("figure", self.figure), ("base", self.base))
        }
        return {
            "what": self.what,
            "unit": self.unit,
            "against": self.against,
            **spreads,
            "ratio": self.ratio,
            "goal": self.goal,
            "verdict": self.verdict.value,
            "note": self.note,
        }


def documentation_table(rows: Iterable[Row], about: str, before: str) -> str:
    """Return the text for the topic on benchmarks: first the figures with goals, then the others.

    Args:
        rows: The new measurements.
        about: The date, the machine and the number of runs.
        before: The previous text. Rows that were not measured again are kept.
    """
    goals = _lines(before.partition(_OTHERS)[0])
    others = _lines(before.partition(_OTHERS)[2])
    for row in rows:
        here, there = (others, goals) if row.goal is None else (goals, others)
        here[row.what] = line(row)
        there.pop(row.what, None)
    tables = [f"{head()}\n" + "\n".join(lines.values()) for lines in (goals, others)]
    return f"{about}\n\n{tables[0]}\n\n{_OTHERS}\n\n{tables[1]}\n"


_OTHERS = "## Results without a goal"


def _lines(text: str) -> dict[str, str]:
    """Return the lines of a table by their first column."""
    lines = [one for one in text.splitlines() if one.startswith("| ")][2:]
    return {one.split(" | ")[0].removeprefix("| "): one for one in lines}


_HEAD = ("what", "result (min–max)", "compared with", "its result (min–max)", "ratio", "goal", "")


def head() -> str:
    """Return the header lines of a table."""
    return _line(_HEAD) + "\n" + _line(["---"] * len(_HEAD))


def line(row: Row) -> str:
    """Return a row of the table."""
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    goal = "" if row.goal is None else f"≤ {row.goal:g}{f' {row.unit}' if row.base is None else ''}"
    cells = (row.what, _spread(row.figure, row.unit), row.against, _spread(row.base, row.unit), ratio, goal)
    return _line([*cells, " ".join(filter(None, (row.verdict.value, row.note)))])


def _spread(spread: Spread | None, unit: str) -> str:
    if spread is None:
        return ""
    return f"{_number(spread.median)} {unit} ({_number(spread.least)}–{_number(spread.most)})"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
