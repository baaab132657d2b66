"""The install dialog: a preview, files with the right modes, and no overwritten file."""

from __future__ import annotations

import os
import stat
from threading import Event
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import PASSPHRASE, said, say_encrypted, session_with
from cryptography.hazmat.primitives.serialization import pkcs12
from issued_dialogs import at_pair, import_certificate, is_at, record
from screens_user import at_screens

from csrtui.core.base.finding import CaKind
from csrtui.core.pairs.pair import NextStep
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.core.servers.server import FileFormat
from csrtui.store.package_data import servers
from csrtui.tasks.export import ExportSpec, export, prepare_export
from csrtui.tasks.list import read_pair
from csrtui.tui.commands import COMMANDS
from csrtui.tui.modals.install import InstallModal
from csrtui.tui.modals.install_page import InstallPreview
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.screens import text_pages
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.text_pages import PageScreen
from csrtui.tui.widgets.choice_field import ChoiceField
from csrtui.tui.widgets.secret_field import SecretField
from csrtui.tui.widgets.text_field import TextField
from csrtui.tui.wrapping import text_lines

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.tasks.export import PreparedExport
    from csrtui.tasks.session import Session

ONE = "a.example.com"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = session_with(tmp_path / "store", ONE)
    import_certificate(made, ONE)
    (tmp_path / "tls").mkdir()
    return made


async def at_install(user: User) -> None:
    """Open the dialog for the pair."""
    await at_pair(user, ONE)
    await user.press("I")
    assert is_at(user, InstallModal)


async def name_folder(user: User, folder: object) -> None:
    """Type the folder, and wait until it has been checked."""
    user.app.screen.query_one("#folder", TextField).replace_text(str(folder))
    await looked(user)


async def looked(user: User) -> None:
    screen = user.app.screen
    assert isinstance(screen, InstallModal)
    await user.until(lambda: screen.check_result is not None, "what is to be said of the folder")


async def choose(user: User, platform: str) -> None:
    """Choose a server software with the keys."""
    field = user.app.screen.query_one("#server", ChoiceField)
    field._choose(platform)
    await user.settle()


async def written(user: User) -> None:
    """Wait until the files exist."""
    await user.until(lambda: isinstance(user.app.screen, PageScreen), "the files")


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in sorted(folder.iterdir())}


async def test_a_late_check_does_not_replace_a_newer_one(tmp_path: Path, session: Session) -> None:
    async with at_screens(session) as user:
        await at_install(user)
        await choose(user, "nginx")
        screen = user.app.screen
        assert isinstance(screen, InstallModal)
        await name_folder(user, tmp_path / "nowhere")
        late = screen.checked_input()
        await name_folder(user, tmp_path / "tls")
        await screen._check(late)
        await user.until(lambda: isinstance(screen.check_result, InstallPreview), "the newer check")
        assert f"{tmp_path}/tls/{ONE}.key" in said(user, "plan").replace(" ", "")
        await user.press("enter")
        await written(user)


async def test_a_file_that_appears_after_the_check_is_named_with_the_way_out(
    tmp_path: Path, session: Session
) -> None:
    async with at_screens(session) as user:
        await at_install(user)
        await choose(user, "nginx")
        await name_folder(user, tmp_path / "tls")
        file = tmp_path / "tls" / f"{ONE}.crt"
        file.write_text("foreign")
        await user.press("enter")
        text = "already exists and is never overwritten. Move it away, or choose another path."
        await user.until(lambda: text in said(user, "notes"), "the way out")
        await user.until(lambda: "Will be written" not in said(user, "plan"), "the new check")
        assert modes(tmp_path / "tls").keys() == {file.name}


