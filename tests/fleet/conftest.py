"""Fixtures for the fleet: its commands with a fake Ansible, and the collection's modules with their own keystore."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from ansible_modules import Modules
from command import Csrtui, Ran
from fake_ansible import FakeAnsible
from screens_user import session_on

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.tasks.session import Session


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return the csrtui command of this tree."""
    path = tmp_path / "csrtui"
    path.write_text(f"#!{sys.executable}\nimport sys\nfrom csrtui.__main__ import main\nsys.exit(main())\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the path of a keystore that does not exist yet."""
    return tmp_path / "store"


@pytest.fixture
def modules(
    tmp_path: Path,
    program: Path,
    store: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Modules:
    """Return an object that runs the collection's modules."""
    return Modules(tmp_path, {"executable": str(program), "store": str(store)}, capsys, monkeypatch)


@pytest.fixture
def csrtui(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Csrtui:
    """Return an object that runs commands in this process."""
    return Csrtui(tmp_path / "store", capsys, monkeypatch)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAnsible:
    """Replace Ansible's programs with a fake, and return it."""
    folder = tmp_path / "ansible"
    folder.mkdir()
    return FakeAnsible(folder, monkeypatch)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Return a session on an empty store."""
    return session_on(tmp_path / "store")


@pytest.fixture
def fleet(csrtui: Csrtui, fake: FakeAnsible) -> Any:
    """Return a function that runs a command of ``csrtui fleet`` with the inventory of the fake Ansible."""

    def run(command: str, *arguments: str) -> Ran:
        return csrtui("fleet", command, "--inventory", str(fake.inventory), *arguments)

    return run
