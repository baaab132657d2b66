"""The import dialog: files and pasted text, the result of each certificate, and the next step."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import backed_up, said, session_with
from certificates_made import build, intermediate, named, pem
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from issued_dialogs import answer_of_ca, at_pair, file_of_ca, imported, is_at, record
from screens_user import NOW, at_screens

from csrtui.core.pairs.pair import Backup, BackupStatus, Stage
from csrtui.tasks.import_ import ImportSource, import_certificates
from csrtui.tasks.new import create_pair
from csrtui.tasks.parallel import Result
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.session import change_record
from csrtui.tui.commands import key_of
from csrtui.tui.modals.backup import BackupModal
from csrtui.tui.modals.import_and_inspect import ImportModal
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.modals.renew import RenewModal
from csrtui.tui.modals.results import ImportResultModal, import_summary
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.widgets.one_line_widgets import RuleLine
from csrtui.tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

ONE, TWO = "a.example.com", "b.example.com"


def typed(user: User) -> str:
    """Return the text of the field."""
    return user.app.screen.query_one("#files", TextField).value


def told(user: User) -> str:
    """Return the message line of the screen."""
    return user.app.screen.query_one("#message", RuleLine).message


async def test_a_pasted_answer_is_imported_at_once_and_its_facts_are_shown(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    async with at_screens(session) as user:
        await at_pair(user, TWO)
        await user.press("i", "enter")
        assert "No file is named." in user.screen_text
        await user.paste("Dear customer,\n\n" + answer_of_ca(session, ONE) + "\nYours, the CA\n")
        await imported(user)
        assert is_at(user, ImportResultModal)
        assert said(user, "about") == f"Certificate of {ONE}"
        text = said(user, "results")
        for fact in (
            f"for {ONE}",
            "issued by CN=Test CA 1",
            "valid 20 Nov 2026 – 2 Jun 2027: 195 days, 191 days left",
            "chain valid up to CN=Test Root; 3 certificates, in order: leaf, CN=Test CA 1, CN=Test Root (root, not sent by servers)",
            "request issued as requested",
        ):
            assert fact in text
        assert ". Back up" in said(user, "keys")
        message = f"{ONE}: imported, expires 2 Jun 2027. Next: back up"
        assert user.message == message, "as soon as the dialog shows it"
        await user.press("enter")
        assert is_at(user, MainScreen)
        assert user.message == message
        await user.until(
            lambda: (current := user.keystore.current) and current.name == ONE,
            "the cursor on the pair that the certificate is for",
        )
    assert record(session, ONE).stage is Stage.ISSUED
    assert record(session, TWO).stage is Stage.NEW


async def test_several_files_are_imported_and_distinguished_after_a_question_about_wrong_names(
    tmp_path: Path,
) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    one = file_of_ca(session, ONE, tmp_path / "with blank.pem", names=[ONE, "extra.example.com"], days=50)
    two = file_of_ca(session, TWO, tmp_path / "two.pem", names=["other.example.com"])
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(f"'{one}' {two}")
        await user.press("enter")
        await user.until(lambda: is_at(user, ConfirmModal), "the question")
        question = (
            f"{TWO}: not imported yet: the certificate does not cover {TWO}: visitors will get an error."
        )
        assert question in " ".join(user.question.split())
        await user.press("right", "enter")
        await imported(user)
        assert said(user, "about") == "2 of 2 certificates imported"
        text = said(user, "results")
        assert "differs extra.example.com was not requested; the CA added it" in text
        assert "50 days" in text
        assert f"differs {TWO} was requested but is not in the certificate" in text
        assert "Next" not in said(user, "keys"), "there is not one pair to go on with"
        await user.press("full_stop")
        assert is_at(user, ImportResultModal)
        await user.press("escape")
    backup = Backup(BackupStatus.VERIFIED, "/b.pem", NOW, NOW)
    change_record(session, TWO, lambda record: record.with_backup(backup))
    async with at_screens(session) as user:
        await at_pair(user, TWO)
        advice = f"The certificate does not cover {TWO}. Import another one."
        await user.until(lambda: advice in user.screen_text, "why another one is needed")
        assert user.bar.startswith(" . Import")
        await user.press("enter")
        await user.until(lambda: "Warning: the certificate does not cover" in user.screen_text, "the page")


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({"start": NOW - timedelta(days=300), "days": 100}, "warning the certificate expired"),
        ({"start": NOW + timedelta(days=3)}, "warning the certificate is not valid before"),
    ],
    ids=["expired", "not yet"],
)
async def test_problems_with_a_certificate_are_shown(
    tmp_path: Path, changes: dict[str, object], flaw: str
) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(answer_of_ca(session, ONE, **changes))
        await imported(user)
        text = said(user, "results")
        assert flaw.partition(" ")[0] in text
        assert "2026" in text
        assert ("ago" in text) is ("days" in changes)


async def test_a_missing_chain_is_reported(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    alone = answer_of_ca(session, ONE).partition("-----END CERTIFICATE-----\n")
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste("".join(alone[:2]))
        await imported(user)
        text = said(user, "results")
        assert "chain 1 certificate, in order: leaf" in text
        assert "warning the chain is incomplete: issuer certificate CN=Test CA 1 is missing" in text


@pytest.mark.parametrize("yes", [True, False])
async def test_a_certificate_that_expires_sooner_is_imported_after_a_question(
    tmp_path: Path, yes: bool
) -> None:
    session = session_with(tmp_path / "store", ONE)
    longer = answer_of_ca(session, ONE)
    import_certificates(session, [ImportSource(longer.encode())])
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(answer_of_ca(session, ONE, days=30))
        await user.until(lambda: is_at(user, ConfirmModal), "the question")
        assert "which expires on 2 Jun 2027." in user.screen_text
        await user.press(*(("right", "enter") if yes else ("escape",)))
        await user.until(lambda: user.app.screen.query("#results"), "the result")
        text = said(user, "results")
        assert ("imported, expires 19 Dec 2026" in text) is yes
        assert ("not imported yet" in text) is not yes
    validity = record(session, ONE).validity
    assert validity is not None
    assert (validity.not_after.month == 12) is yes


async def test_on_a_pairs_screen_a_certificate_of_another_pair_is_named_and_imported_on_request(
    tmp_path: Path,
) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    file = file_of_ca(session, TWO, tmp_path / "two.pem")
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("enter", "i")
        assert said(user, "about").startswith(f"Import the certificate of {ONE}")
        await user.paste(str(file))
        await user.press("enter")
        await imported(user)
        assert said(user, "about") == "No certificate was imported"
        assert f"is for the pair {TWO}, not for {ONE}: its public key says so" in said(user, "results")
        assert f". Import into {TWO}" in said(user, "keys")
        assert record(session, TWO).stage is Stage.NEW, "nothing without being asked for"
        await user.press("full_stop")
        await user.until(
            lambda: user.app.screen.query("#results") and f"Certificate of {TWO}" in said(user, "about"),
            "the other pair's certificate",
        )
        await user.press("escape")
        assert isinstance(user.app.screen, PairScreen)
        assert user.app.screen.pair.name == ONE
        assert f"{TWO}: imported, expires" in told(user)
    assert record(session, TWO).stage is Stage.ISSUED


async def test_an_unmatched_certificate_or_another_file_is_reported_and_the_text_stays(
    tmp_path: Path,
) -> None:
    session = session_with(tmp_path / "store", ONE)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    names = x509.SubjectAlternativeName([x509.DNSName("stranger.example.com")])
    stranger = build(named("stranger.example.com"), key, intermediate(), [names])
    (tmp_path / "stranger.pem").write_bytes(pem(stranger))
    (tmp_path / "notes.txt").write_text("nothing here")
    (tmp_path / "folder").mkdir()
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        for file, answer in {
            "stranger.pem": "matches no pair here. Subject: CN=stranger.example.com",
            "notes.txt": "contains no certificate",
            "missing.pem": "No such file",
            "folder": "is a folder",
        }.items():
            user.app.screen.query_one("#files", TextField).replace_text(str(tmp_path / file))
            await user.press("enter")
            await imported(user)
            await user.until(lambda: answer in said(user, "notes"), answer)  # noqa: B023 - waited for at once
            assert is_at(user, ImportModal)
            assert typed(user) == str(tmp_path / file)
            if file == "stranger.pem":
                assert said(user, "notes").endswith(f"press Esc, then {key_of('adopt')} (Adopt).")
        user.app.screen.query_one("#files", TextField).replace_text("'/tmp/a")
        await user.press("enter")
        assert "A quotation mark is not closed" in said(user, "notes")
        await user.press("escape", "i")
        assert typed(user) == "'/tmp/a", "escape throws nothing away"


async def test_a_paste_that_arrives_as_keys_is_collected(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        alone = answer_of_ca(session, ONE).partition("-----END CERTIFICATE-----")
        for line in "".join(alone[:2]).splitlines():
            await user.paste(line)  # a single line is inserted like typed keys
            await user.press("enter")
        gathered = said(user, "notes")
        assert "lines of text read. Press Enter again to import." in gathered
        assert typed(user) == ""
        await user.press("enter")
        await imported(user)
        assert is_at(user, ImportResultModal)
    assert record(session, ONE).stage is Stage.ISSUED


async def test_an_answer_without_line_ends_is_read_from_the_field(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(answer_of_ca(session, ONE).replace("\n", " ").strip())
        await user.press("enter")
        await imported(user)
        assert is_at(user, ImportResultModal)


async def test_pasted_paths_are_inserted_with_their_blanks(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste("/tmp/a b.pem\n~/c d.pem\n/tmp/e.pem\n")
        assert typed(user) == "'/tmp/a b.pem' ~/'c d.pem' /tmp/e.pem"
        await user.paste("\x1b[31m/tmp/x")
        assert "removed" in said(user, "notes")


async def test_the_next_step_can_be_started_from_the_result(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(answer_of_ca(session, ONE))
        await imported(user)
        await user.press("full_stop")
        assert is_at(user, BackupModal)
        assert ONE in said(user, "about")


@pytest.mark.parametrize("size", [(80, 24), (30, 10)])
async def test_hostile_names_in_a_certificate_are_shown_and_have_no_effect(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    session = session_with(tmp_path / "store", ONE)
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "a\x1b]0;owned\x07b"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "[@click=app.quit]x[/] a[/b] \u202egnp"),
        ]
    )
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    stranger = build(subject, key, intermediate(), [])
    (tmp_path / "x.pem").write_bytes(pem(stranger))
    async with at_screens(session, size) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(answer_of_ca(session, ONE, subject=subject) + pem(stranger).decode("ascii"))
        await imported(user)
        assert is_at(user, ImportResultModal)
        assert "[@click=app.quit]" in said(user, "results")
        assert "\\x1b" in said(user, "results")
        for line in user.screen_lines:
            assert line.isprintable(), ascii(line)
            assert len(line) <= size[0]
        assert "Enter Close" in user.screen_text or size[1] < 12
        await user.press("enter", "i")
        await user.paste(str(tmp_path / "x.pem"))
        await user.press("enter")
        await imported(user)
        assert is_at(user, ImportModal)
        for line in user.screen_lines:
            assert line.isprintable(), ascii(line)
        assert not is_at(user, ConfirmModal)


async def test_an_encrypted_pkcs12_file_is_imported_with_its_passphrase(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    certificates = x509.load_pem_x509_certificates(answer_of_ca(session, ONE).encode())
    data = pkcs12.serialize_key_and_certificates(
        None, None, None, certificates, BestAvailableEncryption(b"secret words")
    )
    (tmp_path / "answer.p12").write_bytes(data)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.type(str(tmp_path / "answer.p12"))
        await user.press("enter")
        await user.until(
            lambda: "answer.p12 is encrypted. Type the passphrase" in user.screen_text, "the field"
        )
        assert user.focused_id == "passphrase"
        await user.type("wrong")
        await user.press("enter")
        await user.until(lambda: "the passphrase does not" in user.screen_text, "the refusal")
        await user.press("ctrl+u")
        await user.type("secret words")
        await user.press("enter")
        await user.until(lambda: is_at(user, ImportResultModal), "the result")
    assert record(session, ONE).stage is Stage.ISSUED


KEY = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode("ascii")
)


@pytest.mark.parametrize("way", ["pasted", "keys", "file"])
async def test_a_private_key_is_not_shown_and_the_hint_leads_to_adopt(tmp_path: Path, way: str) -> None:
    session = session_with(tmp_path / "store", ONE)
    (tmp_path / "key.pem").write_text(KEY)
    secret = KEY.splitlines()[1]
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        if way == "keys":  # as a terminal without bracketed paste sends it
            for line in KEY.splitlines():
                await user.type(line)
                assert secret not in user.screen_text
                await user.press("enter")
        else:
            await user.paste(KEY if way == "pasted" else str(tmp_path / "key.pem"))
            await user.press("enter")
        await imported(user)
        await user.until(lambda: "it contains a private key" in said(user, "notes"), "the reason")
        assert f"press Esc, then {key_of('adopt')}." in said(user, "notes")
        assert secret not in user.screen_text
        if way == "file":  # the page of a pair is between the dialog and the keystore
            await user.press("escape", "enter", "i")
            await user.paste(str(tmp_path / "key.pem"))
            await user.press("enter")
            await user.until(lambda: "press Esc twice, then" in said(user, "notes"), "the way to Adopt")
        assert secret not in typed(user)


async def test_a_private_key_typed_on_one_line_is_masked_and_forgotten(tmp_path: Path) -> None:
    """As a terminal without bracketed paste sends it, before Enter."""
    session = session_with(tmp_path / "store", ONE)
    line = KEY.replace("\n", " ")
    secret = line.split()[4][:20]
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.type(line[: line.index(secret) + len(secret)])
        assert secret not in user.screen_text
        assert "*" * len(secret) in user.screen_text
        await user.press("escape")
        await user.press("i")
        assert typed(user) == ""


async def test_a_certificate_that_is_due_leads_to_its_renewal(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    backed_up(session, ONE, tmp_path / "usb")
    file = file_of_ca(session, ONE, tmp_path / "due.pem", start=NOW - timedelta(days=80), days=90)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(str(file))
        await user.press("enter")
        await imported(user)
        assert ". Renew" in said(user, "keys")
        await user.press("full_stop")
        await user.until(lambda: is_at(user, RenewModal), "the ways to renew")


async def test_a_backup_given_to_import_leads_to_restore(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    file = backed_up(session, ONE, tmp_path / "usb").path
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(file)
        await user.press("enter")
        await user.until(lambda: "that is a backup of a private key" in said(user, "notes"), "the reason")
        assert f"press Esc, then {key_of('restore')}." in said(user, "notes")


async def test_tab_completes_the_last_of_several_files(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    folder = tmp_path / "from the CA"
    folder.mkdir()
    for name in ("one.pem", "other.pem", ".hidden"):
        (folder / name).touch()
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("i")
        await user.paste(f"/tmp/x '{tmp_path}/from")
        await user.press("tab")
        assert typed(user) == f"/tmp/x '{folder}/'"
        assert "one.pem other.pem" in said(user, "notes")
        await user.press("o", "tab")
        assert "one.pem other.pem" in said(user, "notes")
        await user.press("n", "tab")
        assert typed(user) == f"/tmp/x '{folder}/one.pem'"
        assert "one.pem" not in said(user, "notes")


def test_the_message_after_an_import_leaves_room_for_the_next_step() -> None:
    result = Result(ok=True, pair="a.com", text="certificate chain replaced, now 2 certificates")
    assert import_summary([result]) == "a.com: certificate chain replaced"


async def test_of_many_names_only_the_first_are_listed_so_that_the_other_facts_fit(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store")
    names = tuple(f"host{number}.example.com" for number in range(30))
    create_pair(session, RequestSpec(names=names))
    async with at_screens(session, size=(80, 24)) as user:
        await at_pair(user, names[0])
        await user.press("i", "enter")
        await user.paste(answer_of_ca(session, names[0]))
        await imported(user)
        assert "host6.example.com and 23 more" in said(user, "results")
        assert "issued as requested" in user.screen_text
