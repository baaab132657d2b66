"""The verify dialog: an immediate check without a passphrase, and a restore test with one."""

from __future__ import annotations

import os
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from backup_dialogs import CHEAP_ROUNDS, PASSPHRASE, backed_up, said, session_with
from recipients_made import age_pair
from screens_user import at_screens

from csrtui.core.backups.recipients import read_recipients
from csrtui.core.base.secret import Secret
from csrtui.core.keys import pkcs8
from csrtui.core.pairs.pair import BackupStatus
from csrtui.tasks.backup import RecipientBackupSpec, back_up
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.verify import verify_many
from csrtui.tui.modals.verify import VerifyModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.one_line_widgets import ProgressLine
from csrtui.tui.widgets.secret_field import SecretField

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.tasks.parallel import Result
    from csrtui.tasks.session import Session


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


async def looked(user: User) -> None:
    """Wait until the backups have been checked."""
    await user.until(
        lambda: isinstance(user.app.screen, VerifyModal) and not user.app.screen.is_working, "the look"
    )


async def at_pair(user: User, name: str, count: int) -> None:
    """Put the cursor on a pair of the list."""
    await user.until(lambda: len(user.pairs) == count, "the pairs")
    await user.press("f2")
    user.keystore.pairs.move_to(user.pairs.index(name))


