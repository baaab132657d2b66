"""The submit dialog: a backup first, the ways to hand over the CSR, and the mark as submitted."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from issued_dialogs import at_pair
from screen_text import unwrapped
from screens_user import NOW, at_screens, session_on

from csrtui.core.base.errors import StoreError
from csrtui.core.certificates import csr as request
from csrtui.core.pairs.pair import Backup, BackupStatus
from csrtui.core.pairs.pair_json import dump_record
from csrtui.store import safe_files
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.submit import record_handout
from csrtui.tui.modals.backup import BackupModal
from csrtui.tui.modals.questions import NoticeModal
from csrtui.tui.modals.submit import SubmitModal
from csrtui.tui.modals.submit_forms import FileModal, MarkModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.screens.text_pages import CsrScreen
from csrtui.tui.widgets.one_line_widgets import RuleLine
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from screens_user import User

    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.session import Session

OVERRULED = ", although no backup is verified"


@pytest.fixture(autouse=True)
def _bare_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "STY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_on(tmp_path / "store")


def make(session: Session, name: str = "a.com", status: BackupStatus = BackupStatus.NONE) -> Pair:
    pair = create_pair(session, RequestSpec(names=(name,)))
    if status is not BackupStatus.NONE:
        record = pair.record._replace(backups=(Backup(status, "/mnt/usb/a.backup.pem", NOW, NOW),))
        Path(pair.path, "pair.json").write_bytes(dump_record(record))
    return pair


def history(pair: Pair) -> list[str]:
    return [event["what"] for event in json.loads(Path(pair.path, "pair.json").read_bytes())["history"]]


def csr(pair: Pair) -> bytes:
    return Path(pair.path, "request.pem").read_bytes()


async def open_dialog(user: User, *then: str, name: str = "a.com") -> None:
    await user.until(lambda: name in user.pairs, "the pair")
    await user.press("f2", "u")
    await user.until(lambda: isinstance(user.app.screen, SubmitModal), "the dialog")
    await user.press(*then)


def dialog(user: User) -> SubmitModal:
    screen = next(screen for screen in user.app.screen_stack if isinstance(screen, SubmitModal))
    assert isinstance(screen, SubmitModal)
    return screen


async def until_said(user: User, text: str) -> None:
    await user.until(lambda: text in unwrapped(user.screen_text), repr(text))


def typed(user: User, field: str) -> str:
    return user.app.screen.query_one(f"#{field}", TextField).value


async def retype(user: User, field: str, text: str) -> None:
    user.app.screen.query_one(f"#{field}", TextField).value = ""
    await user.paste(text)


# A backup first


async def test_a_missing_verified_backup_is_reported_first(session: Session) -> None:
    pairs = {status: make(session, f"{status.value}.com", status) for status in BackupStatus}
    async with at_screens(session) as user:
        for status, pair in pairs.items():
            await at_pair(user, pair.name)
            await user.press("u")
            await user.until(lambda: isinstance(user.app.screen, SubmitModal), "the dialog")
            verified = status is BackupStatus.VERIFIED
            assert ("No backup of this key is verified" in user.screen_text) is not verified
            assert ("Back up first" in user.screen_text) is not verified
            assert ("clipboard" in user.screen_text) is verified
            if not verified:
                await user.press("c", "m", "f", "d", "v")
                assert isinstance(user.app.screen, SubmitModal)
                assert user.copied == []
                assert history(pair) == ["created"]
            await user.press("escape", "f2")


async def test_the_dialog_offers_a_backup_and_enter_accepts_it(session: Session) -> None:
    make(session, "a.com")
    make(session, "b.com")
    async with at_screens(session) as user:
        await open_dialog(user, "enter", name="b.com")
        await user.until(lambda: isinstance(user.app.screen, BackupModal), "the backup dialog")
        assert f"Back up {user.pairs[0]}" in user.screen_text


async def test_opening_and_closing_records_nothing(session: Session) -> None:
    pair = make(session)
    async with at_screens(session) as user:
        await open_dialog(user, "o", "escape")
        await user.until(lambda: isinstance(user.app.screen, MainScreen), "the keystore")
    assert history(pair) == ["created"]


async def test_overriding_the_warning_is_recorded(session: Session) -> None:
    pair = make(session)
    async with at_screens(session) as user:
        await open_dialog(user, "o", "c")
        await until_said(user, "sent to your terminal's clipboard")
        assert "press m to mark it as submitted" in " ".join(user.screen_text.split())
        await user.until(lambda: len(history(pair)) == 2, "the history")
        assert "copied" not in user.screen_text
    assert history(pair) == ["created", f"CSR handed out: clipboard{OVERRULED}"]


# The ways


async def test_the_clipboard_gets_the_csr(session: Session) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)
    async with at_screens(session) as user:
        await open_dialog(user, "c")
        await user.until(lambda: user.copied and len(history(pair)) == 2, "the clipboard")
        assert user.copied == [csr(pair).decode()]
    assert history(pair) == ["created", "CSR handed out: clipboard"]


async def test_without_plain_text_the_csr_is_shown_in_a_screen(session: Session) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)
    async with at_screens(session) as user:
        await open_dialog(user, "v")
        await user.until(lambda: isinstance(user.app.screen, CsrScreen), "the CSR")
        assert user.read_text == csr(pair).decode().rstrip("\n")
        assert "v Plain" in user.screen_text
        await user.resize(80, 10)
        await user.until(lambda: "more lines: PgDn" in user.screen_text, "that the CSR is cut")
        await user.until(lambda: len(history(pair)) == 2, "the history")
        await user.press("escape")
        assert isinstance(user.app.screen, SubmitModal)
    assert history(pair)[1] == "CSR handed out: screen"


async def test_scp_lines_fetch_csr_and_backup_and_record_nothing(session: Session) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)
    async with at_screens(session) as user:
        await open_dialog(user, "s")
        await user.until(lambda: isinstance(user.app.screen, NoticeModal), "the lines")
        shown = user.read_text.replace("\n", "").replace(" ", "")
        assert f"{pair.path}/request.pema.com.csr" in shown
        assert "scptester@" in shown
        assert ":/mnt/usb/a.backup.pem" in shown
        assert "key.pem" not in shown
    assert history(pair) == ["created"]


@pytest.mark.parametrize("key", ["f", "d"])
async def test_a_file_is_written_in_the_chosen_form(session: Session, tmp_path: Path, key: str) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)
    file = tmp_path / "out.csr"
    async with at_screens(session) as user:
        await open_dialog(user, key)
        assert typed(user, "path") == "~/a.com.csr"
        await retype(user, "path", str(file))
        await user.press("enter")
        await user.until(lambda: isinstance(user.app.screen, SubmitModal), "the file")
        assert "written: " in user.screen_text
    data = file.read_bytes()
    assert (request.to_pem(data) if key == "d" else data) == csr(pair)
    assert file.stat().st_mode & 0o777 == 0o644
    assert history(pair) == ["created", f"CSR handed out: file {file}"]


async def test_an_existing_file_is_not_overwritten_and_the_text_stays(
    session: Session, tmp_path: Path
) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)
    file = tmp_path / "x.csr"
    file.write_text("mine")
    async with at_screens(session) as user:
        await open_dialog(user, "f")
        await retype(user, "path", str(file))
        await user.press("enter")
        await until_said(user, "already exists")
        assert isinstance(user.app.screen, FileModal)
        await user.press("2")
        assert "already exists" not in user.screen_text
        await user.press("escape", "f")
        assert typed(user, "path") == f"{file}2"
        await user.paste("two\nlines")
        assert "several lines" in user.screen_text
    assert file.read_text() == "mine"
    assert history(pair) == ["created"]


async def test_a_submission_that_cannot_be_recorded_is_reported(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(session, status=BackupStatus.VERIFIED)

    def busy(*_: object) -> None:
        raise StoreError("the pair is \x1b[2Jbusy")

    monkeypatch.setattr("csrtui.tui.modals.submit.record_handout", busy)
    async with at_screens(session) as user:
        await open_dialog(user, "c")
        await until_said(user, "was not recorded")
        said = " ".join(user.screen_text.split())
        assert "sent to your terminal's clipboard, but that was not recorded" in said
        assert "\\x1b[2Jbusy" in said
        await user.press("j")
        assert "went wrong" not in user.screen_text


# The mark


async def test_marking_changes_the_stage_and_shows_the_next_step(session: Session) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)
    async with at_screens(session) as user:
        await open_dialog(user, "m")
        assert "Mark a.com as submitted" in user.screen_text, "what Enter will do, not what is done"
        await user.press(*"Example CA", "enter", *"order 4711", "enter")
        await user.until(lambda: isinstance(user.app.screen, MainScreen), "the keystore")
        assert user.message == "a.com is marked as submitted. Next: import"
        await until_said(user, "submitted")
    assert history(pair) == ["created", "submitted to Example CA: order 4711"]
    record = json.loads(Path(pair.path, "pair.json").read_bytes())
    assert record["submitted"] == "2026-11-23T09:00:00Z"


async def test_recipient_and_note_are_optional(session: Session) -> None:
    pair = make(session)
    async with at_screens(session) as user:
        await open_dialog(user, "o", "m", "enter", "enter")
        await user.until(lambda: isinstance(user.app.screen, MainScreen), "the keystore")
        assert user.message == "a.com is marked as submitted. Next: back up"
    assert history(pair) == ["created", f"submitted{OVERRULED}"]


async def test_a_note_that_is_too_long_is_reported_and_escape_keeps_the_text(session: Session) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)
    async with at_screens(session) as user:
        await open_dialog(user, "m", *"CA", "down")
        await user.paste("n" * 201)
        await user.press("enter")
        await until_said(user, "The note has 201 characters; at most 200 are allowed")
        await user.press("escape")
        assert isinstance(user.app.screen, SubmitModal)
        await user.press("m")
        assert isinstance(user.app.screen, MarkModal)
        assert (typed(user, "to"), typed(user, "note")) == ("CA", "n" * 201)
        await user.press(*"Other")
        assert typed(user, "to") == "Other", "typing replaces the text of the last time"
    assert history(pair) == ["created"]


async def test_the_pairs_screen_shows_the_submitted_pair(session: Session) -> None:
    make(session, status=BackupStatus.VERIFIED)
    async with at_screens(session) as user:
        await user.until_pairs("a.com")
        await user.press("f2", "enter", "u", "m", *"Test CA", "enter", *"order 7", "enter")
        await user.until(lambda: isinstance(user.app.screen, PairScreen), "the pair")
        assert "Submitted" in user.read_text
        assert "to Test CA: order 7" in user.read_text
        told = user.app.screen.query_one("#message", RuleLine).message
        assert told == "a.com is marked as submitted. Next: import"


async def test_a_pair_that_is_damaged_is_not_submitted(session: Session) -> None:
    pair = make(session)
    async with at_screens(session) as user:
        await user.until_pairs("a.com")
        Path(pair.path, "request.pem").write_text("x")
        await user.press("f2", "u")
        assert not isinstance(user.app.screen, SubmitModal)
        assert "the certificate request cannot be read" in user.message


async def test_without_pairs_the_dialog_does_not_open(session: Session) -> None:
    async with at_screens(session) as user:
        await user.press("f2", "u")
        assert user.message == "No pair selected."


@pytest.mark.parametrize("size", [(60, 18), (40, 12)])
async def test_every_dialog_fits(session: Session, size: tuple[int, int]) -> None:
    name = "a-rather-long-name-of-a-host.department.example.com"
    make(session, name)
    async with at_screens(session, size) as user:
        await open_dialog(user, name=name)
        for keys in ((), ("o",), ("c",), ("f",), ("escape", "m")):
            await user.press(*keys)
            if keys == ("c",):
                await until_said(user, "sent to")
            frame = user.app.screen.query_one(".dialog").region
            assert user.app.screen.region.contains_region(frame)
            assert user.screen_lines[frame.y][frame.x :].startswith("┌")
            assert user.screen_lines[frame.bottom - 1][frame.x] == "└"
            assert "Esc " in user.screen_lines[frame.bottom - 2]


async def test_escape_waits_until_the_submission_is_recorded(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)
    left = Event()

    def slow(*arguments: Any) -> Pair:
        assert left.wait(10)
        return record_handout(*arguments)

    monkeypatch.setattr("csrtui.tui.modals.submit.record_handout", slow)
    async with at_screens(session) as user:
        await open_dialog(user, "c", "c", "escape")
        assert isinstance(user.app.screen, SubmitModal)
        left.set()
        await user.until(lambda: isinstance(user.app.screen, MainScreen), "the keystore")
        assert len(history(pair)) == 2
        assert len(user.copied) == 1


async def test_work_that_ends_after_the_app_is_not_a_failure(session: Session) -> None:
    make(session, status=BackupStatus.VERIFIED)
    done = []

    async def noted() -> None:
        done.append(1)

    async with at_screens(session) as user:
        await open_dialog(user)
        screen = dialog(user)
    with user.app._context():
        await screen._run(noted())
    assert done


async def test_an_unconfirmed_csr_file_is_recorded_and_reported(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = make(session, status=BackupStatus.VERIFIED)

    def unconfirmed(_: int, saved: str) -> None:
        if saved == pair.name:
            raise NotConfirmedError(saved)

    monkeypatch.setattr(safe_files, "flush_folder", unconfirmed)
    async with at_screens(session) as user:
        await open_dialog(user, "f")
        await retype(user, "path", str(tmp_path / "a.csr"))
        await user.press("enter")
        await until_said(user, "but the disk did not confirm it")
    assert (tmp_path / "a.csr").exists()
    assert history(pair)[-1] == f"CSR handed out: file {tmp_path}/a.csr"


async def test_the_dialog_keeps_its_size_when_the_cursor_moves(session: Session) -> None:
    make(session)
    async with at_screens(session) as user:
        await open_dialog(user, "o")
        sizes = set()
        for _ in range(6):
            sizes.add(user.app.screen.query_one(".dialog").size)
            await user.press("down")
        assert len(sizes) == 1
