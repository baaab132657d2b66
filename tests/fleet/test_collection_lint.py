"""ansible-lint accepts the collection, its role and the documented playbooks with its strictest profile."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from ansible_modules import COLLECTION
from docs_fleet import books
from playbooks import environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_collection_role_and_documented_plays_pass_the_production_profile(tmp_path: Path) -> None:
    program = shutil.which("ansible-lint")
    if program is None:
        pytest.skip("skipped because ansible-lint is not installed")
    shutil.copytree(COLLECTION, tmp_path / "collection", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "books").mkdir()
    for name, book in books().items():
        (tmp_path / "books" / name).write_text(book)
    for folder in ("collection", "books"):
        done = subprocess.run(
            [program, "--offline", "--nocolor", "--profile", "production", "."],
            cwd=tmp_path / folder, env=environment(tmp_path), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
