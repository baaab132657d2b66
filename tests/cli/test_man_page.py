"""The man page is up to date, describes every command, and passes mandoc and man without a fault."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from write_man import FILE, page

from csrtui import __version__
from csrtui.cli.parser import COMMANDS


def test_the_page_is_up_to_date() -> None:
    assert page() == FILE.read_text(encoding="ascii"), "run: python tests/support/write_man.py"


def test_the_page_and_the_installation_are_of_this_version_and_no_command_is_missing() -> None:
    text = page()
    assert f'"csrtui {__version__}"' in text, "the changelog begins with another version than the package has"
    install = (FILE.parent / "install.md").read_text(encoding="utf-8")
    assert set(re.findall(r"csrtui[-_](\d[\d.]*\d)", install)) == {__version__}
    assert {command.name for command in COMMANDS} <= set(re.findall(r"(?m)^\.SS (\S+)$", text))


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_mandoc_finds_no_fault() -> None:
    ran = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "style", str(FILE)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_shows_the_page_without_a_warning() -> None:
    ran = subprocess.run(["man", "--warnings", "-l", str(FILE)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Generate a private key and its CSR" in re.sub(r"\s+", " ", ran.stdout)
