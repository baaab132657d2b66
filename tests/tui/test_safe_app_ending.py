"""However the app ends, stops or loses its terminal, the input is saved and the terminal is restored."""

from __future__ import annotations

import signal
import sys
import termios
import time
from pathlib import Path

import pytest
from pty_session import PtySession

from csrtui.tui.patches.driver import _MAX_START_SECONDS

ROOT = Path(__file__).parents[2]
APP = ROOT / "tests" / "support" / "failing_app.py"


def start(where: str = "nowhere", *, answering: bool = False, **env: str | None) -> PtySession:
    argv = [sys.executable, str(APP), "safe", where]
    return PtySession(argv, env={"PYTHONPATH": str(ROOT), **env}, answering=answering)


@pytest.mark.parametrize("answering", [False, True])
def test_an_ordinary_exit_restores_the_terminal(answering: bool) -> None:
    with start(answering=answering) as session:
        session.wait_for("ready")
        session.send("\x1b[17~")
        assert session.wait_exit() == 0
        assert session.terminal_is_whole
        assert session.after_screens == ""


def test_a_message_at_the_end_is_escaped() -> None:
    with start("message") as session:
        session.wait_for("ready")
        session.send("\x1b[17~")
        assert session.wait_exit() == 0
        assert session.after_screens == "bye\\x1b[31m\r\n"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_the_state_and_ends_quietly(number: signal.Signals, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    with start(STATE_FILE=str(saved)) as session:
        session.wait_for("ready")
        session.kill(number)
        assert session.wait_exit() == 128 + number
        assert session.terminal_is_whole
        assert session.after_screens == ""
    assert saved.read_text() == "saved\n"


def test_a_key_that_waits_for_the_start_does_not_prevent_the_end() -> None:
    with start("incomplete") as session:
        session.wait_for("ready")
        session.send("x")
        session.quiet(0.2)
        began = time.monotonic()
        session.kill(signal.SIGTERM)
        assert session.wait_exit() == 128 + signal.SIGTERM
        assert time.monotonic() - began < _MAX_START_SECONDS - 1
        assert session.terminal_is_whole


def test_a_state_that_cannot_be_saved_does_not_prevent_the_end() -> None:
    with start("save") as session:
        session.wait_for("ready")
        session.kill(signal.SIGTERM)
        assert session.wait_exit() == 128 + signal.SIGTERM
        assert session.terminal_is_whole


@pytest.mark.parametrize("hup", ["default", "ignored"])
def test_a_lost_terminal_ends_the_app(hup: str, tmp_path: Path) -> None:
    # If SIGHUP is ignored, as under nohup, only the end of file on stdin shows the loss.
    saved = tmp_path / "saved"
    argv = [sys.executable, str(APP), "safe", "nowhere"]
    if hup == "ignored":
        argv = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *argv]
    with PtySession(argv, env={"PYTHONPATH": str(ROOT), "STATE_FILE": str(saved)}) as session:
        session.wait_for("ready")
        session.hang_up()
        assert session.wait_exit() == 128 + signal.SIGHUP
    assert saved.read_text() == "saved\n"


def test_a_failure_on_a_lost_terminal_is_not_a_second_failure() -> None:
    with start("key") as session:
        session.wait_for("ready")
        session.send("\x1b[15~")
        session.hang_up()
        assert session.wait_exit() in {3, 128 + signal.SIGHUP}


def test_a_stopped_app_leaves_the_terminal_and_takes_it_over_again() -> None:
    with start() as session:
        session.wait_for("ready")
        raw_attributes = session.attributes
        session.send("abc")
        session.wait_for("abc")
        session.kill(signal.SIGTSTP)
        session.wait_stopped()
        assert session.terminal_is_whole
        session.raw.clear()
        session.kill(signal.SIGCONT)
        session.wait_for("abc")
        session.wait_for("ready")
        assert session.attributes == raw_attributes
        session.send("\x1b[17~")
        assert session.wait_exit() == 0
        assert session.terminal_is_whole


