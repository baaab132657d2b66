"""The dialogs of adoption: the search, the keys found, the selection, and the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS, said, session_with
from certificates_made import intermediate, pem
from foreign_made import (
    PHRASE,
    PKCS9_EXTENSIONS,
    alternative,
    attribute,
    bare_csr,
    csr,
    ec_key,
    pkcs8,
    rsa_key,
)
from screens_user import at_screens

from csrtui.core.base.errors import StoreError
from csrtui.core.keys import pkcs8 as own_pkcs8
from csrtui.store.keystore import Keystore
from csrtui.tui.modals.adopt import AdoptModal
from csrtui.tui.modals.adopt_selection import AdoptSelectionModal
from csrtui.tui.modals.backup import BackupModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.widgets.line_list import LineList
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

NAME = "www.mydomain.com"
CSR = csr(attributes=(attribute(PKCS9_EXTENSIONS, alternative(NAME)),))
LEAF = intermediate().sign(CSR)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_pkcs8, "ITERATIONS", CHEAP_ROUNDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder outside the store."""
    made = tmp_path / "elsewhere"
    made.mkdir()
    return made


def put(folder: Path, **files: bytes) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o600)


async def look(user: User, path: Path | str) -> None:
    """Open the dialog, and search a path."""
    await user.press("f2", "a")
    assert isinstance(user.app.screen, AdoptModal)
    await user.paste(str(path))
    await user.press("enter")


async def until_found(user: User) -> AdoptSelectionModal:
    await user.until(lambda: isinstance(user.app.screen, AdoptSelectionModal), "what was found")
    await user.settle()
    assert isinstance(user.app.screen, AdoptSelectionModal)
    return user.app.screen


async def until_told(user: User) -> None:
    await user.until(
        lambda: isinstance(user.app.screen, AdoptModal) and user.app.screen.error is not None, "an error"
    )


async def until_done(user: User) -> None:
    await user.until(
        lambda: isinstance(user.app.screen, AdoptSelectionModal) and user.app.screen._results is not None,
        "results",
    )
    await user.settle()


def marks(user: User) -> int:
    return len(user.app.screen.query_one("#candidates", LineList).marks)


async def test_keys_are_listed_adopted_and_the_next_step_is_shown(tmp_path: Path, folder: Path) -> None:
    put(folder, key=pkcs8(rsa_key()), csr=CSR, cert=pem(LEAF))
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await until_found(user)
        assert "1 key found" in said(user, "about")
        assert "/key RSA 2048" in said(user, "details")
        assert "1 of 1 marked" in said(user, "notes")
        assert user.main.keystore is not None
        await user.press("enter")
        await until_done(user)
        assert "1 pair adopted" in said(user, "about")
        assert "RSA 2048 key, CSR and certificate" in said(user, "details")
        assert "the chain is incomplete" in said(user, "details")
        assert "Next: back up." in said(user, "notes")
        await user.press("enter")
        assert isinstance(user.app.screen, MainScreen)
        await user.until_pairs(NAME)
        assert user.message == f"adopted {NAME}. Next: back up"


@pytest.mark.parametrize("passphrase", [None, PHRASE])
async def test_a_key_file_is_adopted_with_the_csr_and_certificate_beside_it(
    tmp_path: Path, folder: Path, passphrase: bytes | None
) -> None:
    files = {"old.key": pkcs8(rsa_key(), passphrase=passphrase), "old.csr": CSR, "old.pem": pem(LEAF)}
    put(folder, **files, **{"other.key": pkcs8(ec_key()), "other.csr": bare_csr(ec_key())})
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder / "old.key")
        if passphrase:
            await user.until(lambda: user.focused_id == "passphrase", "the passphrase field")
            await user.paste(passphrase.decode())
            await user.press("enter")
        await until_found(user)
        assert "1 key found" in said(user, "about")
        assert "CSR, certificate" in user.screen_text
        assert "Left out" not in said(user, "details")
        assert marks(user) == 1


async def test_several_paths_are_searched_and_a_key_alone_says_how_to_give_its_files(
    tmp_path: Path, folder: Path
) -> None:
    (folder / "My keys").mkdir()
    put(folder / "My keys", key=pkcs8(rsa_key()))
    put(folder, csr=CSR, readme=b"hello")
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder / "My keys" / "key")
        await until_found(user)
        assert "Cannot be adopted: no CSR and no certificate" in said(user, "details")
        assert "several paths separated by spaces" in said(user, "details")
        await user.press("escape", "a", "ctrl+u")
        await user.paste(f"'{folder}/My keys' {folder}/csr '{folder}/readme")
        await user.press("enter")
        await until_told(user)
        assert "A quotation mark is not closed" in said(user, "notes")
        await user.press("'", "enter")
        await until_found(user)
        assert marks(user) == 1
        assert "readme: contains no key, CSR or certificate" in said(user, "details")


