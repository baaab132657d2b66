"""Commands that are shown: whatever a value is, it stays one word of the shell."""

from __future__ import annotations

import subprocess

import pytest

from csrtui.core.shell import command, quote

VALUES = [
    "plain",
    "",
    "a b",
    "it's",
    "$(id)",
    "`id`",
    "; rm -rf ~",
    "-x",
    "é",
    "\x1b[2J",
    "a\nb",
    "\u202e",
    "\\",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_one_word_for_bash(value: str) -> None:
    script = f"printf %s {quote(value)}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode() == value
    assert quote(value).isprintable()


def test_operators_stay_as_they_are() -> None:
    assert command("ls", "a b", "&&", "ls", ";", "x;y") == "ls 'a b' && ls ; ls 'x;y'".replace("; ls", ";")
