"""Two screens on one store, each a process in its own terminal: each sees the other's changes and keeps them."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from command import ROOT
from pty_session import PtySession
from safety_results import counted

from csrtui.store.keystore import Keystore
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

F2, CTRL_G, TAB, ENTER = "\x1bOQ", "\x07", "\t", "\r"
ONE, TWO = "www.one.example.com", "www.two.example.com"
_SOON = 5.0
"""Seconds. Changes are detected twice a second; the rest is for a busy machine."""


def screens(tmp_path: Path) -> PtySession:
    (tmp_path / "store").mkdir(mode=0o700, exist_ok=True)
    argv = [sys.executable, "-m", "csrtui", "--store", str(tmp_path / "store")]
    return PtySession(argv, env={"CSRTUI_CONFIG": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)})


def make(session: PtySession, name: str) -> None:
    session.send(name)
    session.wait_for(name)
    session.send(CTRL_G)
    session.wait_for("open warning")
    session.send(TAB + ENTER)
    session.wait_for(f"made {name}")


@pytest.mark.safety
def test_each_screen_sees_the_others_pairs_and_undoes_no_change(tmp_path: Path) -> None:
    with counted(
        "Two screens never undo each other's work", "pairs made and retired in both screens"
    ) as tally:
        with screens(tmp_path) as first, screens(tmp_path) as second:
            for session in (first, second):
                session.wait_for("Common name")
            second.send(F2)
            second.wait_for("No pairs yet")
            make(first, ONE)
            began = time.monotonic()
            second.wait_for(ONE)
            assert time.monotonic() - began < _SOON
            tally.add()
            for session in (first, second):  # both ask whether to retire it
                session.send("t")
                session.wait_for(f"Retire {ONE}?")
            for session in (second, first):  # and both are told yes
                session.send(TAB)
                session.send(ENTER)
                session.wait_until(lambda: f"Retire {ONE}?" not in session.text, "the answer")  # noqa: B023 - called here
                tally.add()
            second.send("n")
            second.wait_for("Common name")
            make(second, TWO)
            first.wait_for(TWO)
            tally.add()
        opened = Session(Keystore(str(tmp_path / "store")))
        assert opened.store.names() == [ONE, TWO]
        events = [event.text for event in read_pair(opened, ONE)[0].record.history]
        assert events == ["created", "retired"], "the second answer finds it done"
        assert not read_pair(opened, TWO)[0].record.retired


@pytest.mark.safety
@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
def test_the_forms_of_two_ended_sessions_are_restored_at_the_next_starts(
    tmp_path: Path, number: signal.Signals
) -> None:
    with counted(
        "A session never overwrites the half-filled form of another one",
        f"two sessions ended by {number.name}",
    ) as tally:
        with screens(tmp_path) as first, screens(tmp_path) as second:
            sessions = ((first, ONE), (second, TWO))
            for session, name in sessions:
                session.wait_for("Common name")
                session.send(name)
                session.wait_for(f"CN={name}")
            store = Keystore(str(tmp_path / "store"))
            first.wait_until(lambda: len(store.drafts()) == len(sessions), "both drafts on the disk")
            for session, _ in sessions:
                session.kill(number)
                session.wait_exit()
        with screens(tmp_path) as first, screens(tmp_path) as second:
            first.wait_until(lambda: f"CN={ONE}" in first.text or f"CN={TWO}" in first.text, "a form")
            here, there = (ONE, TWO) if f"CN={ONE}" in first.text else (TWO, ONE)
            second.wait_for(f"CN={there}")
            assert f"CN={here}" not in second.text
            tally.add(len(sessions))
