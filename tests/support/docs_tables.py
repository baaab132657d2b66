"""The tables in `csrtui/docs` that programs write. Each is between two comments that name the table and its program."""

from __future__ import annotations

import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "csrtui" / "docs"


def read_table(topic: str, name: str) -> str:
    """Return a table of a topic.

    Raises:
        SystemExit: The file has no place for the table.
    """
    return _split(topic, name)[1]


def replace_table(topic: str, name: str, table: str) -> str:
    """Return the text of a topic with another table. The errors are those of `read_table`."""
    before, _, after = _split(topic, name)
    return f"{before}{table}{after}"


def write_table(topic: str, name: str, table: str) -> None:
    """Write a table into the file of its topic. The errors are those of `read_table`."""
    text = replace_table(topic, name, table)
    (DOCS / f"{topic}.md").write_text(text, encoding="utf-8")


def _split(topic: str, name: str) -> tuple[str, str, str]:
    path = DOCS / f"{topic}.md"
    text = path.read_text(encoding="utf-8")
    place = re.search(rf"<!-- {name}: made by \S+ -->\n(.*?)<!-- end of {name} -->\n", text, re.DOTALL)
    if place is None:
        sys.exit(f"{path} has no place for the table {name}")
    return text[: place.start(1)], place[1], text[place.end(1) :]
