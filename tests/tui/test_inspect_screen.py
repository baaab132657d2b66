"""*Inspect* in the screens describes files or pasted text on a page, and does not change the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backup_dialogs import said, session_with
from issued_dialogs import answer_of_ca, at_pair, is_at
from screens_user import at_screens

from csrtui.tui.modals.inspect import InspectModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.page import PageScreen

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