async def test_a_passphrase_is_asked_for_only_if_needed(tmp_path: Path, folder: Path) -> None:
    put(folder, key=pkcs8(rsa_key(), passphrase=PHRASE), csr=CSR)
    async with at_screens(session_with(tmp_path / "store")) as user:
        await user.press("f2", "a")
        assert not user.app.screen.query_one("#locked").display
        await user.paste(str(folder / "key"))
        await user.press("enter")
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase field")
        assert "1 encrypted key found" in said(user, "notes")
        assert "Tab" not in said(user, "keys"), "nothing to complete in the passphrase"
        await user.press("enter")
        await until_told(user)
        assert "has a passphrase" in said(user, "notes"), "the only key stays closed"
        await user.press("x", "enter")
        await until_told(user)
        assert "does not open" in said(user, "notes")
        await user.press("backspace")
        assert "does not open" not in said(user, "notes")
        await user.paste(PHRASE.decode())
        await user.press("enter")
        await until_found(user)
        assert marks(user) == 1, "the CSR beside the key is used"
        assert PHRASE.decode() not in user.screen_text
        await user.press("escape")
        assert isinstance(user.app.screen, MainScreen)
        assert user.pairs == []


async def test_a_wrong_passphrase_can_be_typed_again_beside_opened_keys(tmp_path: Path, folder: Path) -> None:
    put(
        folder,
        closed=pkcs8(rsa_key(), passphrase=PHRASE),
        open=pkcs8(ec_key()),
        asked=bare_csr(ec_key()),
    )
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase field")
        await user.press("x", "enter")
        await until_told(user)
        assert "opens none of the encrypted keys" in said(user, "notes")
        assert user.focused_id == "passphrase"
        await user.press("backspace")
        await user.paste(PHRASE.decode())
        await user.press("enter")
        await until_found(user)
        assert "2 keys found" in said(user, "about")


async def test_encrypted_keys_are_named_and_backups_of_csrtui_are_left_out(
    tmp_path: Path, folder: Path
) -> None:
    backup = b"csrtui backup: a private key\n" + pkcs8(ec_key(), passphrase=PHRASE)
    put(folder, **{"closed.key": pkcs8(rsa_key(), passphrase=PHRASE), "a.pem": backup})
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase field")
        assert "1 encrypted key found: closed.key" in said(user, "notes")
        assert "1 csrtui backup left out. To restore one, press Esc, then r." in said(user, "notes")
        await user.paste(PHRASE.decode())
        await user.press("enter")
        await until_found(user)
        assert "Left out: 1 csrtui backup. To restore a pair, press Esc, then r." in said(user, "details")
        (folder / "closed.key").unlink()
        await user.press("escape", "a", "enter")
        await until_told(user)
        assert "No private key found" in said(user, "notes")
        assert "1 csrtui backup left out" in said(user, "notes")


async def test_without_a_passphrase_encrypted_keys_are_left_out(tmp_path: Path, folder: Path) -> None:
    put(folder, closed=pkcs8(rsa_key(), passphrase=PHRASE), open=pkcs8(ec_key()))
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await user.until(lambda: user.focused_id == "passphrase", "the passphrase field")
        await user.press("enter")
        await until_found(user)
        assert "1 key found" in said(user, "about")
        assert "Left out" in said(user, "details")


@pytest.mark.parametrize("rows", [40, 12])
async def test_further_details_can_be_scrolled(tmp_path: Path, folder: Path, rows: int) -> None:
    put(folder, key=pkcs8(rsa_key()), csr=CSR, stray=csr(rsa_key(1024)), cut=pkcs8(ec_key())[:70])
    async with at_screens(session_with(tmp_path / "store"), (80, rows)) as user:
        await look(user, folder)
        await until_found(user)
        before = user.screen_text
        await user.press("tab")
        assert ("more lines: Tab" in user.screen_text) is (user.screen_text != before)
        assert ("more lines: Tab" in user.screen_text) is (rows == 12)


async def test_errors_are_shown_and_no_typed_text_is_lost(tmp_path: Path, folder: Path) -> None:
    put(folder, readme=b"hello", cut=pkcs8(ec_key())[:70])
    async with at_screens(session_with(tmp_path / "store")) as user:
        await user.press("f2", "a", "enter")
        assert "Enter the path of a key file" in said(user, "notes")
        await user.paste("a\nb")
        assert "several lines" in said(user, "notes")
        await user.paste(str(folder))
        await user.press("enter")
        await until_told(user)
        assert "No private key found" in said(user, "notes")
        assert "cut short" in said(user, "notes")
        await user.press(*"/x")
        assert "No private key" not in said(user, "notes")
        await user.press("enter")
        await until_told(user)
        assert "No such file" in said(user, "notes")
        await user.press("escape")
        assert isinstance(user.app.screen, MainScreen)
        await user.press("a")
        assert user.app.screen.query_one("#path", TextField).value == f"{folder}/x", "it is there again"


