"""Run the collection's modules in this process, as Ansible runs them on a host.

csrtui also runs in this process, because these tests start it a hundred times, unless a test needs a real process.
"""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from command import ROOT

from csrtui.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

COLLECTION = ROOT / "csrtui" / "fleet" / "ansible_collections" / "csrtui" / "csrtui"
MODULES = ("pair", "certificate", "facts")


class Modules:
    """Modules that run with the same options for csrtui each time.

    Args:
        folder: A folder for the files that make them importable.
        shared: Options for each module.
        capture: pytest's `capsys`.
        patch: pytest's `monkeypatch`.
    """

    def __init__(
        self,
        folder: Path,
        shared: Mapping[str, Any],
        capture: pytest.CaptureFixture[str],
        patch: pytest.MonkeyPatch,
    ) -> None:
        pytest.importorskip(
            "ansible.module_utils.testing",
            reason="ansible-core is missing, or older than 2.19, which has no module_utils.testing",
        )
        link = folder / "ansible_collections"
        link.symlink_to(COLLECTION.parents[1])
        patch.syspath_prepend(str(folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == "ansible_collections"]:
            patch.delitem(sys.modules, name)
        self._shared = dict(shared)
        self._capture = capture
        self._patch = patch
        self.in_process = True
        """Whether csrtui runs in this process."""

    def get(self, name: str) -> ModuleType:
        """Return a module."""
        return importlib.import_module(f"ansible_collections.csrtui.csrtui.plugins.modules.{name}")

    def __call__(self, name: str, /, *, check: bool = False, **options: Any) -> dict[str, Any]:
        """Run a module, in check mode or not, and return its result."""
        from ansible.module_utils.testing import patch_module_args

        self._settle()
        arguments = {**self._shared, **options, "_ansible_check_mode": check}
        self._capture.readouterr()
        with patch_module_args(arguments), pytest.raises(SystemExit):
            self.get(name).main()
        result: dict[str, Any] = json.loads(self._capture.readouterr().out)
        return result

    def _settle(self) -> None:
        """Clear the warnings of the previous module, and choose how csrtui is called."""
        warnings = importlib.import_module("ansible.module_utils.common.warnings")
        self._patch.setattr(warnings, "_global_warnings", {})
        command = importlib.import_module("ansible_collections.csrtui.csrtui.plugins.module_utils.command")
        self._patch.setattr(command, "subprocess", _InProcess() if self.in_process else subprocess)


class _InProcess:
    """A replacement for the module `subprocess` that calls csrtui in this process."""

    TimeoutExpired = subprocess.TimeoutExpired

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run csrtui as `subprocess.run` would."""
        assert options["start_new_session"]
        assert options["timeout"]
        streams = [io.TextIOWrapper(io.BytesIO(data), "utf-8") for data in (options["input"], b"", b"")]
        with pytest.MonkeyPatch.context() as patch:
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            status = run(command[1:], open_screens=lambda *_: 0)
        out, err = (_written(stream) for stream in streams[1:])
        return subprocess.CompletedProcess(command, status, out, err)


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue()
