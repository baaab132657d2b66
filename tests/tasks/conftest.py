"""A session on an empty store whose clock stands still, and a folder for backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from requests_made import NOW, key_of

from csrtui.store.keystore import Keystore
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Keys are made once for each type; nothing here depends on their being fresh."""
    made = Session(Keystore(str(tmp_path / "store")), clock=lambda: NOW, generate_key=key_of)
    made.user = "joe"
    return made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give the folder that backups go to."""
    path = tmp_path / "usb"
    path.mkdir()
    return path
