"""The draft: typed text is restored, however the program ended."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from pty_session import PtySession
from screens_user import at_screens, session_on

from csrtui.core.base.errors import StoreError
from csrtui.core.base.finding import FieldName
from csrtui.store.keystore import Keystore
from csrtui.tasks import draft as drafting
from csrtui.tasks.draft import Draft, dump_draft

ROOT = Path(__file__).parents[2]


def start(store: Path, columns: int = 80, rows: int = 24, **env: str | None) -> PtySession:
    if not store.exists():
        store.mkdir(mode=0o700)
    argv = [sys.executable, "-m", "csrtui", "--store", str(store)]
    home = {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(store.parent / "config"), **env}
    return PtySession(argv, env=home, columns=columns, rows=rows)


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
def test_a_signal_saves_typed_text_for_the_next_start(tmp_path: Path, number: signal.Signals) -> None:
    store = tmp_path / "store"
    with start(store) as session:
        session.wait_for("Common name")
        session.send("www.example.com\r\rExample Söhne")
        session.wait_for("Example Söhne")
        session.kill(number)
        assert session.wait_exit() == 128 + number
        assert session.terminal_is_whole
        assert session.after_screens == ""
    with start(store) as session:
        session.wait_for("www.example.com")
        session.wait_for("Example Söhne")
        session.wait_for("CN=www.example.com")


def test_a_dropped_connection_saves_typed_text(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with start(store) as session:
        session.wait_for("Common name")
        session.send("www.example.com")
        session.wait_for("CN=www.example.com")
        session.hang_up()
        assert session.wait_exit() == 128 + signal.SIGHUP
    assert drafting.newest_draft(session_on(store)).common_name == "www.example.com"


def test_quitting_saves_typed_text_and_an_empty_form_is_left_at_once(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with start(store) as session:
        session.wait_for("Common name")
        session.send("www.example.com\x11")
        session.wait_for("Quit csrtui?")
        session.send("\t\r")
        assert session.wait_exit() == 0
        assert session.terminal_is_whole
    assert drafting.newest_draft(session_on(store)).common_name == "www.example.com"
    with start(tmp_path / "another") as session:
        session.wait_for("Common name")
        session.send("\x11")
        assert session.wait_exit() == 0
    assert not any((tmp_path / "another").glob(".draft*")), "nothing typed, nothing written"


def test_a_command_key_after_text_does_not_overtake_it(tmp_path: Path) -> None:
    with start(tmp_path / "store") as session:
        session.wait_for("Common name")
        session.send("www.example.com\x11")
        session.wait_for("Quit csrtui?")
        session.send("\x1b[D\r")  # select the other answer
        assert session.wait_exit() == 0
    assert drafting.newest_draft(session_on(tmp_path / "store")).common_name == "www.example.com"


def test_text_typed_while_the_screens_open_is_not_lost(tmp_path: Path) -> None:
    with start(tmp_path / "store") as session:
        session.wait_until(lambda: b"\x1b[?1049h" in session.raw, "the screens to open")
        session.send("www.example.com\r\rExample Ltd")
        session.wait_for("CN=www.example.com,O=Example Ltd")


def test_enter_typed_before_the_terminal_was_raw_moves_on_like_any_enter(tmp_path: Path) -> None:
    with start(tmp_path / "store") as session:
        session.wait_for("Common name")
        session.send("www.example.com\n\nExample Ltd")  # the terminal makes Enter a line feed in cooked mode
        session.wait_for("CN=www.example.com,O=Example Ltd")


async def test_the_draft_is_kept_while_typing_pauses(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    async with at_screens(session) as user:
        await user.press(*"abc")
        await user.until(lambda: drafting.newest_draft(session).common_name == "abc", "the draft on disk")
        await user.press(*"def")
        await user.until(
            lambda: drafting.newest_draft(session).common_name == "abcdef", "the draft on disk again"
        )


async def test_a_form_that_was_not_touched_is_not_written(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    session.store.save_draft(dump_draft(Draft(common_name="a.example.com")))
    before = (tmp_path / "store" / ".draft.json").stat().st_ino
    async with at_screens(session) as user:
        assert user.draft.common_name == "a.example.com"
        await user.press("ctrl+q")
        assert "Quit" in user.question
        await user.press("tab", "enter")
    assert (tmp_path / "store" / ".draft.json").stat().st_ino == before


async def test_restored_text_cannot_be_undone(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    draft = Draft(common_name="a.example.com", organization="Example", ca="private", key="rsa-4096")
    session.store.save_draft(dump_draft(draft))
    async with at_screens(session) as user:
        assert user.draft == draft
        await user.press("ctrl+z", "ctrl+y")
        assert user.draft == draft
        assert "CN=a.example.com,O=Example" in user.preview


async def test_after_a_pair_the_draft_contains_only_the_organization(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    async with at_screens(session) as user:
        await user.fill(FieldName.ORGANIZATION, "Example Ltd")
        await user.fill(FieldName.COUNTRY, "GB")
        await user.fill(FieldName.LOCALITY, "London")
        await user.fill(FieldName.COMMON_NAME, "a.example.com")
        await user.generate()
        await user.until_pairs("a.example.com")
        await user.press("ctrl+q")
        assert user.app._exit
    kept = drafting.newest_draft(session)
    assert kept == Draft(organization="Example Ltd", country="GB", locality="London")
    assert b"PRIVATE" not in (tmp_path / "store" / ".draft.json").read_bytes()


@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b'{"common_name": 7, "ca": "x"}'])
async def test_a_damaged_draft_is_an_empty_form(tmp_path: Path, data: bytes) -> None:
    session = session_on(tmp_path / "store")
    session.store.save_draft(data)
    async with at_screens(session) as user:
        assert user.draft == Draft()
        await user.press(*"abc")
        assert user.draft.common_name == "abc"


class Full(Keystore):
    """A store on a full disk."""

    def save_draft(self, data: bytes, number: int = 1) -> None:
        del data, number
        raise StoreError("cannot keep the draft in /store: No space left on device", "make room")


async def test_an_unwritable_draft_is_reported_and_does_not_prevent_quitting(tmp_path: Path) -> None:
    async with at_screens(session_on(Full(str(tmp_path / "store")))) as user:
        await user.press(*"abc")
        await user.until(lambda: user.message.startswith("the form cannot be saved: "), "the reason")
        assert "No space left" in user.message
        assert user.draft.common_name == "abc"
        await user.press("ctrl+q", "tab", "enter")
        assert user.app._exit
        assert user.app.exit_status == 3
        user.app.save_state()  # as after a signal: no user can see a message


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write to every folder")
def test_a_store_without_write_access_can_be_left(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with start(tmp_path / "store") as session:
            session.wait_for("Common name")
            session.send("a\x11")
            session.wait_for("Quit csrtui?")
            session.send("\t\r")
            assert session.wait_exit() == 3
            assert "csrtui: error: " in session.after_screens
    finally:
        tmp_path.chmod(0o700)


def test_an_unusable_store_is_left_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    with start(tmp_path / "store") as session:
        session.wait_for("Common name")
        session.send("a\x11")
        session.wait_for("Quit csrtui?")
        session.send("\t\r")
        assert session.wait_exit() == 3
        assert session.terminal_is_whole
        assert "csrtui: error: cannot" in session.after_screens


async def test_two_sessions_at_once_both_keep_their_forms_and_the_next_ones_restore_both(
    tmp_path: Path,
) -> None:
    store = tmp_path / "store"
    async with at_screens(session_on(store)) as first, at_screens(session_on(store)) as second:
        await first.fill(FieldName.COMMON_NAME, "a.example.com")
        await second.fill(FieldName.COMMON_NAME, "b.example.com")
        for user in (first, second):
            await user.press("ctrl+q")
            assert "The form is saved" in " ".join(user.question.split())
            await user.press("tab", "enter")
            assert user.app._exit
    async with at_screens(session_on(store)) as user:
        assert user.draft.common_name == "b.example.com", "the newest"
        assert (
            user.message
            == "1 more saved form. To open another at the next start, generate or clear this one."
        )
        async with at_screens(session_on(store)) as other:
            assert other.draft.common_name == "a.example.com"
            assert other.message == ""
        await user.press("f7", "ctrl+q")  # done with this form
    async with at_screens(session_on(store)) as user:
        assert user.draft.common_name == "a.example.com"
        assert user.message == ""
