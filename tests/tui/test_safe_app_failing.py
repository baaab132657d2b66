"""Any failure at any place prints one line without values, and restores the terminal."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from failing_app import CANARY
from pty_session import PtySession

ROOT = Path(__file__).parents[2]
APP = ROOT / "tests" / "support" / "failing_app.py"
PLACES = [
    "compose",
    "mount",
    "widget-mount",
    "render",
    "timer",
    "worker",
    "thread-worker",
    "thread",
    "task",
    "css",
    "key",
]


def start(base: str, where: str, **env: str | None) -> PtySession:
    return PtySession([sys.executable, str(APP), base, where], env={"PYTHONPATH": str(ROOT), **env})


@pytest.mark.parametrize("where", PLACES)
def test_a_failure_reports_its_kind_and_nothing_else(where: str) -> None:
    with start("safe", where) as session:
        if where == "key":
            session.wait_for("ready")
            session.send("\x1b[15~")
        status = session.wait_exit()
        lines = session.after_screens.splitlines()
        assert status == 3
        assert re.fullmatch(r"csrtui: error: a bug: \w+ \([\w/.]+:\d+\)", lines[0]), lines
        assert re.fullmatch(r"hint: report it at https://\S+", lines[1])
        assert len(lines) == 2
        assert CANARY.encode() not in session.raw
        assert session.terminal_is_whole


def test_textuals_own_app_would_show_the_secret() -> None:
    with start("plain", "mount") as session:
        session.wait_exit()
        assert CANARY.encode() in session.raw