async def test_the_plan_is_shown_and_the_files_are_written_with_their_modes(
    tmp_path: Path, session: Session
) -> None:
    tls = tmp_path / "tls"
    async with at_screens(session) as user:
        await at_install(user)
        assert "Enter an existing folder" in said(user, "notes")
        await choose(user, "nginx")
        assert "ssl_certificate FOLDER/www.example.com.crt;" in said(user, "plan")
        await name_folder(user, tls)
        plan = said(user, "plan").replace(" ", "")
        assert f"{tls}/{ONE}.crt(certificate,chain;0644)" in plan
        assert f"{tls}/{ONE}.key(privatekey;0600)" in plan
        assert f"ssl_certificate{tls}/{ONE}.crt;" in plan
        assert modes(tls) == {}, "nothing before it is asked for"
        mode = user.app.screen.query_one("#mode", TextField)
        for text, shown in (("640", "0640"), ("666", "0600"), ("", "0600")):
            mode.replace_text(text)
            await user.settle()
            assert f"(privatekey;{shown})" in said(user, "plan").replace(" ", "")
        await user.press("enter")
        await written(user)
        assert user.title.strip() == f"Install {ONE} · nginx"
        assert "contains the key without a passphrase, for its owner only (0600)" in " ".join(
            user.read_text.split()
        )
        assert "edits no configuration" in " ".join(user.read_text.split())
        assert "PRIVATE KEY" not in user.read_text
        await user.press("q")
        assert is_at(user, MainScreen)
        assert user.message == f"{ONE}: 2 files written for nginx"
        certificates = tls / f"{ONE}.crt"
        certificates.write_text(f"{certificates.read_text()}\n")
        await user.press("I")
        await user.until(lambda: "Replaces 2 files" in said(user, "notes"), "the note")
        assert user.app.screen.query_one("#folder", TextField).value == str(tls), "where it was installed"
        assert user.app.screen.query_one("#server", ChoiceField).value == "nginx"
        await user.press("enter")
        assert "Replace 2 files?" in user.screen_text
        assert "U in the keystore puts it back" in " ".join(user.question.split())
        await user.press("enter")
        assert is_at(user, InstallModal), "the safe answer is selected"
        await user.press("enter", "right", "enter")
        await written(user)
        assert "unchanged" in user.read_text
        assert f"{tls}/.csrtui-previous" in "".join(user.read_text.split())
        assert "Previous set (U in the keystore puts it back):" in user.read_text
        assert f"|csrtuiserved--store{session.store.path}{ONE}" in "".join(user.read_text.split())
    assert modes(tls) == {".csrtui-previous": 0o700, f"{ONE}.crt": 0o644, f"{ONE}.key": 0o600}
    assert record(session, ONE).installed is not None


async def test_the_replaced_files_are_put_back_after_a_question(tmp_path: Path, session: Session) -> None:
    tls = tmp_path / "tls"
    certificates = tls / f"{ONE}.crt"
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("U")
        assert user.message == f"{ONE} was not installed by csrtui: there are no files to put back"
        spec = ExportSpec(ONE, PLATFORMS["nginx"], str(tls), replaces=True)
        export(session, prepare_export(session, spec))
        present = certificates.read_text()
        certificates.write_text(f"{present}\n")
        export(session, prepare_export(session, spec))
        assert certificates.read_text() == present
        await user.press("U")
        await user.until(lambda: is_at(user, ConfirmModal), "the question")
        assert user.question.startswith("Put back 2 files?")
        text = "".join(user.question.split())
        assert f"{ONE}.crt,{ONE}.keyin{tls}:" in text
        await user.press("right", "enter")
        await user.until(lambda: "2 files put back. Next: reload nginx" in user.message, "the end")
        assert certificates.read_text() == f"{present}\n"
        assert record(session, ONE).installed is None
        await user.press("U")
        await user.until(lambda: "There is no previous set" in user.screen_text, "the reason")
        await user.press("M", "right", "enter")
        await user.until(lambda: user.message == f"{ONE}: marked as installed", "the mark")
    assert record(session, ONE).installed is not None


async def test_a_pkcs12_file_gets_a_passphrase_that_is_typed_twice(tmp_path: Path, session: Session) -> None:
    async with at_screens(session) as user:
        await at_install(user)
        await name_folder(user, tmp_path / "tls")
        assert not user.app.screen.query_one("#pkcs12").display
        await choose(user, "iis")
        await looked(user)
        assert user.app.screen.query_one("#pkcs12").display
        user.app.screen.query_one("#folder").focus()
        await user.settle()
        await user.press("enter", "enter", "enter")
        assert "Type a passphrase for it" in said(user, "notes")
        assert user.focused_id == "passphrase"
        await user.paste(PASSPHRASE)
        assert "Long enough" in said(user, "notes")
        await user.press("enter")
        await user.paste("another")
        await user.press("enter")
        assert "The passphrases differ" in said(user, "notes")
        for field in ("#passphrase", "#again"):
            user.app.screen.query_one(field, SecretField).load_text("abc")
        await user.press("enter")
        assert "The passphrase is short" in user.question
        await user.press("enter")
        assert is_at(user, InstallModal), "the safe answer is selected"
        user.app.screen.query_one("#passphrase", SecretField).load_text(PASSPHRASE)
        user.app.screen.query_one("#again", SecretField).load_text(PASSPHRASE)
        assert PASSPHRASE not in user.screen_text
        await user.press("enter", "enter")
        await written(user)
        assert "contains the key with the given passphrase" in " ".join(user.read_text.split())
        assert PASSPHRASE not in user.read_text
    made = tmp_path / "tls" / f"{ONE}.pfx"
    key, certificate, _ = pkcs12.load_key_and_certificates(made.read_bytes(), PASSPHRASE.encode())
    assert key is not None
    assert certificate is not None
    assert modes(tmp_path / "tls") == {f"{ONE}.pfx": 0o600}


