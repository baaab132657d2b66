"""The backup dialog: its fields, its messages, and the results."""

from __future__ import annotations

import os
import shutil
from threading import Event
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS, PASSPHRASE, backed_up, said, say_encrypted, session_with
from screens_user import at_screens

from csrtui.core.base.secret import Secret
from csrtui.core.keys import pkcs8
from csrtui.core.pairs.pair import BackupStatus
from csrtui.store.output_folder import Destination, examine_backup_folder
from csrtui.store.package_data import read_passphrase_words
from csrtui.tasks.backup import back_up_many
from csrtui.tasks.draft import recall_folder, remember_folder
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.pair_text import passphrase_facts
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.modals import backup as backup_module
from csrtui.tui.modals.backup import BackupModal
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.modals.results import BackupProgressModal
from csrtui.tui.modals.submit import SubmitModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.one_line_widgets import ProgressLine
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_block import TextView
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from screens_user import User

    from csrtui.tasks.parallel import Result
    from csrtui.tasks.session import Session


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


async def ask(user: User, *names: str) -> None:
    """Wait for the pairs, and open the dialog from the list."""
    await user.until(lambda: set(user.pairs) == set(names), "the pairs")
    await user.press("f2", "b")
    assert isinstance(user.app.screen, BackupModal)


async def opened(user: User) -> None:
    """Wait until the dialog is open with the cursor in a field."""
    await user.until(
        lambda: isinstance(user.app.screen, BackupModal) and user.app.focused is not None, "the dialog"
    )


def dialog(user: User) -> BackupModal:
    assert isinstance(user.app.screen, BackupModal)
    return user.app.screen


async def looked(user: User) -> None:
    """Wait until the folder has been checked."""
    await opened(user)
    await user.until(lambda: dialog(user).check_result, "a look at the folder")


async def fill_in(user: User, folder: Path, passphrase: str = PASSPHRASE, again: str | None = None) -> None:
    """Fill in the dialog, except for the last Enter."""
    user.app.screen.query_one("#folder").focus()
    await user.press("end", "ctrl+u")
    await user.paste(str(folder))
    await looked(user)
    await user.press("down")
    await user.paste(passphrase)
    await user.press("down")
    await user.paste(passphrase if again is None else again)


async def until_done(user: User) -> None:
    """Wait for the end of the work."""
    await user.until(
        lambda: isinstance(user.app.screen, BackupProgressModal) and user.app.screen._results is not None,
        "the end of the work",
    )


def statuses(session: Session, *names: str) -> list[BackupStatus]:
    return [read_pair(session, name)[0].record.backup_status for name in names]


async def test_a_pair_is_backed_up_from_the_list_which_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csrtui.tui.panes.keystore.CHECK_INTERVAL", 1000)
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        assert user.focused_id == "folder"
        await fill_in(user, tmp_path / "usb")
        assert "Long enough: 4 words. Both passphrases match." in said(user)
        await user.press("enter")
        await until_done(user)
        assert "a.example.com: backed up and verified" in said(user, "about")
        (backup,) = os.listdir(tmp_path / "usb")
        assert backup in said(user, "results").replace(" ", "")
        assert "Next: submit." in said(user, "results")
        await user.until(lambda: "submit" in str(user.keystore.rows.row(0, 78)), "the list behind the dialog")
        await user.press("enter")
        assert isinstance(user.app.screen, MainScreen)
        assert "backed up and verified" in user.message
        await user.until(lambda: "verified now" in user.screen_text, "the list to say so")
    assert statuses(session, "a.example.com") == [BackupStatus.VERIFIED]
    assert recall_folder(session) == str(tmp_path / "usb")


