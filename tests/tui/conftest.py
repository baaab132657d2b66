"""A session for the screens."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from screens_user import session_on

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.tasks.session import Session


WITH_FLEET = (
    "test_dialog_first_frames.py",
    "test_dialogs_under_others.py",
    "test_screen_commands.py",
    "test_screenshots.py",
)
"""Tests that also open the screens for many hosts, which a distribution can leave out."""
collect_ignore = [] if find_spec("csrtui.fleet") else list(WITH_FLEET)


@pytest.fixture(autouse=True)
def _no_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk: tests of the store see that everything is flushed."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Return a session on an empty store."""
    return session_on(tmp_path / "store")
