"""The CSR on its way to the terminal's clipboard: directly, in tmux with its defaults, and in nested tmux."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
import subprocess
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest
from command import argv, environment, run_process
from pty_session import PtySession
from tables import table

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.certificates.csr import read_pem
from csrtui.tui import clipboard
from csrtui.tui.clipboard import PublicText

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OSC_52 = re.compile(rb"\x1b\]52;([a-z]*);([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")
TMUX = shutil.which("tmux")
needs_tmux = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with one pair, whose CSR is long enough for several lines and pieces."""
    path = tmp_path_factory.mktemp("clipboard") / "store"
    assert run_process("new", "a.com", "www.a.com", "--key", "rsa-2048", store=path).status == 0
    return path


def csr(store: Path) -> bytes:
    return (store / "pairs" / "a.com" / "request.pem").read_bytes()


def sent(raw: bytes | bytearray) -> list[bytes]:
    """Return the clipboard of a terminal that received this output."""
    return [b64decode(found[2], validate=True) for found in OSC_52.finditer(raw)]


def send_csr(session: PtySession) -> None:
    """Send a CSR to the clipboard like a user: keystore, submit, without a backup, clipboard."""
    session.wait_for("Common name")
    session.send("\x1bOQ")
    session.wait_for("a.com  ")
    session.send("u")
    session.wait_for("Continue without a verified backup")
    session.send("o")
    session.wait_for("Send to your terminal's clipboard")
    session.send("c")
    session.wait_for("sent to your terminal's clipboard")


def test_a_terminal_gets_osc_52_with_the_csr_once(store: Path) -> None:
    with PtySession(argv(), env=environment(store) | {"TMUX": None, "STY": None}) as session:
        send_csr(session)
        session.wait_until(lambda: sent(session.raw), "OSC 52")
        assert sent(session.raw) == [csr(store)]
        assert OSC_52.search(session.raw)[1] == b"c"  # type: ignore[index]


def test_gnu_screen_gets_the_csr_in_pieces_that_it_forwards(store: Path) -> None:
    with PtySession(argv(), env=environment(store) | {"STY": "1.x"}) as session:
        send_csr(session)
        session.wait_until(lambda: b"\x07\x1b\\" in session.raw, "the last piece")
        pieces = re.findall(rb"\x1bP(.*?)\x1b\\", session.raw, re.DOTALL)
        assert len(pieces) > 1
        assert max(map(len, pieces)) <= 250
        assert sent(b"".join(pieces)) == [csr(store)]


# tmux


class Tmux:
    """A tmux server for the test, with tmux's defaults.

    Args:
        folder: The folder for its socket.
        name: The server's name.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.command = [str(TMUX), "-L", name, "-f", "/dev/null"]

    def run(self, *arguments: str) -> bytes:
        """Run a tmux command and return its output, or an empty text if it fails, for example without a buffer."""
        env = environment(None, TMUX_TMPDIR=str(self._folder))
        done = subprocess.run([*self.command, *arguments], env=env, capture_output=True, check=False)
        return done.stdout

    def around(self, command: list[str], *first: str) -> list[str]:
        """Return the command that runs another command in a new session, after changing a setting."""
        return [*self.command, *first, "new-session", shlex.join(command)]


@pytest.fixture
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tmux, Tmux]]:
    """Yield an outer and an inner server, and end them after the test."""
    folder = tmp_path_factory.mktemp("t")
    both = Tmux(folder, "outer"), Tmux(folder, "inner")
    yield both
    for server in both:
        server.run("kill-server")


def at_tmux(store: Path, server: Tmux, command: list[str]) -> PtySession:
    env = environment(store) | {"TMUX": None, "STY": None, "TMUX_TMPDIR": str(server._folder)}
    return PtySession(command, env=env)


@needs_tmux
def test_in_tmux_with_its_defaults_buffer_and_terminal_get_the_csr(
    store: Path, servers: tuple[Tmux, Tmux]
) -> None:
    outer, _ = servers
    with at_tmux(store, outer, outer.around(argv())) as session:
        send_csr(session)
        session.wait_until(lambda: sent(session.raw), "tmux to pass it on")
        assert outer.run("show-buffer") == csr(store)
        assert sent(session.raw) == [csr(store)]


@needs_tmux
@pytest.mark.parametrize("set_clipboard", ["external", "on"])
def test_nested_tmux_gets_the_csr_and_the_outer_one_if_it_accepts_it(
    store: Path, servers: tuple[Tmux, Tmux], set_clipboard: str
) -> None:
    outer, inner = servers
    within = ["env", "-u", "TMUX", *inner.around(argv())]
    command = outer.around(within, "set-option", "-s", "set-clipboard", set_clipboard, ";")
    with at_tmux(store, outer, command) as session:
        send_csr(session)
        session.wait_until(lambda: inner.run("show-buffer"), "the buffer")
        assert inner.run("show-buffer") == csr(store)
        if set_clipboard == "on":
            session.wait_until(lambda: sent(session.raw), "the outer tmux to pass it on")
            assert sent(session.raw) == [csr(store)]
            assert outer.run("show-buffer") == csr(store)


# Refusals


class NoApp:
    """An app that fails if anything is sent."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was used")


def send(text: object, **environ: str) -> None:
    asyncio.run(clipboard.send(NoApp(), text, environ))  # type: ignore[arg-type]


@table("text", [Secret("x"), "a text", b"bytes", None])
def test_only_public_text_is_sent(text: object) -> None:
    with pytest.raises(TypeError):
        send(text)


def test_text_too_long_for_terminals_is_refused() -> None:
    with pytest.raises(InputError, match="exceed the limit"):
        send(PublicText("x" * (clipboard.LIMIT_BYTES + 1)))
    assert len(clipboard.osc52(b"x" * clipboard.LIMIT_BYTES)) <= 100_000


@needs_tmux
def test_a_tmux_that_has_ended_is_reported(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="tmux did not accept the text") as caught:
        send(PublicText("x"), TMUX=f"{tmp_path}/gone,1,0", PATH="/usr/bin:/bin")
    assert caught.value.hint


def test_only_a_program_at_an_absolute_path_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = tmp_path / "tmux"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusedError, match="tmux is not on the PATH"):
        send(PublicText("x"), TMUX="x,1,0", PATH=":.:")
    assert not (tmp_path / "sprung").exists()


def test_messages_of_tmux_are_escaped(tmp_path: Path) -> None:
    fake = tmp_path / "tmux"
    fake.write_text("#!/bin/sh\nprintf 'no \\033[2Jserver\\n' >&2\nexit 1\n")
    fake.chmod(0o755)
    with pytest.raises(RefusedError) as caught:
        send(PublicText("x"), TMUX="x,1,0", PATH=str(tmp_path))
    assert caught.value.message == "tmux did not accept the text: no \\x1b[2Jserver"


# Public texts


def test_the_public_text_of_a_csr_is_its_pem(store: Path) -> None:
    assert PublicText.from_csr(read_pem(csr(store))).text.encode() == csr(store)


def test_a_key_and_a_secret_are_not_public_text(store: Path) -> None:
    with pytest.raises(ValueError, match="private key"):
        PublicText((store / "pairs" / "a.com" / "key.pem").read_text())
    with pytest.raises(TypeError):
        PublicText(Secret("x"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="printable"):
        PublicText("\x1b]52;c;\a")
