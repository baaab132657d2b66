"""The results of the sweeps are counted correctly, and failures are included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docs_tables import read_table
from safety_results import VARIABLE, Row, counted, read_rows, record
from safety_table import table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "rows"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def test_rows_of_the_same_test_are_added_up(results: Path) -> None:
    record("nothing is lost", "kill -9", 3, 0)
    record("nothing is lost", "full disk", 1, 0)
    record("nothing is lost", "kill -9", 4, 1)
    assert read_rows(results.read_text()) == [
        Row("nothing is lost", "kill -9", 7, 1),
        Row("nothing is lost", "full disk", 1, 0),
    ]


def test_a_sweep_that_ends_in_an_error_counts_as_failed(results: Path) -> None:
    def broken() -> None:
        with counted("whole", "a fault") as tally:
            tally.add(2)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert read_rows(results.read_text()) == [Row("whole", "a fault", 3, 1)]


def test_a_sweep_without_tests_is_not_a_success(results: Path) -> None:
    with pytest.raises(AssertionError), counted("whole", "a fault"):
        pass
    assert not results.exists()


def test_nothing_is_written_unless_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    record("whole", "a fault", 1, 0)


def test_the_documentation_has_a_table_of_safety() -> None:
    assert read_table("safety", "safety").startswith("| promise |")


def test_the_table_is_sorted_by_promise() -> None:
    shown = table([Row("b", "x", 1200, 0), Row("a", "y", 1, 1)])
    assert shown.splitlines()[2:] == ["| a | y | 1 | 1 |", "| b | x | 1,200 | 0 |"]
