"""A dialog finishes its work while another screen covers it, or while the user quits."""

from __future__ import annotations

import shutil
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from backup_dialogs import CHEAP_ROUNDS, PASSPHRASE, backed_up, session_with
from screens_user import at_screens

from csrtui.core.keys import pkcs8
from csrtui.fleet.host_states import HostPair
from csrtui.fleet.tui import dialogs
from csrtui.fleet.tui.dialogs import HostBackupModal
from csrtui.tasks.list import read_pair
from csrtui.tasks.parallel import Result
from csrtui.tasks.restore import restore_contents
from csrtui.tasks.submit import CsrForm, mark_submitted, write_csr
from csrtui.tui.flows import import_and_inspect
from csrtui.tui.groups import Group
from csrtui.tui.modals import restore, submit_forms
from csrtui.tui.modals.import_and_inspect import ImportModal
from csrtui.tui.modals.questions import NoticeModal
from csrtui.tui.modals.restore import RestoreModal
from csrtui.tui.modals.results import ImportResultModal
from csrtui.tui.modals.submit_forms import FileModal, MarkModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.text_pages import HelpScreen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from screens_user import User

    from csrtui.tasks.session import Session

ONE = "a.example.com"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_with(tmp_path / "store", ONE)


class Held:
    """A function that waits until it may continue.

    Args:
        real: The function that it then calls.
    """

    def __init__(self, real: Callable[..., Any]) -> None:
        self.real = real
        self.begun, self.go, self.over = Event(), Event(), Event()

    def __call__(self, *given: object, **named: object) -> object:
        self.begun.set()
        self.go.wait(10)
        try:
            return self.real(*given, **named)
        finally:
            self.over.set()


def at(user: User) -> list[type]:
    return [type(screen) for screen in user.app.screen_stack]


async def finished_under_help(user: User, held: Held, dialog: type) -> None:
    """Press F1 in a dialog during its work, let the work end, and go back to the dialog."""
    await user.until(held.begun.is_set, "the work")
    await user.press("f1")
    assert at(user)[-2:] == [dialog, HelpScreen]
    held.go.set()
    await user.until(held.over.is_set, "its end")
    for _ in range(20):
        await user.settle()
    assert at(user)[-2:] == [dialog, HelpScreen], "the help stays until it is closed"
    await user.press("escape")


async def test_a_restore_ends_under_the_help(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = backed_up(session, ONE, tmp_path / "usb").path
    shutil.rmtree(tmp_path / "store" / "pairs" / ONE)
    held = Held(restore_contents)
    monkeypatch.setattr(restore, "restore_contents", held)
    async with at_screens(session) as user:
        await user.press("f2", "r")
        await user.paste(path)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await finished_under_help(user, held, RestoreModal)
        await user.until(lambda: at(user) == [MainScreen, NoticeModal], "what was not restored")
        await user.press("enter")
        await user.until(lambda: at(user) == [MainScreen], "the list")
        await user.until(lambda: user.pairs == [ONE], "the pair")


async def test_an_import_ends_under_the_help(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(lambda *_, **__: [Result(ok=True, pair=ONE, text="imported")])
    monkeypatch.setattr(import_and_inspect, "import_certificates", held)
    async with at_screens(session) as user:
        await user.press("f2", "i")
        await user.paste("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        await finished_under_help(user, held, ImportModal)
        await user.until(lambda: at(user) == [MainScreen, ImportResultModal], "what was imported")
        await user.press("escape")
        await user.until(lambda: at(user) == [MainScreen], "the list")


async def test_a_file_and_a_mark_are_completed_under_the_help(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, marking = Held(write_csr), Held(mark_submitted)
    monkeypatch.setattr(submit_forms, "write_csr", writing)
    monkeypatch.setattr(submit_forms, "mark_submitted", marking)
    answers: list[Any] = []
    async with at_screens(session) as user:
        pair = read_pair(session, ONE)[0]
        user.app.push_screen(FileModal(session, pair, CsrForm.PEM), answers.append)
        await user.until(lambda: user.focused_id, "the cursor")
        await user.paste(str(tmp_path / "x.pem"))
        await user.press("enter")
        await finished_under_help(user, writing, FileModal)
        await user.until(lambda: answers, "the file")
        user.app.push_screen(MarkModal(session, pair), answers.append)
        await user.until(lambda: isinstance(user.app.screen, MarkModal) and user.focused_id, "the cursor")
        await user.press("enter", "enter")
        await finished_under_help(user, marking, MarkModal)
        await user.until(lambda: len(answers) == 2, "the mark")
        assert at(user) == [MainScreen]
    assert None not in answers


async def test_the_bar_is_empty_while_a_dialog_is_open(session: Session) -> None:
    async with at_screens(session) as user:
        await user.until_pairs(ONE)
        await user.press("f2")
        bar = user.screen_lines[-1]
        assert "Back up" in bar
        await user.press("b")
        assert user.screen_lines[-1].strip() == "", "its commands do nothing now"
        await user.press("f1", "escape")
        assert user.screen_lines[-1].strip() == ""
        await user.press("escape")
        assert user.screen_lines[-1] == bar


_WAIT = "Work in progress is being finished. Press the same key again to quit now."


def is_ending(user: User) -> bool:
    return user.app._exit


async def test_quitting_during_a_mark_asks_to_wait_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(mark_submitted)
    monkeypatch.setattr(submit_forms, "mark_submitted", held)
    async with at_screens(session) as user:
        pair = read_pair(session, ONE)[0]
        user.app.push_screen(MarkModal(session, pair))
        await user.until(lambda: user.focused_id, "the cursor")
        await user.press("enter", "enter")
        await user.until(held.begun.is_set, "the work")
        await user.press("ctrl+q")
        assert [one.message for one in user.app._notifications] == [_WAIT]
        assert not is_ending(user)
        await user.press("ctrl+q")
        assert is_ending(user)
        held.go.set()


async def test_a_backup_cancelled_while_recipients_are_read_does_not_start(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(lambda _: ())
    answers: list[object] = []
    async with at_screens(session) as user:
        pair = read_pair(session, ONE)[0]
        group = Group(f"{ONE} on web1", (HostPair("web1", pair, {}),))
        user.app.push_screen(HostBackupModal(session, [group]), answers.append)
        await user.until(lambda: user.focused_id, "the cursor")
        await user.paste("/var/backups")
        await user.press("enter")
        await user.paste("age1xyz")
        monkeypatch.setattr(dialogs, "parse_recipients", held)
        await user.press("enter", "escape")
        held.go.set()
        await user.until(lambda: answers, "the answer")
    assert answers == [None]
