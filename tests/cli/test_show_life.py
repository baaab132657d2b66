"""``csrtui show`` draws a timeline as wide as the terminal, in ASCII if necessary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from command import Csrtui, run_process

if TYPE_CHECKING:
    import pytest


def test_the_timeline_is_between_the_next_step_and_the_subject(
    csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    csrtui("new", "a.com")
    lines = csrtui("show", "a.com").out.splitlines()
    at = next(at for at, line in enumerate(lines) if "▼" in line)
    assert lines[at - 2].split()[0] == "Next"
    assert len(lines[at]) == 60
    assert lines[at].startswith("●─▼·")
    assert lines[at + 1].startswith("│ └ today ")
    assert lines[at + 2] == "└ created today"
    assert lines[at + 3 : at + 5] == ["", "Subject     CN=a.com"]


def test_without_room_there_is_no_timeline(csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    csrtui("new", "a.com")
    assert "" not in csrtui("show", "a.com").out.splitlines()


def test_an_ascii_terminal_gets_ascii(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    env = {"PYTHONIOENCODING": "ascii", "COLUMNS": "40"}
    lines = run_process("show", "a.com", store=csrtui.store, env=env).out.splitlines()
    assert any(line.startswith("*-v..") and line.endswith(".>") for line in lines)
    assert "\\u" not in "".join(lines)
