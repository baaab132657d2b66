"""The role: csrtui in its own virtual environment, from a folder of wheels, installed once and replaced as a whole."""

from __future__ import annotations

import sys
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from playbooks import Played, play

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.long]


def wheel(folder: Path, version: str) -> None:
    """Write a wheel that is called csrtui and prints its version, which is all that the role needs."""
    about = f"csrtui-{version}.dist-info"
    with zipfile.ZipFile(folder / f"csrtui-{version}-py3-none-any.whl", "w") as file:
        file.writestr("csrtui_stub.py", f"def main():\n    print('csrtui {version}')\n")
        file.writestr(
            f"{about}/METADATA",
            f"Metadata-Version: 2.1\nName: csrtui\nVersion: {version}\nProvides-Extra: age\n",
        )
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{about}/entry_points.txt", "[console_scripts]\ncsrtui = csrtui_stub:main\n")
        file.writestr(f"{about}/RECORD", "")


class Bare:
    """A bare host: this machine with its own folders.

    Args:
        folder: The folder for everything.
    """

    def __init__(self, folder: Path) -> None:
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        self.link = folder / "host" / "bin" / "csrtui"
        self.inventory = folder / "inventory.ini"
        self.inventory.write_text(
            f"bare ansible_connection=local ansible_python_interpreter={sys.executable}\n"
        )
        self._variables: dict[str, Any] = {
            "csrtui_wheels": str(self.wheels),
            "csrtui_python": sys.executable,
            "csrtui_folder": str(folder / "host" / "csrtui"),
            "csrtui_link": str(self.link),
        }

    def set_up(self, *options: str, **variables: Any) -> Played:
        """Run the role."""
        role = {"name": "set up", "ansible.builtin.import_role": {"name": "csrtui.csrtui.csrtui"}}
        return play(self.inventory, [role], *options, vars=self._variables | variables)


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    """Return a bare host."""
    return Bare(tmp_path)


def changes(played: Played) -> list[str]:
    assert played.status == 0, played.text
    return [line["task"] for line in played.results if line["result"].get("changed")]


def test_csrtui_is_installed_once_and_replaced_completely_by_another_version(bare: Bare) -> None:
    wheel(bare.wheels, "9.0.0")
    assert changes(bare.set_up("--check", csrtui_version="9.0.0"))
    assert not bare.link.parent.parent.exists()

    assert changes(bare.set_up(csrtui_version="9.0.0"))
    first = bare.link.resolve()
    assert first.parts[-3].startswith("9.0.0-py3.")
    assert changes(bare.set_up(csrtui_version="9.0.0")) == []

    failed = bare.set_up(csrtui_version="9.1.0")  # there is no such wheel
    assert failed.status != 0
    assert bare.link.resolve() == first

    wheel(bare.wheels, "9.1.0")
    assert changes(bare.set_up(csrtui_version="9.1.0"))
    assert bare.link.resolve().parts[-3].startswith("9.1.0-py3.")
    assert first.exists()


def test_a_folder_with_a_lock_file_is_installed_only_if_the_hashes_match(bare: Bare) -> None:
    wheel(bare.wheels, "9.0.0")
    (made,) = bare.wheels.glob("*.whl")
    lock = bare.wheels / "requirements.txt"
    lock.write_text(f"csrtui==9.0.0 --hash=sha256:{'0' * 64}\n")
    assert bare.set_up(csrtui_version="9.0.0").status != 0
    assert not bare.link.exists()
    lock.write_text(f"csrtui==9.0.0 --hash=sha256:{sha256(made.read_bytes()).hexdigest()}\n")
    assert changes(bare.set_up(csrtui_version="9.0.0"))
    assert bare.link.resolve().parts[-3].startswith("9.0.0-py3.")


@pytest.mark.parametrize("python", ["/nowhere/python3", "/bin/false"])
def test_a_host_with_a_wrong_python_is_reported(bare: Bare, python: str) -> None:
    played = bare.set_up(csrtui_python=python)
    assert played.status != 0
    assert "csrtui needs Python 3.11 or later" in played.text
    assert not bare.link.parent.parent.exists()
