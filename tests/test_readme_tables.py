"""Tables that commands measure are put into the README where it has a place for them, and nothing else is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import readme_table
from readme_table import README, read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

BENCH = "<!-- bench: made by tests/bench/run.py -->\n"


@pytest.fixture
def readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "README.md"
    monkeypatch.setattr(readme_table, "README", path)
    path.write_text("before\n<a>\nold\n<b>\nafter\n")
    return path


def test_what_stands_between_the_markers_is_replaced(readme: Path) -> None:
    write_table("<a>\n", "<b>\n", "new\n")
    assert readme.read_text() == "before\n<a>\nnew\n<b>\nafter\n"


@pytest.mark.parametrize(("begin", "end"), [("<c>\n", "<b>\n"), ("<a>\n", "<c>\n"), ("<b>\n", "<a>\n")])
def test_without_a_place_nothing_is_written(readme: Path, begin: str, end: str) -> None:
    with pytest.raises(SystemExit, match="no place"):
        write_table(begin, end, "new\n")
    assert "old" in readme.read_text()


def test_the_readme_has_a_place_for_the_measured_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert BENCH in text
    assert "<!-- end of bench -->\n" in text.partition(BENCH)[2]


def test_what_stands_there_is_read(readme: Path) -> None:
    assert read_table("<a>\n", "<b>\n") == "old\n"
    assert readme.exists()
