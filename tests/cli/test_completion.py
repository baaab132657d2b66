"""``csrtui completion``: real shells complete commands, options, values and pair names with the printed scripts."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from command import ROOT, environment
from pty_session import PtySession
from write_completions import scripts

from csrtui.store.package_data import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.fixture
def folder(csrtui: Csrtui, tmp_path: Path) -> Path:
    """Return a folder with the script of every shell, the command itself, and a keystore with one pair."""
    assert csrtui("new", "www.mydomain.com").status == 0
    for shell in SHELLS:
        (tmp_path / ("_csrtui" if shell == "zsh" else shell)).write_text(csrtui("completion", shell).out)
    program = tmp_path / "csrtui"
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\nPYTHONPATH={ROOT} exec {sys.executable} -m csrtui "$@"\n'
    )
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_up_to_date(csrtui: Csrtui, shell: str) -> None:
    assert csrtui("completion", shell).out == scripts()[shell], (
        "run: python tests/support/write_completions.py"
    )


LINES = [
    (("exp",), "export"),
    (("list", "--fil"), "--filter"),
    (("new", "--key", "ec-p5"), "ec-p521"),
    (("show", "www"), "www.mydomain.com"),
    (("verify", "www"), "www.mydomain.com"),
    (("new", "--key-file", "/etc/pass"), "/etc/passwd"),
    (("help", "config"), "configuration"),
]


@needs("bash")
@pytest.mark.parametrize(("words", "expected"), LINES)
def test_bash_completes(csrtui: Csrtui, folder: Path, words: tuple[str, ...], expected: str) -> None:
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _shtab_csrtui; printf "%s\\n" "${COMPREPLY[@]}"'
    env = environment(csrtui.store, PATH=f"{folder}:/usr/bin:/bin")
    done = subprocess.run(
        ["bash", "-c", script, "bash", str(folder / "bash"), "csrtui", *words],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert expected in done.stdout.split(), done.stderr


@needs("fish")
@pytest.mark.parametrize(("words", "expected"), LINES)
def test_fish_completes(csrtui: Csrtui, folder: Path, words: tuple[str, ...], expected: str) -> None:
    env = environment(csrtui.store, PATH=f"{folder}:/usr/bin:/bin", HOME=str(folder))
    script = f"source {folder}/fish; complete -C 'csrtui {' '.join(words)}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert expected in [line.partition("\t")[0] for line in done.stdout.splitlines()], done.stderr


@needs("zsh")
def test_zsh_completes(csrtui: Csrtui, folder: Path) -> None:
    env = environment(csrtui.store, PATH=f"{folder}:/usr/bin:/bin", HOME=str(folder), TERM="xterm", PS1="$ ")
    with PtySession(["zsh", "-f", "-i"], env=env) as terminal:
        # Reading the completions of all other programs takes seconds.
        terminal.send(
            f"fpath=({folder} ${{(M)fpath:#*(Completion|Base|Zsh|Unix)}}); autoload -Uz compinit; compinit -u -D; echo re''ady\r"
        )
        terminal.wait_for("ready")
        for words, expected in LINES:
            terminal.send(f"csrtui {' '.join(words)}\t")
            terminal.wait_for(f"csrtui {' '.join((*words[:-1], expected))}")
            terminal.send("\x15")
    calls = (folder / "calls").read_text()
    assert calls == "--quiet list --retired --csv\n" * 2, "show and verify list the pairs"
