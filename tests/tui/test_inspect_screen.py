"""*Inspect* in the screens describes files or pasted text on a page, and does not change the store."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from backup_dialogs import said, session_with
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from issued_dialogs import answer_of_ca, at_pair, is_at
from recipients_made import age_pair
from screens_user import at_screens

from csrtui.core.backups.recipients import read_recipients
from csrtui.core.base.secret import Secret
from csrtui.core.subject.fields import SubjectInput
from csrtui.tasks.backup import RecipientBackupSpec, back_up
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.modals.import_and_inspect import InspectModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.text_pages import PageScreen

if TYPE_CHECKING:
    from pathlib import Path

NAME = "a.example.com"


async def test_a_paste_is_described_and_nothing_is_stored(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", NAME)
    async with at_screens(session) as user:
        await at_pair(user, NAME)
        await user.press("x")
        assert is_at(user, InspectModal)
        await user.paste("Hello,\n\n" + answer_of_ca(session, NAME) + "\n")
        await user.until(lambda: is_at(user, PageScreen), "the page")
        text = user.screen_text
        assert "pasted text · certificate" in text
        assert f"CN={NAME}" in text
        await user.press("escape")
        assert is_at(user, MainScreen)
    assert session.store.read(NAME).certificate is None


async def test_the_subject_is_shown_unchanged_even_if_it_looks_like_a_command_or_an_option(
    tmp_path: Path,
) -> None:
    session = session_with(tmp_path / "store", NAME)
    subject = SubjectInput(organization="csrtui export (--bar) Ltd", country="GB")
    pair = create_pair(session, RequestSpec(names=("b.example.com",), subject=subject))
    async with at_screens(session) as user:
        await user.until_pairs(NAME, "b.example.com")
        await user.press("f2", "x")
        await user.paste(f"{pair.path}/request.pem")
        await user.press("enter")
        await user.until(lambda: is_at(user, PageScreen), "the page")
        assert "O=csrtui export (--bar) Ltd" in user.screen_text


async def test_a_file_without_certificates_is_reported_in_the_dialog(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("nothing")
    session = session_with(tmp_path / "store", NAME)
    async with at_screens(session) as user:
        await at_pair(user, NAME)
        await user.press("x")
        await user.paste(str(path))
        await user.press("enter")
        await user.until(
            lambda: "it contains no key, CSR or certificate" in said(user, "notes"), "the reason"
        )
        await user.press("escape")
        assert is_at(user, MainScreen)


async def test_an_encrypted_key_is_opened_with_its_passphrase(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", NAME)
    path = tmp_path / "key.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = serialization.BestAvailableEncryption(b"right words")
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )
    async with at_screens(session) as user:
        await at_pair(user, NAME)
        await user.press("x")
        await user.paste(str(path))
        await user.press("enter")
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase field")
        assert "is encrypted. Type the passphrase" in said(user, "notes")
        await user.paste("wrong words")
        await user.press("enter")
        await user.until(lambda: "the passphrase does not open the key" in said(user, "notes"), "the reason")
        assert user.focused_id == "passphrase"
        await user.press("ctrl+u")
        await user.paste("right words")
        await user.press("enter")
        await user.until(lambda: is_at(user, PageScreen), "the page")
        assert "EC P-256" in user.screen_text
        gc.collect()
        secrets = [one for one in gc.get_objects() if isinstance(one, Secret)]
        assert Secret("right words") not in secrets
        await user.press("escape", "x")
        assert user.focused_id == "files"
        await user.press("ctrl+u")
        await user.paste(str(path))
        await user.press("enter")
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase field")
        await user.press("up", "ctrl+u")
        await user.paste(str(tmp_path / "store" / "pairs" / NAME / "request.pem"))
        await user.press("down", "enter")
        await user.until(lambda: is_at(user, PageScreen), "the page")
        assert f"CN={NAME}" in user.screen_text, "the file that is named now"


async def test_a_backup_to_recipients_is_opened_with_an_identity(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", NAME)
    (tmp_path / "usb").mkdir()
    identity, recipient = age_pair()
    (tmp_path / "identity").touch(0o600)
    (tmp_path / "identity").write_bytes(identity)
    back_up(session, NAME, RecipientBackupSpec(str(tmp_path / "usb"), read_recipients(recipient)))
    (path,) = (tmp_path / "usb").iterdir()
    async with at_screens(session) as user:
        await at_pair(user, NAME)
        await user.press("x")
        await user.paste(str(path))
        await user.press("enter")
        await user.until(lambda: user.focused_id == "identity", "the identity field")
        await user.paste(str(tmp_path / "nowhere"))
        await user.press("enter")
        assert "No such file" in said(user, "notes")
        await user.paste("AGE-SECRET-KEY-1\nAGE-SECRET-KEY-2\n")
        assert "The paste has several lines and was ignored." in said(user, "notes")
        await user.press("ctrl+u")
        await user.paste(str(tmp_path / "identity"))
        await user.press("enter")
        await user.until(lambda: is_at(user, PageScreen), "the page")
        assert "the key opens, and the key matches the CSR" in user.screen_text
        await user.press("escape", "x")
        await user.paste(str(path))
        await user.press("enter")
        await user.until(lambda: user.focused_id == "identity", "the identity field again")
        await user.press("enter")
        await user.until(lambda: is_at(user, PageScreen), "the page")
        assert "nothing else is visible without the identity" in user.screen_text