def test_sigcont_without_a_stop_leaves_the_terminal_intact() -> None:
    # After SIGSTOP, which cannot be caught, the terminal is still in raw mode when SIGCONT comes.
    with start() as session:
        session.wait_for("ready")
        session.kill(signal.SIGSTOP)
        session.wait_stopped()
        session.kill(signal.SIGCONT)
        session.wait_until(lambda: session.raw.count(b"\x1b[2J") == 2, "the screen to be drawn again")
        session.send("x\x1b[17~")
        assert session.wait_exit() == 0
        assert session.attributes == session.attributes_before
        assert not session.modes_left_set


def test_bytes_that_are_not_utf8_do_not_end_the_app() -> None:
    with start() as session:
        session.wait_for("ready")
        session.send(b"\xe9\xff")
        session.send("still here")
        session.wait_for("still here")


def test_the_size_is_that_of_the_terminal_even_if_stdout_is_a_file(tmp_path: Path) -> None:
    argv = ["sh", "-c", f'exec "$@" >{tmp_path / "out"}', "sh", sys.executable, str(APP), "safe", "nowhere"]
    with PtySession(argv, env={"PYTHONPATH": str(ROOT)}, columns=50, rows=9) as session:
        session.wait_for("ready")
        assert b"\x1b[10H" not in session.raw
        session.send("a" * 60)
        session.wait_until(lambda: session.text.startswith("a" * 49), "a field as wide as the terminal")


def test_a_resize_draws_everything_anew() -> None:
    with start() as session:
        session.wait_for("ready")
        session.raw.clear()
        session.resize(60, 12)
        session.wait_for("ready")
        assert b"\x1b[2J" in session.raw


def test_a_terminal_that_returns_to_its_old_size_is_drawn_again() -> None:
    """In the meantime, the terminal may have cut off its contents."""
    with start() as session:
        session.wait_for("ready")
        session.quiet(0.1)
        session.raw.clear()
        session.kill(signal.SIGWINCH)
        session.wait_for("ready")
        assert b"\x1b[2J" in session.raw


@pytest.mark.parametrize(
    ("at", "other"), [((80, 24), None), ((60, 12), (60, 12))], ids=["while starting", "later"]
)
def test_the_last_size_is_used_even_if_it_arrives_during_a_query(
    at: tuple[int, int], other: tuple[int, int] | None
) -> None:
    with start("resized-{}-{}".format(*at)) as session:
        session.wait_until(lambda: b"ready" in session.raw, "the screen")
        if other:
            session.resize(*other)
        session.columns, session.rows = 100, 30
        session.send("a" * 120)
        session.wait_until(
            lambda: session.text.startswith("a" * 99 + "\n"), "a field as wide as the terminal"
        )


def test_an_idle_app_writes_nothing() -> None:
    with start() as session:
        session.wait_for("ready")
        session.quiet()
        assert session.quiet(0.8) == b""


@pytest.mark.slow
def test_work_that_does_not_end_in_time_does_not_block_the_terminal(tmp_path: Path) -> None:
    with start("stuck", STATE_FILE=str(tmp_path / "saved")) as session:
        session.wait_for("ready")
        session.send("\x1b[15~")
        session.quiet(0.2)
        session.kill(signal.SIGTERM)
        assert session.wait_exit() == 128 + signal.SIGTERM
        assert session.terminal_is_whole
    assert (tmp_path / "saved").read_text() == "saved\n"


@pytest.mark.slow
@pytest.mark.parametrize("keys", [0, 200], ids=["writer stuck", "event loop stuck"])
def test_a_blocked_terminal_does_not_prevent_the_end(keys: int, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    with start(STATE_FILE=str(saved)) as session:
        session.wait_for("ready")
        termios.tcflow(session.slave, termios.TCOOFF)
        for _ in range(keys):  # each is a write; when Textual's queue of thirty is full, its loop waits
            session.send("x")
            session.quiet(0.005)
        session.kill(signal.SIGTERM)
        assert session.wait_exit() == 128 + signal.SIGTERM
        assert session.attributes == session.attributes_before
    assert saved.read_text() == "saved\n"
