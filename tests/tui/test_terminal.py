"""The screens need a terminal, and none of Textual's variables reaches Textual."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from csrtui.core.base.errors import InputError
from csrtui.tui.terminal import hostname, refuse_without_terminal

ROOT = Path(__file__).parents[2]


def with_terminals(monkeypatch: pytest.MonkeyPatch, *descriptors: int) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor in descriptors)


@pytest.mark.parametrize(
    ("descriptors", "name"), [((1, 2), "standard input"), ((0, 1), "standard error"), ((), "standard input")]
)
def test_the_screens_need_a_terminal_for_input_and_output(
    monkeypatch: pytest.MonkeyPatch, descriptors: tuple[int, ...], name: str
) -> None:
    with_terminals(monkeypatch, *descriptors)
    with pytest.raises(InputError, match=name) as caught:
        refuse_without_terminal({"TERM": "xterm"})
    assert caught.value.exit_code == 2
    assert caught.value.hint is not None
    assert "csrtui new NAME" in caught.value.hint
    assert "csrtui --help" in caught.value.hint


@pytest.mark.parametrize("environ", [{}, {"TERM": ""}, {"TERM": "dumb"}, {"TERM": "unknown"}])
def test_a_terminal_without_cursor_addressing_is_refused(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    with_terminals(monkeypatch, 0, 1, 2)
    with pytest.raises(InputError, match="TERM"):
        refuse_without_terminal(environ)


def test_stdout_can_be_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    with_terminals(monkeypatch, 0, 2)
    refuse_without_terminal({"TERM": "screen-256color"})


def test_textuals_key_log_cannot_be_enabled(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = (
        "import csrtui.tui, os\n"
        "import textual.constants as constants\n"
        "assert constants.LOG_FILE is None and constants.DRIVER is None and not constants.PRESS\n"
        "assert not [name for name in os.environ if name.startswith('TEXTUAL')]\n"
        "import csrtui.tui.crash_safe_app, textual\n"
        "textual.log('passphrase')\n"
    )
    hostile = {"TEXTUAL_LOG": str(log), "TEXTUAL_DRIVER": "os:path", "TEXTUAL_PRESS": "a", "TEXTUAL": "debug"}
    environ = {**os.environ, **hostile, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environ)
    assert not log.exists()


def test_the_terminal_module_does_not_import_textual() -> None:
    program = "import csrtui.tui.terminal, sys; sys.exit('textual' in sys.modules or 'rich' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_the_host_name_is_one_visible_label() -> None:
    assert hostname().isprintable()
    assert "." not in hostname()