async def test_a_pair_is_backed_up_from_its_screen_which_shows_it(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com", "b.example.com")
    (tmp_path / "usb").mkdir()
    remember_folder(session, str(tmp_path / "usb"))
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2", "enter", "left_square_bracket")
        assert "No more pairs" in user.screen_text
        await user.press("b")
        await opened(user)
        assert "No more pairs" not in user.screen_text, "an old message would not match what the dialog does"
        assert not user.app.screen.query_one("#group").display, "it is about this pair alone"
        assert user.focused_id == "passphrase", "the folder is remembered"
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await until_done(user)
        page = user.app.screen_stack[-2].query_one(TextView)
        await user.until(lambda: "verified 23 Nov 2026" in page.all_text, "the page behind the dialog")
        assert ". Submit" in said(user, "keys")
        await user.press("full_stop")
        await user.until(lambda: isinstance(user.app.screen, SubmitModal), "the next step")
        await user.press("escape")
        assert isinstance(user.app.screen, PairScreen)
        await user.press("h")
        assert "backed up and verified: " in " ".join(user.read_text.split())


async def test_the_marked_pairs_or_all_that_are_not_backed_up(tmp_path: Path) -> None:
    names = ("a.example.com", "b.example.com", "c.example.com", "d.example.com")
    session = session_with(tmp_path / "store", *names)
    backed_up(session, "d.example.com", tmp_path / "usb")
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 4, "the pairs")
        await user.press("f2", "g", "space", "space", "b")
        assert said(user, "about") == "Back up 2 pairs"
        field = user.app.screen.query_one(ChoiceField)
        field.focus()
        await user.press("right")
        assert said(user, "about") == f"Back up {user.pairs[2]}"
        await user.press("right")
        assert said(user, "about") == "Back up 3 pairs"
        await user.press("down")
        assert user.focused_id == "folder"
        await fill_in(user, tmp_path / "usb")
        await user.press("enter")
        await until_done(user)
        assert said(user, "about") == "3 pairs backed up and verified"
        await user.press("enter")
        assert user.keystore.pairs.marks == frozenset()
    assert statuses(session, *names) == [BackupStatus.VERIFIED] * 4


