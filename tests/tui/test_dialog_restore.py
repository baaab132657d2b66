"""The restore dialog: a backup becomes a pair, or the field shows the reason why not."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from backup_dialogs import CHEAP_ROUNDS, PASSPHRASE, backed_up, said, session_with
from cryptography.hazmat.primitives.asymmetric import ec
from recipients_made import age_pair
from screens_user import at_screens

from csrtui.core.backups.recipients import read_recipients
from csrtui.core.base.secret import Secret
from csrtui.core.keys import pkcs8
from csrtui.tasks.backup import RecipientBackupSpec, back_up
from csrtui.tasks.draft import remember_folder
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.restore import read_backup, restore_contents
from csrtui.tui.modals.questions import ConfirmModal, NoticeModal
from csrtui.tui.modals.restore import RestoreModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from screens_user import User

    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.backup_contents import BackupContents
    from csrtui.tasks.session import Session


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


@pytest.fixture
def backup(tmp_path: Path) -> str:
    """Return a backup of a pair that is no longer in the store, which contains another pair."""
    session = session_with(tmp_path / "store", "lost.example.com", "a.example.com")
    path = backed_up(session, "lost.example.com", tmp_path / "usb").path
    shutil.rmtree(tmp_path / "store" / "pairs" / "lost.example.com")
    return path


async def open_dialog(user: User) -> None:
    await user.press("f2", "r")
    assert isinstance(user.app.screen, RestoreModal)


async def until_back(user: User) -> None:
    await user.until(lambda: isinstance(user.app.screen, MainScreen), "the main screen")


async def until_back_from_notes(user: User) -> None:
    """Close the notes on a backup without a certificate."""
    await user.until(lambda: "it again: i (Import)." in user.screen_text, "the note on the certificate")
    await user.press("enter")
    await until_back(user)


async def until_told(user: User) -> None:
    await user.until(
        lambda: isinstance(user.app.screen, RestoreModal) and user.app.screen.error is not None, "an error"
    )


async def test_a_pair_is_restored_and_selected(tmp_path: Path, backup: str) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(backup)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await until_back_from_notes(user)
        await user.until(lambda: "lost.example.com" in user.pairs, "the pair")
        at = user.keystore.pairs.cursor
        assert at is not None
        assert user.pairs[at] == "lost.example.com"
        assert user.message == "restored lost.example.com. Next: submit"
        assert "verified now" in user.screen_text


async def test_errors_are_shown_and_no_typed_text_is_lost(tmp_path: Path, backup: str) -> None:
    session = session_with(tmp_path / "store")
    remember_folder(session, str(tmp_path / "usb"))
    async with at_screens(session) as user:
        await open_dialog(user)
        path = user.app.screen.query_one("#path", TextField)
        assert path.value == f"{tmp_path}/usb/", "it begins where backups went last"
        await user.press("down", "enter")
        assert "Type the passphrase" in said(user)
        await user.press("up", *"x", "down", "a", "enter")
        await until_told(user)
        assert user.focused_id == "passphrase", "the next one typed would be seen in the path"
        assert "No such file" in said(user)
        assert "Press Up for the path" in said(user)
        await user.press("up")
        assert "Press Up for the path" not in said(user)
        assert path.value.endswith("/usb/x")
        await user.press("ctrl+u")
        assert "No such file" not in said(user), "it is being changed"
        await user.press("enter")
        assert "Enter the path of the backup file" in said(user)
        assert user.focused_id == "path"
        await user.press("down", "enter")
        assert "Enter the path of the backup file" in said(user)
        assert user.focused_id == "passphrase"
        await user.press("up")
        await user.paste(backup)
        await user.press("enter")
        await user.press("enter")
        await until_told(user)
        assert user.focused_id == "passphrase"
        assert "does not open" in said(user)
        assert user.app.screen.query_one(SecretField).secret() == Secret("a")
        await user.press("escape", "r")
        assert user.pairs == ["a.example.com"]
        assert user.app.screen.query_one("#path", TextField).value == backup, "it is there again"


async def test_the_cursor_leaves_a_field_that_becomes_hidden(tmp_path: Path) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(f"{tmp_path}/a.backup.age")
        await user.press("enter")
        assert user.focused_id == "identity"
        user.app.screen.query_one("#path", TextField).value = f"{tmp_path}/a.backup.pem"
        await user.settle()
        assert not user.app.screen.query_one("#recipients").display
        assert user.focused_id == "passphrase", "the next visible field"
        await user.press(*"abc")
        assert user.app.screen.query_one(SecretField).secret() == Secret("abc")


async def test_a_file_that_is_not_a_backup_is_reported_before_the_passphrase(
    tmp_path: Path, backup: str
) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(f"{backup}x")
        await user.press("enter")
        await user.until(lambda: "No such file" in said(user), "what is wrong")
        assert "Press Up for the path" in said(user)
        await user.press("up", "enter")
        await user.until(lambda: all(worker.group == "flow" for worker in user.app.workers), "another look")
        assert user.focused_id == "path"
        await user.press("down", "a")
        assert "No such file" in said(user), "it still stands there"
        await user.press("shift+tab", "backspace")
        assert "No such file" not in said(user)
        await user.press("enter")
        await user.until(lambda: all(worker.group == "flow" for worker in user.app.workers), "the look")
        assert "No such file" not in said(user)
        await user.press("ctrl+u")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await until_back_from_notes(user)


async def test_a_passphrase_typed_before_the_check_is_never_visible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Event()

    def slow(session: Session, path: str, *arguments: Any) -> object:
        answer.wait(10)
        return read_backup(session, path, *arguments)

    monkeypatch.setattr("csrtui.tui.modals.restore.read_backup", slow)
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(f"{tmp_path}/away")
        await user.press("enter", *"secr")
        answer.set()
        await user.until(lambda: "No such file" in said(user), "what is wrong")
        await user.press(*"etword", "enter")
        await until_told(user)
        await user.paste("secretword")
        assert user.app.screen.query_one("#path", TextField).value == f"{tmp_path}/away"
        assert "secr" not in user.screen_text
        assert "etword" not in user.screen_text


async def test_enter_checks_a_missing_file_again(tmp_path: Path, backup: str) -> None:
    late = tmp_path / "late"
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(str(late))
        await user.press("enter")
        await user.until(lambda: "No such file" in said(user), "what is wrong")
        await user.press("up")
        shutil.copy(backup, late)
        await user.press("enter")
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase")
        assert "No such file" not in said(user)


async def test_an_existing_pair_is_not_overwritten(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", "a.example.com")
    there = backed_up(session, "a.example.com", tmp_path / "usb").path
    before = session.store.read_key("a.example.com")
    async with at_screens(session) as user:
        await open_dialog(user)
        await user.paste(there)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await until_told(user)
        assert "is in the keystore: a.example.com" in said(user)
    assert session.store.read_key("a.example.com") == before
    assert session.store.names() == ["a.example.com"]


async def test_a_running_restore_is_shown_and_nothing_else_starts(
    tmp_path: Path, backup: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()
    begun: list[str] = []

    def held(session: Session, read: BackupContents, *arguments: Any) -> Pair:
        begun.append(read.path)
        go_on.wait(10)
        return restore_contents(session, read, *arguments)

    monkeypatch.setattr("csrtui.tui.modals.restore.restore_contents", held)
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(backup)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter", "enter", "escape")
        assert "Opening the backup" in said(user)
        go_on.set()
        await until_back_from_notes(user)
    assert begun == [backup]


async def test_a_paste_of_several_lines_is_reported(tmp_path: Path) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste("/mnt\n/usb")
        assert "several lines" in said(user)
        await user.paste("/mn\x1bt")
        assert "removed" in said(user)


async def test_the_dialog_fits_the_screen(tmp_path: Path) -> None:
    size = (60, 18)
    async with at_screens(session_with(tmp_path / "store"), size) as user:
        await open_dialog(user)
        assert "Enter Next field" in user.screen_text
        await user.press("down")
        assert "Enter Restore" in user.screen_text
        assert "Restore a pair" in user.screen_text
        assert all(region.bottom <= size[1] for region in user.regions.values())


async def test_a_weak_key_is_restored_with_a_warning(tmp_path: Path) -> None:
    weak = ec.derive_private_key(2**100, ec.SECP256R1())
    made = session_with(tmp_path / "elsewhere")
    made.generate_key = lambda _: weak
    create_pair(made, RequestSpec(("weak.example.com",)))
    path = backed_up(made, "weak.example.com", tmp_path / "usb").path
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(path)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await user.until(lambda: isinstance(user.app.screen, NoticeModal), "the warning")
        text = " ".join(user.screen_text.split())
        assert "The restored key is weak." in text
        assert "has only 101 bits" in text
        await user.press("escape")
        await until_back(user)
        assert user.message.startswith("restored weak.example.com")


# Unsigned backups


@pytest.fixture
def unsigned(tmp_path: Path, backup: str) -> str:
    """Return the backup without its header."""
    path = tmp_path / "unsigned.pem"
    data = Path(backup).read_bytes()
    path.write_bytes(data[data.index(b"-----BEGIN") :])
    return str(path)


async def until_asked(user: User, title: str) -> None:
    await user.until(lambda: isinstance(user.app.screen, ConfirmModal) and title in user.screen_text, title)


async def give(user: User, path: str, passphrase: str = PASSPHRASE) -> None:
    await open_dialog(user)
    await user.paste(path)
    await user.press("enter")
    await user.paste(passphrase)
    await user.press("enter")


def key_of_lost(session: Session) -> bytes:
    return session.store.read_key("lost.example.com")


@pytest.mark.parametrize(("decrypt", "encrypted"), [((), True), (("right",), False)])
async def test_an_unsigned_backup_is_confirmed_and_stays_encrypted_unless_decrypted(
    tmp_path: Path, unsigned: str, decrypt: tuple[str, ...], *, encrypted: bool
) -> None:
    session = session_with(tmp_path / "store")
    async with at_screens(session) as user:
        await give(user, unsigned)
        await until_asked(user, "Restore this backup?")
        assert "It is not signed" in user.screen_text
        assert "lost.example.com" in user.screen_text
        await user.press("right", "enter")
        await until_asked(user, "Store the key decrypted?")
        await user.press(*decrypt, "enter")
        await user.until(lambda: isinstance(user.app.screen, NoticeModal), "what was not restored")
        assert "not signed" in user.screen_text
        assert ("keeps the passphrase" in user.screen_text) is encrypted
        await user.press("enter")
        await until_back(user)
        await user.until(lambda: "lost.example.com" in user.pairs, "the pair")
    assert (b"ENCRYPTED" in key_of_lost(session)) is encrypted


async def test_without_consent_nothing_is_restored(tmp_path: Path, unsigned: str) -> None:
    session = session_with(tmp_path / "store")
    async with at_screens(session) as user:
        await give(user, unsigned)
        await until_asked(user, "Restore this backup?")
        await user.press("enter")
        await user.until(lambda: isinstance(user.app.screen, RestoreModal), "the dialog")
        await user.press("escape")
    assert session.store.names() == ["a.example.com"]


async def test_the_names_and_the_key_are_shown_before_the_passphrase_is_typed(
    tmp_path: Path, backup: str
) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(backup)
        await user.press("enter")
        await user.until(lambda: "SPKI SHA-256" in said(user), "the key")
        assert "Names: lost.example.com." in said(user)
        await user.resize(40, 12)
        assert "Names: lost.example.com." in user.screen_text


async def test_a_second_try_replaces_the_first(tmp_path: Path, backup: str) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:
        await give(user, backup, "wrong")
        await until_told(user)
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await until_back_from_notes(user)


# Backups to recipients

IDENTITY, RECIPIENT = age_pair()


def to_recipients(tmp_path: Path, *, encrypted: bool = False) -> str:
    """Return a backup to recipients of a pair that is no longer in the store."""
    session = session_with(tmp_path / "store", "a.example.com")
    asked = RequestSpec(names=("lost.example.com",))
    create_pair(session, asked, passphrase=Secret(PASSPHRASE) if encrypted else None)
    (tmp_path / "usb").mkdir()
    order = RecipientBackupSpec(str(tmp_path / "usb"), read_recipients(RECIPIENT))
    path = back_up(session, "lost.example.com", order).path
    shutil.rmtree(tmp_path / "store" / "pairs" / "lost.example.com")
    for name, data in (("identity", IDENTITY), ("other", age_pair(1)[0])):
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_bytes(data)
    return path


async def open_age(user: User, path: str) -> None:
    await open_dialog(user)
    await user.paste(path)
    await user.press("enter")
    await user.until(lambda: user.focused_id == "identity", "the field of the identity")
    assert "encrypted to recipients" in said(user)


async def test_a_backup_to_recipients_is_opened_with_an_identity(tmp_path: Path) -> None:
    path = to_recipients(tmp_path)
    session = session_with(tmp_path / "store")
    async with at_screens(session) as user:
        await open_age(user, path)
        await user.press("enter")
        assert "Enter the path of an age identity" in said(user)
        await user.paste(str(tmp_path / "nowhere"))
        await user.press("enter")
        await until_told(user)
        assert "No such file" in said(user)
        await user.press("ctrl+u")
        await user.paste(str(tmp_path / "other"))
        await user.press("enter")
        await until_told(user)
        assert "does not open the file" in said(user)
        assert user.focused_id == "identity"
        await user.press("ctrl+u")
        await user.paste(str(tmp_path / "identity"))
        await user.press("enter")
        await until_asked(user, "Restore this backup?")
        assert "age keeps the key secret" in user.screen_text
        assert "not signed" not in user.screen_text
        await user.press("right", "enter")
        await until_back_from_notes(user)
    assert b"ENCRYPTED" not in key_of_lost(session)


async def test_a_renamed_backup_to_recipients_says_where_its_identity_goes(tmp_path: Path) -> None:
    renamed = Path(to_recipients(tmp_path)).rename(tmp_path / "renamed")
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_dialog(user)
        await user.paste(str(renamed))
        await user.press("enter", *"a")
        await user.until(lambda: "Press Up for the identity" in said(user), "the hint")
        assert user.focused_id == "passphrase", "the cursor does not leave a secret field by itself"
        await user.press("up")
        assert user.focused_id == "identity"


async def test_the_key_of_a_backup_to_recipients_can_be_encrypted(tmp_path: Path) -> None:
    path = to_recipients(tmp_path, encrypted=True)
    session = session_with(tmp_path / "store")
    async with at_screens(session) as user:
        await open_age(user, path)
        await user.paste(str(tmp_path / "identity"))
        await user.press("enter")
        await until_asked(user, "Restore this backup?")
        assert "It is not signed" in user.screen_text
        await user.press("right", "enter")
        await until_told(user)
        assert "has a passphrase" in said(user)
        assert user.focused_id == "passphrase"
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await until_asked(user, "Restore this backup?")
        await user.press("right", "enter")
        await user.until(lambda: isinstance(user.app.screen, NoticeModal), "what was not restored")
    assert b"ENCRYPTED" in key_of_lost(session)


async def test_another_path_resets_the_identity_field(tmp_path: Path) -> None:
    path = to_recipients(tmp_path)
    async with at_screens(session_with(tmp_path / "store")) as user:
        await open_age(user, path)
        assert "for the key, if it has one" in user.screen_text
        await user.press("up", "backspace")
        assert "encrypted to recipients" not in said(user)
        assert "for the backup" in user.screen_text
        await user.press("down")
        assert user.focused_id == "passphrase"