async def test_backups_are_checked_at_once_and_restored_with_the_passphrase(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    backed_up(session, "a.example.com", tmp_path / "usb")
    async with at_screens(session) as user:
        await at_pair(user, "a.example.com", 1)
        await user.press("V")
        await looked(user)
        assert "The backup is unchanged." in said(user, "results")
        assert not user.app.screen.query_one(ProgressLine).display
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await looked(user)
        assert "The backup is restorable." in said(user, "results")
        assert "Type the passphrase" not in said(user, "notes")
        await user.press("x", "enter")
        await looked(user)
        assert "Type the passphrase" in said(user, "notes")
        assert "the passphrase does not open" in said(user, "results")
        await user.press("escape")
        assert isinstance(user.app.screen, MainScreen)
    record = read_pair(session, "a.example.com")[0].record
    assert record.backup_status is BackupStatus.VERIFIED, "a wrong passphrase says nothing against the file"
    assert record.history[-1].text == "backups verified by restoring them"


async def test_a_missing_and_a_damaged_backup_are_shown_in_the_list(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com", "b.example.com")
    away, damaged = (
        backed_up(session, name, tmp_path / "usb") for name in ("a.example.com", "b.example.com")
    )
    os.unlink(away.path)
    with open(damaged.path, "ab") as file:  # noqa: ASYNC230 - a test's own small file
        file.write(b"x")
    async with at_screens(session) as user:
        await at_pair(user, "a.example.com", 2)
        await user.press("V")
        await looked(user)
        assert "missing since 23 Nov 2026" in said(user, "results")
        assert "Enter Restore test" in said(user, "keys")
        user.app.screen.query_one(ChoiceField).focus()
        await user.press("right")
        await looked(user)
        assert said(user, "about") == "Verify the backups of 2 pairs"
        assert said(user, "keys") == "Enter List Tab Next field Esc Close"
        assert "0 of 2 backups are unchanged." in said(user, "results")
        assert "b.example.com: damaged: its contents changed" in said(user, "results")
        await user.press("escape")
        await user.until(lambda: "missing" in user.screen_text and "damaged" in user.screen_text, "the list")
        user.keystore.pairs.move_to(user.pairs.index("a.example.com"))
        await user.press("enter")
        assert "missing since 23 Nov 2026" in user.read_text
        (tmp_path / "usb" / os.path.basename(away.path)).write_bytes(b"another")
        await user.press("V")
        await looked(user)
        await user.press("escape")
        assert isinstance(user.app.screen, PairScreen)
        assert "damaged since 23 Nov 2026" in user.read_text


async def test_a_pair_without_a_backup_is_reported(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    async with at_screens(session) as user:
        await at_pair(user, "a.example.com", 1)
        await user.press("V")
        await looked(user)
        assert "There is nothing to verify: - a.example.com: has no backup" in said(user, "results")
        assert said(user, "keys") == "Esc Close", "nothing can be tested"
        assert "Esc, then b to make one" in said(user, "notes")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await looked(user)
        assert "No backup to restore. Press Esc, then b to make one." in said(user, "notes")


async def test_the_count_of_several_backups_is_correct_english(tmp_path: Path) -> None:
    names = ["a.example.com", "b.example.com", "c.example.com"]
    session = session_with(tmp_path / "store", *names)
    for name in names[:2]:
        backed_up(session, name, tmp_path / "usb")
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 3, "the pairs")
        await user.press("f2", *["space"] * 3, "V")
        await looked(user)
        assert "2 of 3 backups are unchanged." in said(user, "results")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await looked(user)
        assert "2 of 3 backups are restorable." in said(user, "results")
        assert "PgDn" not in user.screen_text, "there is nothing more"


async def test_closing_stops_the_check_and_typed_keys_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{letter}.example.com" for letter in "abcd"]
    session = session_with(tmp_path / "store", *names)
    for name in names:
        backed_up(session, name, tmp_path / "usb")
    go_on, ended = Event(), Event()
    came: list[Result] = []

    def held(*arguments: Any, on_result: Any, **options: Any) -> list[Result]:
        def reported(result: Result) -> None:
            on_result(result)
            go_on.wait(10)

        came.extend(verify_many(*arguments, on_result=reported, max_workers=1, **options))
        ended.set()
        return came

    monkeypatch.setattr("csrtui.tui.modals.verify.verify_many", held)
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 4, "the pairs")
        await user.press("f2", *["space"] * 4, "V")
        await user.until(lambda: "1 of 4" in user.screen_text, "the first")
        await user.press(*"secret", "enter")
        assert "A check is running" in said(user, "notes")
        await user.press("escape")
        assert isinstance(user.app.screen, MainScreen)
        go_on.set()
        await user.until(ended.is_set, "the end")
        assert user.keystore.pairs.marks == set(names), "they may be backed up next"
    assert [result.ok for result in came] == [True, False, False, False]
    assert came[-1].text == "not checked: stopped before"


async def test_a_paste_that_is_not_a_passphrase_is_ignored(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    backed_up(session, "a.example.com", tmp_path / "usb")
    async with at_screens(session) as user:
        await at_pair(user, "a.example.com", 1)
        await user.press("V")
        await looked(user)
        await user.paste("one\ntwo")
        assert "several lines" in said(user, "notes")
        await user.press("a")
        assert "one line" not in said(user, "notes")
        await user.paste("one\x1btwo")
        assert "was ignored" in said(user, "notes")
        assert user.app.screen.query_one(SecretField).secret() == Secret("a")


async def test_many_results_can_be_paged_through(tmp_path: Path) -> None:
    size = (60, 18)
    names = [f"{letter}.example.com" for letter in "abcdefghijkl"]
    session = session_with(tmp_path / "store", *names)
    backed_up(session, "l.example.com", tmp_path / "usb")
    async with at_screens(session, size) as user:
        await user.until(lambda: len(user.pairs) == 12, "the pairs")
        await user.press("f2", *["space"] * 12, "V")
        await looked(user)
        assert "1 of 12 backups is unchanged." in user.screen_text
        assert "Esc Close" in user.screen_text
        assert "more lines: PgDn" in user.screen_text
        assert "l.example.com: exists" not in user.screen_text, "what is not as it should be comes first"
        await user.press(*["pagedown"] * 6)
        assert "l.example.com: exists" in user.screen_text
        await user.press("pageup")
        assert all(region.bottom <= size[1] for region in user.regions.values())


# Backups to recipients


def backed_up_to_recipients(tmp_path: Path, *, encrypted: bool = False) -> Session:
    """Return a session on a pair with a backup to recipients. The identity is in the folder."""
    session = session_with(tmp_path / "store")
    asked = RequestSpec(names=("a.example.com",))
    create_pair(session, asked, passphrase=Secret(PASSPHRASE) if encrypted else None)
    (tmp_path / "usb").mkdir()
    identity, recipient = age_pair()
    (tmp_path / "identity").touch(0o600)
    (tmp_path / "identity").write_bytes(identity)
    back_up(
        session,
        "a.example.com",
        RecipientBackupSpec(str(tmp_path / "usb"), read_recipients(recipient)),
    )
    return session


async def test_a_backup_to_recipients_needs_an_identity_and_no_passphrase(tmp_path: Path) -> None:
    session = backed_up_to_recipients(tmp_path)
    async with at_screens(session) as user:
        await at_pair(user, "a.example.com", 1)
        await user.press("V")
        await looked(user)
        assert "Passphrase" not in user.screen_text
        assert user.focused_id == "identity"
        assert "run there: csrtui verify FILE --identity IDENTITY" in said(user, "notes")
        await user.press("enter")
        assert "Enter the path of the age identity" in said(user, "notes")
        await user.paste(str(tmp_path / "nowhere"))
        assert "Enter the path of the age identity" not in said(user, "notes")
        await user.press("enter")
        assert "No such file" in said(user, "notes")
        await user.press("ctrl+u")
        await user.paste(str(tmp_path / "identity"))
        await user.press("enter")
        await looked(user)
        assert "The backup is restorable." in said(user, "results")
    assert read_pair(session, "a.example.com")[0].record.backup_status is BackupStatus.VERIFIED


async def test_the_passphrase_of_a_key_in_a_backup_to_recipients_is_asked_for_if_needed(
    tmp_path: Path,
) -> None:
    session = backed_up_to_recipients(tmp_path, encrypted=True)
    async with at_screens(session) as user:
        await at_pair(user, "a.example.com", 1)
        await user.press("V")
        await looked(user)
        await user.paste(str(tmp_path / "identity"))
        await user.press("enter")
        await looked(user)
        assert "the key in the backup has a passphrase" in said(user, "results")
        assert user.focused_id == "passphrase"
        await user.paste("wrong")
        await user.press("enter")
        await looked(user)
        assert said(user, "results").startswith("The passphrase may be wrong. ")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await looked(user)
        assert "The backup is restorable." in said(user, "results")


async def test_beside_a_backup_with_a_passphrase_both_are_asked_for(tmp_path: Path) -> None:
    session = backed_up_to_recipients(tmp_path)
    backed_up(session, "a.example.com", tmp_path / "usb")
    async with at_screens(session) as user:
        await at_pair(user, "a.example.com", 1)
        await user.press("V")
        await looked(user)
        assert user.focused_id == "passphrase"
        await user.paste(PASSPHRASE)
        await user.press("down")
        await user.paste(str(tmp_path / "identity"))
        await user.press("enter")
        await looked(user)
        assert "2 of 2 backups are restorable." in said(user, "results")
