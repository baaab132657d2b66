"""A session on an empty store with a fixed clock, and a folder for backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from requests_made import NOW, key_of

from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def session(tmp_path: Path, few_rounds: None) -> Session:  # noqa: ARG001 - deriving keys is tested elsewhere
    """Return the session. There is one key per type, because the tests do not need fresh keys."""
    made = Session(Keystore(str(tmp_path / "store")), clock=lambda: NOW, generate_key=key_of)
    made.user = "joe"
    return made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return the folder for backups."""
    path = tmp_path / "usb"
    path.mkdir()
    return path
