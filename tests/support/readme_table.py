"""Tables that a command measures, and their places in the README: between two comments that name the command."""

from __future__ import annotations

import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def read_table(begin: str, end: str) -> str:
    """Return what stands between the markers; nothing where there are none."""
    return README.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0]


def write_table(begin: str, end: str, shown: str) -> None:
    """Put a table between its markers in the README.

    Args:
        begin: The line before it.
        end: The line after it.
        shown: The table.
    """
    text = README.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        sys.exit(f"{README} has no place for the table: {begin.strip()} … {end.strip()}")
    README.write_text(f"{before}{begin}{shown}{end}{after}", encoding="utf-8")