async def test_a_passphrase_that_openssl_cannot_read_is_refused_in_the_dialog(
    tmp_path: Path, session: Session
) -> None:
    async with at_screens(session) as user:
        await at_install(user)
        await name_folder(user, tmp_path / "tls")
        await choose(user, "iis")
        await looked(user)
        user.app.screen.query_one("#folder").focus()
        await user.settle()
        await user.press("enter", "enter", "enter", "enter")
        for field in ("#passphrase", "#again"):
            user.app.screen.query_one(field, SecretField).load_text("a1" * 512)
        user.app.screen.query_one("#again").focus()
        await user.press("enter")
        assert "The passphrase has more than 1023 bytes" in said(user, "notes")
        assert user.focused_id == "passphrase"
    assert modes(tmp_path / "tls") == {}


async def test_keys_typed_ahead_reach_the_right_fields(tmp_path: Path, session: Session) -> None:
    from textual import events

    async with at_screens(session) as user:
        await at_install(user)
        await name_folder(user, tmp_path / "tls")
        await choose(user, "nginx")
        await user.press("up")
        assert user.focused_id == "server"
        for key in ("m", "down", "down", "down"):
            user.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await user.settle()
        assert user.app.screen.query_one("#server", ChoiceField).value == "iis"
        assert user.focused_id == "passphrase"


async def test_errors_of_a_folder_are_shown_while_it_is_typed(tmp_path: Path, session: Session) -> None:
    (tmp_path / "file").write_text("")
    async with at_screens(session) as user:
        await at_install(user)
        await user.press("enter")
        assert "Enter an existing folder" in said(user, "notes")
        for folder, answer in {
            tmp_path / "nowhere": "does not exist",
            tmp_path / "file": "Not a directory",
            session.store.path: "is within the keystore",
        }.items():
            await name_folder(user, folder)
            assert answer in said(user, "notes")
            await user.press("enter")
            assert is_at(user, InstallModal)
        await user.paste("one\ntwo")
        assert "was ignored" in said(user, "notes")
        await user.press("escape")
        assert is_at(user, MainScreen)
        await user.press("I")
        assert user.app.screen.query_one("#folder", TextField).value == "", "what failed is no default"
        await name_folder(user, tmp_path)
        await user.press("escape", "I")
        assert user.app.screen.query_one("#folder", TextField).value == str(tmp_path), "what will do is"


async def test_enter_checks_a_missing_folder_again(tmp_path: Path, session: Session) -> None:
    new = tmp_path / "new"
    async with at_screens(session) as user:
        await at_install(user)
        await choose(user, "nginx")
        await name_folder(user, new)
        await user.press("enter")
        await looked(user)
        assert "does not exist" in said(user, "notes")
        assert "F7 Create folder" in said(user, "keys")
        new.mkdir(0o700)
        await user.press("enter")
        await written(user)
    assert set(modes(new)) == {f"{ONE}.crt", f"{ONE}.key"}


