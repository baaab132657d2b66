"""The table of what the sweeps tried, and its place in the README."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readme_table import write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safety_results import Row

BEGIN = "<!-- safety: made by tests/safety/run.py -->\n"
END = "<!-- end of safety -->\n"


def table(rows: Sequence[Row]) -> str:
    """Return the rows in Markdown, by promise."""
    lines = ["| what must hold | what was tried | how often | failed |", "| --- | --- | ---: | ---: |"]
    lines += [
        f"| {row.promise} | {row.tried} | {row.how_often:,} | {row.failed:,} |"
        for row in sorted(rows, key=lambda row: (row.promise, row.tried))
    ]
    return "\n".join(lines) + "\n"


def write(shown: str) -> None:
    """Put the table between the markers in the README."""
    write_table(BEGIN, END, shown)
