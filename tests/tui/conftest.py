"""A program in the place of Ansible, and a session, for the screen over many hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_ansible import FakeAnsible
from screens_user import session_on

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.tasks.session import Session


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAnsible:
    """Give a program in the place of ansible-playbook."""
    folder = tmp_path / "ansible"
    folder.mkdir()
    return FakeAnsible(folder, monkeypatch)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Give a session on an empty store."""
    return session_on(tmp_path / "store")
