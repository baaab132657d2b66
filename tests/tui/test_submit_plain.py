"""The CSR as plain text in the terminal: at the left edge, and back to the screens after any key or event."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
from command import argv, environment, run_here, run_process
from pty_session import PtySession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAY_BACK = "Press Enter to return to csrtui."


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a store with the pair a.com."""
    store = tmp_path / "store"
    assert run_here("new", "a.com", store=store).status == 0
    return store


@pytest.fixture
def at_plain(made: Path) -> Iterator[PtySession]:
    """Return a session whose terminal shows the CSR as plain text."""
    env = environment(made) | {"TMUX": None, "STY": None}
    with PtySession(argv(), env=env) as session:
        session.wait_for("Common name")
        session.send("\x1bOQ")
        session.wait_for("a.com  ")
        session.send("u")
        session.wait_for("Continue without")
        session.send("o")
        session.wait_for("Show as plain text")
        session.send("v")
        session.wait_until(lambda: WAY_BACK in session.after_screens, "the plain view")
        yield session


def csr(store: Path) -> str:
    return (store / "pairs" / "a.com" / "request.pem").read_text()


def test_the_csr_is_at_the_left_edge_of_the_normal_screen(at_plain: PtySession, made: Path) -> None:
    text = at_plain.after_screens.replace("\r\n", "\n")
    assert f"\n{csr(made)}\n{WAY_BACK}\n" in text
    assert not at_plain.modes_left_set


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("\r", id="enter"),
        pytest.param("\x1b", id="esc"),
        pytest.param("\x03", id="ctrl+c", marks=pytest.mark.slow),
        pytest.param("q", id="q", marks=pytest.mark.slow),
        pytest.param("\x04", id="ctrl+d", marks=pytest.mark.slow),
    ],
)
def test_return_keys_lead_back_to_the_screens(at_plain: PtySession, made: Path, key: str) -> None:
    at_plain.send("xyz\x1b[A")  # no other key returns, and no key is echoed
    at_plain.send(key)
    at_plain.wait_for("shown as plain text")
    assert b"xyz" not in at_plain.raw
    at_plain.send("q")
    at_plain.wait_until(lambda: "Submit a.com" not in at_plain.text, "the keystore")
    at_plain.send("\x11")
    assert at_plain.wait_exit() == 0
    assert at_plain.terminal_is_whole
    history = json.loads((made / "pairs" / "a.com" / "pair.json").read_bytes())["history"]
    assert history[-1]["what"] == "CSR handed out: screen, although no backup is verified"


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
def test_a_signal_during_plain_text_restores_the_terminal(
    at_plain: PtySession, number: signal.Signals
) -> None:
    at_plain.kill(number)
    assert at_plain.wait_exit() == 128 + number
    assert at_plain.attributes == at_plain.attributes_before
    assert not at_plain.modes_left_set
    assert at_plain.after_screens.replace("\r\n", "\n").endswith(f"{WAY_BACK}\n")


def test_a_dropped_connection_during_plain_text_ends_the_app(at_plain: PtySession) -> None:
    at_plain.hang_up()
    assert at_plain.wait_exit() == 128 + signal.SIGHUP


def test_nothing_is_drawn_during_plain_text_even_if_the_store_changes(
    at_plain: PtySession, made: Path
) -> None:
    at_plain.quiet()
    assert run_process("new", "b.com", store=made).status == 0
    assert at_plain.quiet(1.5) == b""  # the keystore checks for changes every second
    at_plain.resize(100, 30)
    assert at_plain.quiet() == b""
    at_plain.send("\r")
    at_plain.wait_for("shown as plain text")
    at_plain.send("q")
    at_plain.wait_for("b.com  ")