async def test_an_absolute_path_replaces_the_one_of_an_earlier_dialog_and_other_text_continues_it(
    tmp_path: Path,
) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:

        async def opened_again(*keys: str, paste: str = "") -> str:
            await user.press("escape", "a", *keys)
            if paste:
                await user.paste(paste)
            return user.app.screen.query_one("#path", TextField).value

        await user.press("f2", "a")
        await user.paste("/tmp/old")
        assert await opened_again() == "/tmp/old"
        assert await opened_again("/", "n") == "/n"
        assert await opened_again(paste="/tmp/new") == "/tmp/new"
        assert await opened_again("2") == "/tmp/new2"
        assert await opened_again("backspace", "3") == "/tmp/new3"
        assert await opened_again("ctrl+w") == "/tmp/"
        assert await opened_again("end", paste="/srv/") == "/srv/"


async def test_without_marks_the_selected_key_is_adopted_a_csr_is_made_and_the_next_step_offered(
    tmp_path: Path, folder: Path
) -> None:
    put(
        folder,
        a=pkcs8(rsa_key()),
        cert=pem(LEAF),
        b=pkcs8(ec_key()),
        c=bare_csr(ec_key()),
        d=pkcs8(ec_key(4)),
    )
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await until_found(user)
        assert marks(user) == 1
        await user.press("home", "space")
        assert "d cannot be adopted: no CSR" in said(user, "notes")
        assert said(user, "notes").endswith("…"), "there is room for two lines"
        assert marks(user) == 1
        await user.press("space", "home", "enter")
        assert said(user, "notes") == "d cannot be adopted."
        assert "Cannot be adopted: no CSR" in said(user, "details")
        await user.press("end")
        assert "No key is marked. Enter adopts the selected one." in said(user, "notes")
        await user.press("enter")
        await until_done(user)
        assert "a new CSR and certificate" in said(user, "details")
        await user.press("full_stop")
        await user.until(lambda: isinstance(user.app.screen, BackupModal), "the next step")
        await user.press("escape")
        await user.until_pairs(NAME)


async def test_the_first_key_that_can_be_adopted_is_selected(tmp_path: Path, folder: Path) -> None:
    put(folder, cert=pem(LEAF), a=pkcs8(rsa_key()), b=pkcs8(ec_key()))
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await until_found(user)
        assert "certificate, no CSR" in user.screen_text
        assert "Enter adopts the selected one." in said(user, "notes")
        await user.press("enter")
        await until_done(user)
        assert "a new CSR and certificate" in said(user, "details")


async def test_existing_keys_are_shown_and_cannot_be_adopted(tmp_path: Path, folder: Path) -> None:
    put(folder, key=pkcs8(rsa_key()), csr=CSR)
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await until_found(user)
        await user.press("enter")
        await until_done(user)
        await user.press("enter")
        await user.press("a", "enter")
        await until_found(user)
        assert "already in keystore" in user.screen_text
        assert f"as {NAME}" in said(user, "details")
        assert marks(user) == 0


async def test_an_error_of_the_store_is_shown(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, key=pkcs8(rsa_key()), csr=CSR)

    def fail(*_: object) -> None:
        raise StoreError("the disk is full", "make room")

    monkeypatch.setattr(Keystore, "add", fail)
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await until_found(user)
        await user.press("enter")
        await until_done(user)
        assert "the disk is full; make room" in said(user, "details")
        assert "No key was adopted" in said(user, "notes")
        await user.press("enter")
        assert user.pairs == []


@pytest.mark.parametrize(("columns", "rows"), [(40, 12), (120, 40)])
async def test_hostile_names_and_many_keys_fit_every_screen(
    tmp_path: Path, folder: Path, columns: int, rows: int
) -> None:
    hostile = "a\x1b]0;x\x07[@click=app.quit]x[/]\u202e" + "y" * 90
    put(
        folder,
        key=pkcs8(rsa_key()),
        csr=csr(common_name=hostile),
        stray=csr(rsa_key(1024), common_name=hostile),
    )
    for number in range(12):
        put(
            folder,
            **{f"k{number}[b]\x1b": pkcs8(ec_key(number)), f"c{number}": bare_csr(ec_key(number))},
        )
    async with at_screens(session_with(tmp_path / "store")) as user:
        await user.resize(columns, rows)
        await look(user, folder)
        screen = await until_found(user)
        seen = ""
        for _ in range(14):
            seen += said(user, "details") + user.screen_text
            await user.press("down", "tab")
            assert all(len(line) <= columns for line in user.screen_lines)
            assert "Enter Adopt" in user.screen_text
        assert "\x1b" not in seen
        assert "\u202e" not in seen
        assert "CN=a\\1B]0\\;x\\07[@click=app.quit]x[/]" in seen.replace(" ", "")
        assert len(screen.marked) == 13
        await user.press("enter")
        await until_done(user)
        assert "13 pairs adopted" in said(user, "about")
        assert "Enter Close" in user.screen_text
        await user.press("enter")
        assert isinstance(user.app.screen, MainScreen)


async def test_escape_during_a_search_closes_the_dialog_after_it(tmp_path: Path, folder: Path) -> None:
    put(folder, key=pkcs8(rsa_key()), csr=CSR)
    async with at_screens(session_with(tmp_path / "store")) as user:
        await look(user, folder)
        await user.press("escape")
        await user.until(lambda: isinstance(user.app.screen, MainScreen | AdoptSelectionModal), "an end")
        assert user.pairs == []
