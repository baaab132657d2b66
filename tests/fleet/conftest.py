"""The collection's modules on a keystore of the test's own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from ansible_modules import Modules

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Give the csrtui command of this tree."""
    path = tmp_path / "csrtui"
    path.write_text(f"#!{sys.executable}\nimport sys\nfrom csrtui.__main__ import main\nsys.exit(main())\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give the path of a keystore that is not there yet."""
    return tmp_path / "store"


@pytest.fixture
def modules(
    tmp_path: Path,
    program: Path,
    store: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Modules:
    """Run the collection's modules."""
    return Modules(tmp_path, {"executable": str(program), "store": str(store)}, capsys, monkeypatch)
