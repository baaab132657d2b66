"""The screens ask before they create a keystore at a path that the user named."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from command import ROOT
from pty_session import PtySession
from screens_user import quick_screens, session_on

from csrtui.tui.app import CsrtuiApp
from csrtui.tui.modals.questions import CreateStoreModal

if TYPE_CHECKING:
    from pathlib import Path

QUESTION, RIGHT, ENTER, ESCAPE = "Create a keystore?", "\x1b[C", "\r", "\x1b"


def screens(*options: str, **env: str | None) -> PtySession:
    around = {"PYTHONPATH": str(ROOT), "CSRTUI_STORE": None, "CSRTUI_CONFIG": "/nonexistent/config", **env}
    return PtySession([sys.executable, "-m", "csrtui", *options], env=around)


def test_a_missing_named_store_is_created_after_a_confirmation_and_text_typed_before_it_is_kept(
    tmp_path: Path,
) -> None:
    store = tmp_path / "not" / "there"
    with screens("--store", str(store)) as session:
        session.wait_for(QUESTION)
        session.send("quick.example.cox\x7fm" + ENTER)
        session.wait_for("quick.example.com")
        assert not store.exists()
        session.send(RIGHT * 2 + ENTER)
        session.wait_for("created the keystore")
        assert store.stat().st_mode & 0o777 == 0o700
        session.wait_for("CN=quick.example.com")


async def test_the_question_appears_when_the_first_key_can_be_handled(tmp_path: Path) -> None:
    app = CsrtuiApp(session_on(tmp_path / "there"), ask_to_create=True)
    with quick_screens():
        async with app.run_test():
            await app.wait_until_ready()
            assert isinstance(app.screen, CreateStoreModal)
            assert app.main.keystore.is_attached


@pytest.mark.parametrize(
    ("named", "answer"), [("--store", ENTER), ("CSRTUI_STORE", "abc" + ESCAPE), ("--store", "\x1bOP\x11")]
)
def test_otherwise_nothing_is_created_and_the_exit_status_is_3(
    tmp_path: Path, named: str, answer: str
) -> None:
    store = tmp_path / "there"
    with screens(named, str(store)) if named == "--store" else screens(**{named: str(store)}) as session:
        session.wait_for(QUESTION)
        session.send(answer)
        assert session.wait_exit() == 3
        assert f"csrtui: error: there is no keystore at {store}" in session.after_screens
        assert session.terminal_is_whole
    assert not store.exists()


def test_a_store_that_cannot_be_created_ends_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with screens("--store", str(tmp_path / "open" / "store")) as session:
        session.wait_for(QUESTION)
        session.send(RIGHT + ENTER)
        assert session.wait_exit() == 3
        assert "csrtui: error: others can write to" in session.after_screens
    assert not any((tmp_path / "open").iterdir())


def test_the_default_store_is_not_asked_about(tmp_path: Path) -> None:
    with screens(HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path / "data")) as session:
        session.wait_for("Common name")
        session.send("a.example.com")
        session.wait_for("CN=a.example.com")
        assert QUESTION not in session.text
