"""Run csrtui as a command: in this process if possible, otherwise as a separate process."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from csrtui.cli.main import run
from csrtui.core.keys import pkcs8

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
"""Seconds, far more than any command takes."""


@dataclass(frozen=True)
class Ran:
    """The end of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output, which must be one JSON document."""
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        """The output, which must be a JSON document per line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> str:
        """The message of the error, without the words before the colon."""
        (line,) = (line for line in self.err.splitlines() if line.startswith("csrtui: error: "))
        return line.removeprefix("csrtui: error: ")

    @property
    def hint(self) -> str | None:
        """The text of the hint."""
        hints = [line for line in self.err.splitlines() if line.startswith("hint: ")]
        assert len(hints) <= 1
        return hints[0].removeprefix("hint: ") if hints else None


class Csrtui:
    """csrtui with the store of one test, run in this process.

    Args:
        store: The store's folder, which need not exist.
        capture: pytest's `capsys`.
        patch: pytest's `monkeypatch`.
    """

    def __init__(self, store: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.store = store
        self.screens: list[str] = []
        self._capture = capture
        self._patch = patch
        patch.setenv("CSRTUI_STORE", str(store))

    def make_store(self) -> None:
        """Make an empty store."""
        self.store.mkdir(mode=0o700)

    def __call__(self, *arguments: str, stdin: bytes | None = b"") -> Ran:
        """Run csrtui with `arguments`. `stdin` is its input; with None, the input is closed."""
        source = None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
        self._patch.setattr(sys, "stdin", source)
        self._capture.readouterr()
        status = run(arguments, open_screens=self._open_screens)
        out, err = self._capture.readouterr()
        return Ran(status, out, err)

    def pair(self, name: str) -> Path:
        """Return the folder of a pair."""
        return self.store / "pairs" / name

    @property
    def pairs(self) -> list[str]:
        """Return the names of the entries of ``pairs/``, hidden or not."""
        folder = self.store / "pairs"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def _open_screens(self, store: str, mouse: bool) -> int:
        self.screens.append(f"{store} with mouse" if mouse else store)
        return 0


QUICK = """
import sys
from csrtui.core.keys import pkcs8
pkcs8.ITERATIONS = 10
from csrtui.__main__ import main
sys.argv[0] = "csrtui"
sys.exit(main())
"""
"""The program of a real process with few PBKDF2 rounds, for ``python -c``."""


def argv(*arguments: str) -> list[str]:
    """Return the command line of a separate process."""
    return [sys.executable, "-m", "csrtui", *arguments]


def environment(store: Path | None, **more: str) -> dict[str, str]:
    """Return the environment of a separate process: of csrtui's variables, only the store."""
    left_out = ("CSRTUI", "PYTHONUNBUFFERED", "PYTHONIOENCODING")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | ({"CSRTUI_STORE": str(store)} if store else {}) | more


def run_here(
    *arguments: str, store: Path | None, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> Ran:
    """Run csrtui within this process, with few PBKDF2 rounds: where what a new process adds is not tested."""
    given, out, err = (io.TextIOWrapper(io.BytesIO(data), encoding="utf-8") for data in (stdin, b"", b""))
    with (
        patch.dict(os.environ, environment(store, **(env or {})), clear=True),
        patch.object(pkcs8, "ITERATIONS", 10),
        patch.object(sys, "stdin", given),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        status = run(arguments, open_screens=_open_no_screens)
        out.seek(0)
        err.seek(0)
        return Ran(status, out.read(), err.read())


def _open_no_screens(_store: str, _mouse: bool) -> int:
    raise AssertionError("a test with another way of running csrtui opens its screens")


def run_process(
    *arguments: str,
    store: Path | None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    new_session: bool = False,
    quick: bool = False,
) -> Ran:
    """Run csrtui as a separate process, without a terminal if it has a new session, and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-c", QUICK, *arguments] if quick else argv(*arguments),
        input=stdin,
        capture_output=True,
        env=environment(store) | dict(env or {}),
        cwd=ROOT,
        timeout=DEADLINE,
        check=False,
        start_new_session=new_session,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_shell(script: str, *arguments: str, store: Path) -> Ran:
    """Run a shell script, in which ``"$@"`` is csrtui with `arguments`."""
    done = subprocess.run(
        ["bash", "-c", script, "bash", *argv(*arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(store),
        cwd=ROOT,
        timeout=DEADLINE,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
