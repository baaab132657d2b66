"""The table of the safety results, and its place in the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs_tables import write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safety_results import Row


def table(rows: Sequence[Row]) -> str:
    """Return the rows in Markdown, sorted by promise."""
    lines = ["| promise | test | how often | failed |", "| --- | --- | ---: | ---: |"]
    lines += [
        f"| {row.promise} | {row.tried} | {row.how_often:,} | {row.failed:,} |"
        for row in sorted(rows, key=lambda row: (row.promise, row.tried))
    ]
    return "\n".join(lines) + "\n"


def write(shown: str) -> None:
    """Write the table into the topic on safety."""
    write_table("safety", "safety", shown)