async def test_a_message_about_a_paste_stays_after_a_later_check(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Event()
    answer.set()

    def slow(session: Session, order: ExportSpec) -> PreparedExport:
        answer.wait(10)
        return prepare_export(session, order)

    monkeypatch.setattr("csrtui.tui.modals.install.prepare_export", slow)
    async with at_screens(session) as user:
        await at_install(user)
        await name_folder(user, tmp_path / "nowhere")
        answer.clear()
        await user.press("enter")
        assert "Checking the folder" in said(user, "notes")
        await user.paste("one\ntwo")
        answer.set()
        await looked(user)
        assert "was ignored" in said(user, "notes")


async def test_a_passphrase_is_never_typed_into_a_wrong_folder_field(
    tmp_path: Path, session: Session
) -> None:
    new = tmp_path / "new"
    async with at_screens(session) as user:
        await at_install(user)
        await choose(user, "iis")
        user.app.screen.query_one("#folder").focus()
        await user.settle()
        await user.press("enter")
        assert "Enter an existing folder" in said(user, "notes")
        assert user.focused_id == "folder"
        await name_folder(user, new)
        await user.press("enter")
        await looked(user)
        assert user.focused_id == "folder"
        assert "does not exist" in said(user, "notes")
        await user.press("down", "down")
        assert user.focused_id == "passphrase", "who goes there by hand may"
        assert "Press Up for the folder" in said(user, "notes")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await user.paste(PASSPHRASE)
        await user.press("enter")
        await looked(user)
        assert user.focused_id == "again", "the cursor does not leave a secret field by itself"
        assert "does not exist" in said(user, "notes")
        await user.paste(PASSPHRASE)
        assert PASSPHRASE not in user.screen_text
        await user.press("ctrl+z", "ctrl+u")
        await user.paste(PASSPHRASE)
        new.mkdir(0o700)
        await user.press("enter")
        await written(user)
    assert set(modes(new)) == {f"{ONE}.pfx"}


async def test_a_pair_without_a_certificate_is_reported(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await at_install(user)
        assert f"{ONE} has no certificate yet. When the CA has issued it" in said(user, "notes")
        assert "press Esc, then i to import it" in said(user, "notes"), "before anything is asked for"
        assert "Write" not in said(user, "keys")
        await choose(user, "iis")
        user.app.screen.query_one("#folder").focus()
        await user.settle()
        await user.press("enter")
        assert user.focused_id == "folder", "no passphrase is asked for in vain"
        await name_folder(user, tmp_path)
        assert "has no certificate yet" in said(user, "notes")
        assert "csrtui import" not in said(user, "notes")
        assert "Renewal" in said(user, "plan"), "the guide is there all the same"


async def test_the_passphrase_of_an_encrypted_key_is_asked_for(tmp_path: Path, session: Session) -> None:
    say_encrypted(session, ONE)
    async with at_screens(session) as user:
        await at_install(user)
        await choose(user, "nginx")
        await name_folder(user, tmp_path / "tls")
        assert "gets the key without a passphrase" in said(user, "notes")
        user.app.screen.query_one("#folder").focus()
        await user.settle()
        await user.press("enter", "enter")
        assert "Type the passphrase of the key in the store" in said(user, "notes")
        assert user.focused_id == "own"
        assert modes(tmp_path / "tls") == {}


@pytest.mark.parametrize(("size", "platform"), [((80, 24), "exchange"), ((40, 12), "haproxy")])
async def test_the_dialog_fits_and_shows_its_keys(
    tmp_path: Path, session: Session, size: tuple[int, int], platform: str
) -> None:
    async with at_screens(session, size) as user:
        await at_install(user)
        await choose(user, platform)
        await name_folder(user, tmp_path / "tls")
        await looked(user)
        assert f"Enter {'Write' if platform == 'haproxy' else 'Next field'}" in user.screen_text
        assert "Esc Cancel" in user.screen_text
        assert all(len(line) <= size[0] for line in user.screen_lines)
        before = user.screen_text
        await user.press("pagedown")
        assert user.screen_text != before


async def test_the_choice_of_the_server_shows_its_own_keys(session: Session) -> None:
    async with at_screens(session) as user:
        await at_install(user)
        await user.press("shift+tab")
        assert user.focused_id == "server"
        assert "Enter List" in user.screen_text
        [server, folder] = [line for line in user.screen_lines if "Server  " in line or "Folder  " in line]
        assert server.index("[") == folder.index("destination")
        await user.press("tab")
        assert "Enter Write" in user.screen_text


def test_the_guide_has_a_fitting_page_for_every_platform() -> None:
    pages = text_pages.guide_pages(COMMANDS)
    assert list(pages) == list(PLATFORMS)
    for name, guide in pages.items():
        assert ("passphrase that the import asks for" in " ".join(" ".join(guide.lines(38)).split())) is (
            servers()[name].format is FileFormat.PKCS12
        )


async def test_the_guide_opens_from_the_form_and_shows_other_servers(tmp_path: Path) -> None:
    async with at_screens(session_with(tmp_path / "store")) as user:
        await user.press("f5")
        assert user.title.split("  ")[0] == " Guide · other"
        await user.press("right")
        assert user.title.startswith(" Guide · nginx")
        assert "Old CSR" in user.read_text
        await user.press("left", "left")
        assert "Plesk" not in user.title
        assert f"{len(PLATFORMS) - 1} of {len(PLATFORMS)}" in user.title
        await user.press("v")
        await user.until(lambda: "cannot show plain text" in user.screen_text, "that a test has no terminal")
        await user.press("escape")
        assert is_at(user, MainScreen)
        assert user.focused_id == "common_name"


def test_only_headings_are_bold() -> None:
    wrapped = "restarts nothing. The vendor's documentation is authoritative:"
    for text, style in (
        ("In the server block:", "strong"),
        (wrapped, ""),
        ("Restarts it. See:", ""),
        ("  a:", ""),
    ):
        assert text_lines(text, 80) == [((text, style),)]


async def test_owner_group_and_mode_of_the_key_are_set_in_the_dialog(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csrtui.tui.modals.install.assignable_owner", lambda owner: owner or "")
    tls, group = tmp_path / "tls", str(os.getgid())
    async with at_screens(session) as user:
        await at_install(user)
        await choose(user, "postgresql")
        owner, mode = (user.app.screen.query_one(f"#{name}", TextField) for name in ("owner", "mode"))
        assert owner.value == "postgres"
        await choose(user, "nginx")
        assert owner.value == ""
        lines = user.screen_lines
        label, field = (next(line for line in lines if text in line) for text in ("[nginx", "destination"))
        assert label.index("[nginx") == field.index("destination folder")
        assert label.index("Server") == field.index("Folder")
        await name_folder(user, tls)
        await user.press("down", "down", *group, "down", *"644")
        assert "600 (owner only)" in said(user, "notes")
        await user.press("enter")
        await user.until(lambda: "is not a mode for a private key" in said(user, "notes"), "the error")
        assert mode.has_focus
        mode.replace_text("640")
        await user.press("enter")
        await written(user)
    assert modes(tls)[f"{ONE}.key"] == 0o640


async def test_server_software_and_ca_of_a_pair_are_changed_by_commands_and_by_an_installation(
    tmp_path: Path, session: Session
) -> None:
    request = read_pair(session, ONE)[1].der
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("enter", "S", *"haproxy", "enter")
        assert record(session, ONE).platform == "haproxy"
        assert "HAProxy" in user.read_text
        assert "is now for HAProxy; its CSR is unchanged" in user.screen_text
        await user.press("C", "p", "down", "enter")
        assert "HAProxy, private CA, purpose server" in user.read_text
        assert "is now for a private CA; its CSR is unchanged" in user.screen_text
        await user.press("I")
        assert user.app.screen.query_one("#server", ChoiceField).value == "haproxy"
        await choose(user, "apache")
        await name_folder(user, tmp_path / "tls")
        assert "server software to Apache httpd" in said(user, "notes")
        await user.press("enter")
        await written(user)
        await user.press("escape")
        await user.until(lambda: "Apache httpd" in user.read_text, "the new server software")
    assert (record(session, ONE).platform, record(session, ONE).ca) == ("apache", CaKind.PRIVATE)
    assert read_pair(session, ONE)[1].der == request


async def test_an_installed_pair_has_no_next_step(tmp_path: Path, session: Session) -> None:
    async with at_screens(session) as user:
        await at_install(user)
        await choose(user, "nginx")
        await name_folder(user, tmp_path / "tls")
        await user.press("enter")
        await written(user)
        await user.press("escape")
    assert record(session, ONE).next_step(session.clock()) in {NextStep.BACK_UP, NextStep.NONE}


async def test_a_folder_that_others_can_write_to_causes_a_warning(session: Session, tmp_path: Path) -> None:
    (tmp_path / "tls").chmod(0o777)
    async with at_screens(session, size=(120, 40)) as user:
        await at_install(user)
        await name_folder(user, tmp_path / "tls")
        assert "others can write to" in said(user)
        assert "chmod go-w" in said(user)
