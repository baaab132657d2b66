"""The tables of the documentation are up to date."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import docs_tables
import pytest
from docs_tables import read_table, write_table
from write_docs import TABLES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(
    find_spec("csrtui.fleet") is None, reason="the tables include the commands for many hosts"
)
@pytest.mark.parametrize("topic", TABLES)
def test_a_table_is_up_to_date(topic: str) -> None:
    name, make_table = TABLES[topic]
    assert read_table(topic, name) == make_table(), "run: python tests/support/write_docs.py"


@pytest.fixture
def topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(docs_tables, "DOCS", tmp_path)
    path = tmp_path / "topic.md"
    path.write_text("before\n<!-- a: made by x.py -->\nold\n<!-- end of a -->\nafter\n")
    return path


def test_only_the_table_is_replaced(topic: Path) -> None:
    write_table("topic", "a", "new\n")
    assert topic.read_text() == "before\n<!-- a: made by x.py -->\nnew\n<!-- end of a -->\nafter\n"
    assert read_table("topic", "a") == "new\n"


def test_without_a_place_for_the_table_the_file_does_not_change(topic: Path) -> None:
    with pytest.raises(SystemExit, match="no place"):
        write_table("topic", "b", "new\n")
    assert "old" in topic.read_text()


def test_the_documentation_has_a_table_of_benchmarks() -> None:
    assert "| what | result" in read_table("benchmarks", "bench")
