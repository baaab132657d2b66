"""Displayed commands: every value stays one word for the shell."""

from __future__ import annotations

import subprocess

from tables import table

from csrtui.core.base.escaping import AND, Syntax, command, quote

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
    "\x1b[2J%s\\n'x",
    "-n\x1b",
    "-",
    "*",
    "\udcff\nü\u202e",
    "&&",
    'a\x1b!b$x`y`"',
]


def words_of(shell: str, words: str) -> bytes:
    """Return the words that a shell reads, each in angle brackets."""
    done = subprocess.run([shell, "-c", f"printf '<%s>' {words}"], capture_output=True, check=True)
    return done.stdout


@table("shell", ["sh", "bash"])
@table("value", VALUES)
def test_a_value_is_one_word_for_every_shell(shell: str, value: str) -> None:
    assert words_of(shell, quote(value)) == f"<{value}>".encode("utf-8", "surrogateescape")
    assert quote(value).isprintable()


def test_a_value_that_ends_with_a_line_break_is_one_word_for_bash() -> None:
    for value in ("a\n", "\n", "%s'-\x1b\n\n"):
        assert words_of("bash", quote(value)) == f"<{value}>".encode()
        assert quote(value).isprintable()


def test_only_syntax_is_for_the_shell_to_interpret() -> None:
    pattern = Syntax(f"{quote('a b')}/*")
    assert command("ls", "a b", AND, "ls", "&&", "x;y", pattern) == "ls 'a b' && ls '&&' 'x;y' 'a b'/*"
