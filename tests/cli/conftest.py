"""Run csrtui with an empty store for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command import Csrtui

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def csrtui(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    few_rounds: None,  # noqa: ARG001 - tests with real processes use the real number
) -> Csrtui:
    """Return an object that runs commands in this process, with few PBKDF2 rounds."""
    return Csrtui(tmp_path / "store", capsys, monkeypatch)