async def test_errors_are_shown_at_their_fields_and_no_typed_text_is_lost(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await fill_in(user, tmp_path / "away")
        await user.press("enter")
        await looked(user)
        assert user.focused_id == "again", "whoever types a passphrase types on: it must not be seen"
        assert "Press Up for the folder" in said(user, "notes")
        assert "does not exist" in said(user, "notes")
        assert "Press F7" in said(user, "notes")
        assert "F7 Create folder" in said(user, "keys")
        await user.press("up")
        assert "Press Up for the folder" in said(user, "notes")
        await user.press("down")
        await fill_in(user, tmp_path / "usb", again="another")
        fields = [field.secret() for field in user.app.screen.query(SecretField)]
        assert fields == [Secret(PASSPHRASE * 2), Secret(PASSPHRASE + "another")]
        await user.press("enter")
        assert user.focused_id == "again"
        assert "The passphrases differ" in said(user, "notes")
        assert not user.app.screen.query_one("#again", SecretField).is_typed, "it can be typed again at once"
        await user.press("x", "backspace")
        assert "passphrases differ" not in said(user, "notes"), "it is being changed"
        await user.press("enter")
        assert "Repeat the passphrase" in said(user, "notes")
        await user.press("up", "ctrl+u", "down", "enter")
        assert user.focused_id == "passphrase"
        assert "needs a passphrase" in said(user, "notes")
        await user.press("up", "ctrl+u", "enter")
        assert user.focused_id == "folder"
        assert "Enter the folder" in said(user, "notes")
        await user.press("down", "down", "enter")
        assert user.focused_id == "again"
        assert "Enter the folder" in said(user, "notes")
    assert os.listdir(tmp_path / "usb") == []


async def test_a_short_passphrase_is_used_only_after_a_question(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.paste(str(tmp_path / "usb"))
        await looked(user)
        await user.press("down", *"abc", "down", *"abc", "enter")
        assert "Use this passphrase anyway?" in user.screen_text
        assert "The passphrase is short" in user.question
        await user.press("enter")
        assert user.focused_id == "passphrase", "the safe answer"
        assert os.listdir(tmp_path / "usb") == []
        await user.press("enter", "right", "enter")
        await until_done(user)
    assert statuses(session, "a.example.com") == [BackupStatus.VERIFIED]


async def test_the_folder_is_checked_while_the_user_types(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        assert "A folder on another disk" in said(user)
        await user.paste(str(tmp_path))
        await looked(user)
        await user.settle()
        assert "free on /" in said(user)
        assert "same disk as the keystore" in said(user)
        await user.press(*"/x")
        await looked(user)
        await user.settle()
        assert "does not exist. Press F7 to create it" in said(user)


async def test_enter_waits_for_the_check_of_a_slow_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    answer = held_look(monkeypatch)
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.paste(str(tmp_path / "usb"))
        await user.press("enter", *"nopqrstuvwxy", "enter", *"nopqrstuvwxy", "enter")
        assert isinstance(user.app.screen, BackupModal)
        assert "Checking the folder" in said(user)
        answer.set()
        await until_done(user)
    assert statuses(session, "a.example.com") == [BackupStatus.VERIFIED]


async def test_escape_backs_nothing_up_and_keeps_the_folder_but_not_the_passphrase(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await fill_in(user, tmp_path / "usb")
        await user.press("escape")
        assert "What you typed in it will be lost." in user.question
        await user.press("enter")
        assert all(field.secret() == Secret(PASSPHRASE) for field in user.app.screen.query(SecretField))
        await user.press("ctrl+q")
        assert "What you typed in the dialog will be lost." in user.question
        await user.press("escape", "escape", "right", "enter", "b")
        await opened(user)
        assert dialog(user).folder == str(tmp_path / "usb")
        assert all(field.secret() == Secret("") for field in user.app.screen.query(SecretField))
    assert os.listdir(tmp_path / "usb") == []


async def test_enter_checks_a_missing_folder_again(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    new = tmp_path / "new"
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.paste(str(new))
        await looked(user)
        await user.press("enter")
        await looked(user)
        assert user.focused_id == "folder", "a passphrase is not asked for in vain"
        assert "does not exist" in said(user)
        new.mkdir(0o700)
        await user.press("enter")
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        new.rmdir()
        user.app.screen.query_one("#folder").focus()
        await user.press("end", "x", "backspace")
        await looked(user)
        assert "does not exist" in said(user)
        await user.press("down", "down")
        new.mkdir(0o700)
        await user.press("enter")
        await until_done(user)
    assert statuses(session, "a.example.com") == [BackupStatus.VERIFIED]


def held_look(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Delay every check of a folder until the event is set."""
    answer = Event()

    def slow(folder: str, store: str) -> Destination:
        answer.wait(10)
        return examine_backup_folder(folder, store)

    monkeypatch.setattr("csrtui.tui.modals.backup.examine_backup_folder", slow)
    return answer


async def test_a_passphrase_typed_before_a_failed_check_is_never_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    answer = held_look(monkeypatch)
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.paste(str(tmp_path / "away"))
        await user.press("enter", *"secr")
        answer.set()
        await looked(user)
        await user.press(*"etword", "enter")
        await user.press(*"secretword", "enter")
        await looked(user)
        assert "does not exist" in said(user)
        assert dialog(user).folder == str(tmp_path / "away")
        assert "secr" not in user.screen_text
        assert "etword" not in user.screen_text


async def test_the_cursor_does_not_return_to_a_wrong_folder_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    answer = held_look(monkeypatch)
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.paste(str(tmp_path / "away"))
        await user.press("enter")
        assert user.focused_id == "passphrase", "what is typed ahead is masked"
        answer.set()
        await looked(user)
        assert user.focused_id == "passphrase", "what is typed next is masked too"
        assert "does not exist" in said(user)
        assert "Press Up for the folder" in said(user)
        await user.press("up")
        assert user.focused_id == "folder"


async def test_a_failed_folder_is_not_a_default_and_a_missing_one_is_reported(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    remember_folder(session, str(tmp_path / "usb"))
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await opened(user)
        await fill_in(user, tmp_path / "away")
        await user.press("escape", "right", "enter", "b")
        await opened(user)
        assert dialog(user).folder == str(tmp_path / "usb")
        assert user.focused_id == "passphrase"
        await user.press("escape")
        (tmp_path / "usb").rmdir()
        await user.press("b")
        await looked(user)
        assert "does not exist" in said(user)
        assert "Press Up for the folder" in said(user)
        await user.press("escape")


async def test_a_generated_passphrase_is_shown_and_confirmed(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    remember_folder(session, str(tmp_path / "usb"))
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await looked(user)
        await user.generate()
        one, again = (field.secret() for field in user.app.screen.query(SecretField))
        assert one == again
        assert len(one.revealed.split()) == 7
        assert set(one.revealed.split()) <= set(read_passphrase_words())
        assert one.revealed in said(user)
        assert "not be shown again" in said(user)
        await user.press("enter")
        assert "written the passphrase down" in user.question
        assert user.answer is False
        await user.press("enter")
        assert isinstance(user.app.screen, BackupModal)
        assert one.revealed in said(user), "it can still be written down"
        await user.press("enter", "tab", "enter")
        await until_done(user)
        assert one.revealed.split()[0] not in user.screen_text
    assert statuses(session, "a.example.com") == [BackupStatus.VERIFIED]


async def test_a_generated_passphrase_is_lost_only_after_a_question(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.press("ctrl+g", "escape")
        assert user.question.startswith("Close the dialog?")
        await user.press("escape", "ctrl+q")
        assert "What you typed in the dialog will be lost." in user.question


async def test_enter_in_the_folder_starts_the_backup_if_both_passphrases_are_typed(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.paste(str(tmp_path / "usb"))
        await user.press("enter")
        assert user.focused_id == "passphrase"
        await user.press("ctrl+g", "up")
        assert user.focused_id == "folder"
        await looked(user)
        await user.press("enter")
        assert "written the passphrase down" in user.question


async def test_a_changed_generated_passphrase_is_hidden_and_needs_to_be_typed_twice(
    tmp_path: Path,
) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    remember_folder(session, str(tmp_path))
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await looked(user)
        await user.generate()
        made = user.app.screen.query_one("#again", SecretField).secret().revealed
        await user.press("x")
        assert made not in said(user)
        await user.press("enter")
        assert not isinstance(user.app.screen, ConfirmModal)
        assert "passphrases differ" in said(user)


async def test_the_backup_of_an_encrypted_key_uses_its_passphrase(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com", "b.example.com")
    say_encrypted(session, "a.example.com")
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        user.keystore.pairs.move_to(user.pairs.index("a.example.com"))
        await user.press("f2", "b")
        assert "Its backup uses the same one" in said(user)
        assert "Passphrase    of the key" in user.screen_text
        await user.generate()
        assert "Type that passphrase for its backup" in said(user)
        assert user.app.screen.query_one("#again", SecretField).secret() == Secret("")
        user.app.screen.query_one(ChoiceField).focus()
        await user.press("right")
        await user.until(
            lambda: "1 of the 2 keys has a passphrase. Type that passphrase:" in said(user),
            "the keys counted",
        )
        await user.press("escape")
        user.keystore.pairs.move_to(user.pairs.index("b.example.com"))
        await user.press("b")
        await user.generate()
        assert "Write it down" in said(user)
        user.app.screen.query_one(ChoiceField).focus()
        await user.press("right")
        await user.until(
            lambda: "Write it down" not in said(user), "the generated passphrase to go: one key has another"
        )
        assert user.app.screen.query_one("#again", SecretField).secret() == Secret("")


async def test_a_wrong_passphrase_of_a_key_is_reported_in_the_dialog(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store")
    create_pair(session, RequestSpec(("a.example.com",)), passphrase=Secret(PASSPHRASE))
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 1, "the pair")
        await user.press("f2", "b")
        assert user.app.screen.query_one("#again", SecretField).region.height == 0
        assert "ctrl+g" not in said(user, "keys")
        user.app.screen.query_one("#folder").focus()
        await user.press("ctrl+u")
        await user.paste(str(tmp_path / "usb"))
        await looked(user)
        await user.press("down", "enter")
        assert "Type the passphrase of the key." in said(user)
        await user.paste("not the passphrase of it")
        await user.press("enter")
        await user.until(lambda: dialog(user).error is not None and not dialog(user).is_busy, "the error")
        assert user.focused_id == "passphrase"
        await user.press("ctrl+u")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await until_done(user)
    assert statuses(session, "a.example.com") == [BackupStatus.VERIFIED]


async def test_text_that_is_typed_while_keys_are_counted_or_opened_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_with(tmp_path / "store")
    for name in ("a.example.com", "b.example.com"):
        create_pair(session, RequestSpec((name,)), passphrase=Secret(PASSPHRASE))
    (tmp_path / "usb").mkdir()
    counted, opened_key = Event(), Event()
    monkeypatch.setattr(
        backup_module, "passphrase_facts", lambda pairs: counted.wait(10) and passphrase_facts(pairs)
    )
    monkeypatch.setattr(backup_module, "open_key", lambda *of: opened_key.wait(10) and open_key(*of))
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2", "space", "space", "b")
        await fill_in(user, tmp_path / "usb")
        assert user.focused_id == "again"
        counted.set()
        await user.until(lambda: dialog(user)._locked_count == 2, "the keys counted")
        assert user.focused_id == "passphrase", "not in a field that is hidden now"
        await user.press("enter", "x")
        opened_key.set()
        await until_done(user)
    assert statuses(session, "a.example.com", "b.example.com") == [BackupStatus.VERIFIED] * 2


async def test_a_pair_that_was_removed_since_its_key_was_counted_is_reported(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "b.example.com")
    create_pair(session, RequestSpec(("a.example.com",)), passphrase=Secret(PASSPHRASE))
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2", "space", "space", "b")
        await user.until(lambda: dialog(user)._locked_count == 1, "the keys counted")
        await fill_in(user, tmp_path / "usb")
        shutil.rmtree(tmp_path / "store" / "pairs" / "a.example.com")
        await user.press("enter")
        await until_done(user)
        assert "1 of 2 pairs backed up" in said(user, "about")


async def test_failures_are_listed_with_their_reason(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com", "b.example.com")
    (tmp_path / "usb").mkdir()
    (tmp_path / "store" / "pairs" / "b.example.com" / "key.pem").write_text("no key")
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2", "g", "space", "space", "b")
        await fill_in(user, tmp_path / "usb")
        await user.press("enter")
        await until_done(user)
        assert said(user, "about") == "1 of 2 pairs backed up and verified, 1 failed"
        assert said(user, "results").startswith("b.example.com: not backed up: ")
    assert statuses(session, "a.example.com", "b.example.com") == [BackupStatus.VERIFIED, BackupStatus.NONE]


async def test_escape_stops_without_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{letter}.example.com" for letter in "abcdef"]
    session = session_with(tmp_path / "store", *names)
    (tmp_path / "usb").mkdir()
    go_on = Event()

    def one_at_a_time(*arguments: Any, on_result: Any, **options: Any) -> Sequence[Result]:
        def reported(result: Result) -> None:
            on_result(result)
            go_on.wait(10)

        return back_up_many(*arguments, on_result=reported, max_workers=1, **options)

    monkeypatch.setattr("csrtui.tui.modals.results.back_up_many", one_at_a_time)
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 6, "the pairs")
        await user.press("f2", *["space"] * 6, "b")
        await fill_in(user, tmp_path / "usb")
        await user.press("enter")
        line = user.app.screen.query_one(ProgressLine)
        await user.until(lambda: "1 of 6" in line.text, "the first")
        assert any(name in line.text for name in names)
        assert "s left" in line.text
        await user.press("enter")
        assert isinstance(user.app.screen, BackupProgressModal), "it is not left by the way"
        await user.press("escape")
        assert "Stopping" in said(user, "keys")
        go_on.set()
        await until_done(user)
        assert said(user, "about") == "1 of 6 pairs backed up and verified, 5 failed"
        assert "stopped before" in said(user, "results")
    assert sorted(statuses(session, *names)) == [BackupStatus.NONE] * 5 + [BackupStatus.VERIFIED]
    assert len(os.listdir(tmp_path / "usb")) == 1


async def test_a_paste_of_several_lines_is_reported_and_ignored(tmp_path: Path) -> None:
    async with at_screens(session_with(tmp_path / "store", "a.example.com")) as user:
        await ask(user, "a.example.com")
        await user.paste("/mnt\n/usb")
        assert "several lines" in said(user)
        user.app.screen.query_one("#passphrase").focus()
        await user.paste("one\ntwo")
        assert "several lines" in said(user)
        await user.paste("one\x1btwo")
        assert "was ignored" in said(user)
        assert user.app.screen.query_one("#passphrase", SecretField).secret() == Secret("")
        user.app.screen.query_one("#folder").focus()
        await user.paste("/mn\x1bt")
        assert "were removed" in said(user)


async def test_without_a_pair_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:
        await user.press("f2", "b")
        assert user.message == "No pair to back up."
        await user.press("V")
        assert "No pair has a backup" in user.message


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_the_dialog_fits_the_screen_with_all_notes(tmp_path: Path, size: tuple[int, int]) -> None:
    session = session_with(tmp_path / "store", "a.example.com", "b.example.com")
    remember_folder(session, str(tmp_path))
    async with at_screens(session, size) as user:
        await ask(user, "a.example.com", "b.example.com")
        await looked(user)
        await user.generate()
        assert "Enter Back up" in user.screen_text
        assert "Back up " in user.screen_text
        assert "Pairs" in user.screen_text
        assert "Write it down now" in user.screen_text
        for word in user.app.screen.query_one("#again", SecretField).secret().revealed.split():
            assert word in user.screen_text
        for region in user.regions.values():
            assert region.bottom <= size[1]
            assert region.right <= size[0]


async def test_a_passphrase_that_openssl_cannot_read_is_refused_in_the_dialog(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await fill_in(user, tmp_path / "usb", "ü" * 512)
        assert "more than 1023 bytes" in said(user)
        await user.press("enter")
        assert user.focused_id == "passphrase"
        assert "The passphrase has more than 1023 bytes" in said(user)
    assert os.listdir(tmp_path / "usb") == []


async def test_a_common_passphrase_is_named_in_the_dialog(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    (tmp_path / "usb").mkdir()
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await fill_in(user, tmp_path / "usb", "correct horse battery staple")
        assert "one of the most common ones" in said(user)


async def test_a_folder_that_others_can_write_to_causes_a_warning(tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to").chmod(0o777)
    async with at_screens(session_with(tmp_path / "store", "a.com"), size=(120, 40)) as user:
        await ask(user, "a.com")
        await fill_in(user, tmp_path / "to")
        assert "others can write to" in said(user)
        assert "chmod go-w" in said(user)


async def test_one_key_creates_a_missing_folder_and_moves_the_cursor_on(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    folder = tmp_path / "usb" / "new"
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.press("f7")  # nothing is missing yet
        await user.paste(str(folder))
        await looked(user)
        await user.press("f7")
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert "free on /" in said(user)


async def test_tab_completes_the_folder_and_moves_on_if_it_is_complete(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    for name in ("usb/web1", "usb/web2", "usb/.hidden"):
        (tmp_path / name).mkdir(parents=True)
    async with at_screens(session) as user:
        await ask(user, "a.example.com")
        await user.paste(f"{tmp_path}/us")
        await user.press("tab")
        assert user.app.screen.query_one("#folder", TextField).value == f"{tmp_path}/usb/"
        assert "web1/ web2/" in said(user)
        await user.press("x")
        assert "web1/" not in said(user)
        await user.press("backspace")
        await user.press("tab")
        assert user.focused_id == "passphrase"
        assert "web1/" not in said(user)
