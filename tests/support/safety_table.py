"""The table of what the sweeps tried, and its place in the README."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from safety_results import Row

README = Path(__file__).resolve().parents[2] / "README.md"
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
    text = README.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"{README} has no place for the table: {BEGIN.strip()} … {END.strip()}")
    README.write_text(f"{before}{BEGIN}{shown}{END}{after}", encoding="utf-8")
