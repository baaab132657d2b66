"""csrtui on an empty store of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from command import Csrtui, Ran
from fake_ansible import FakeAnsible

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def csrtui(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Csrtui:
    """Runs commands within this process."""
    return Csrtui(tmp_path / "store", capsys, monkeypatch)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAnsible:
    """Give a program in the place of ansible-playbook."""
    folder = tmp_path / "ansible"
    folder.mkdir()
    return FakeAnsible(folder, monkeypatch)


@pytest.fixture
def fleet(csrtui: Csrtui, fake: FakeAnsible) -> Any:
    """Run a command of ``csrtui fleet`` on its inventory."""

    def run(command: str, *arguments: str) -> Ran:
        return csrtui("fleet", command, "--inventory", str(fake.inventory), *arguments)

    return run
