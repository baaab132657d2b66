"""The renew dialog shows the consequences of each way before the choice, and proves the old key."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS, backed_up, said, session_with
from cryptography.hazmat.primitives.asymmetric import ec
from exports_made import issue
from issued_dialogs import answer_of_ca, at_pair, imported, is_at, record
from screens_user import NOW, at_screens, session_on

from csrtui.core.base.finding import FieldName, Finding, Level
from csrtui.core.base.secret import Secret
from csrtui.core.keys import pkcs8
from csrtui.core.pairs.pair import NextStep
from csrtui.core.pairs.renewal_ways import RenewalWay
from csrtui.tasks import draft
from csrtui.tasks.new import create_pair
from csrtui.tasks.renew import plan_renewal, renew
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.retire import mark_compromised, retire
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.modals.renew import RenewAnswer, RenewModal
from csrtui.tui.modals.request_form_dialogs import KeyOptionsModal
from csrtui.tui.modals.submit import SubmitModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.screens.text_pages import PageScreen
from csrtui.tui.widgets.one_line_widgets import TitleLine
from csrtui.tui.widgets.secret_field import SecretField

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.tasks.session import Session

ONE = "www.mydomain.com"
TWO = f"{ONE}-2"
PASSWORD = "canary that nobody sees"
MORE_SIZES = [(60, 16), (99, 24), (200, 60)]
DUE = NOW - timedelta(days=150)
"""The start of validity of a 195-day certificate whose renewal is due."""


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = session_with(tmp_path / "store", ONE)
    issue(made, ONE, DUE)
    return made


async def at_renew(user: User, name: str = ONE) -> None:
    """Open the dialog for a pair."""
    await at_pair(user, name)
    await user.press("w")
    await user.until(lambda: is_at(user, RenewModal), "the dialog")


async def proved(user: User) -> None:
    """Wait for the end of the proof."""
    screen = user.app.screen
    assert isinstance(screen, RenewModal)
    await user.until(lambda: not screen.is_busy, "the proof")


def tie(user: User) -> str:
    """Return the form's text about the pair that the new one renews."""
    return (
        user.main.query_one("#form-rule", TitleLine).note.removesuffix("F7: clear form").removesuffix(" · ")
    )


# The displayed texts


async def test_days_are_counted_as_in_the_list_also_after_the_expiry(session: Session) -> None:
    began = NOW - timedelta(days=198)
    name = create_pair(session, RequestSpec(names=("gone.mydomain.com",))).name
    issue(session, name, began)
    async with at_screens(session, (80, 24)) as user:
        await at_pair(user, name)
        assert "-4 d" in user.screen_text
        await user.press("w")
        await user.until(lambda: is_at(user, RenewModal), "the dialog")
        assert said(user, "about").startswith(f"Renew {name} · expired 4 days ago")


async def test_the_consequences_of_each_way_are_shown_before_the_choice(session: Session) -> None:
    spki = record(session, ONE).key.spki_sha256
    async with at_screens(session, (80, 24)) as user:
        await at_renew(user)
        await proved(user)
        text = said(user, "about", "ways", "keys")
        assert text.startswith(f"Renew {ONE} · 44 days left > A new pair (recommended)")
        assert "The old pair stays and keeps working until the new certificate is installed" in text
        assert f"only work with the private key made on 23 Nov 2026, SPKI SHA-256 {spki}" in text
        assert "Checked: the key exists" in text
        assert text.endswith("Enter Fill the form Up/Down Other way Esc Cancel")
        assert user.screen_text.index("A new pair") < user.screen_text.index("The old CSR again")
        seen = " ".join(user.screen_text.replace("│", "").split())
        assert all(sentence in seen for sentence in ("and signs;", "then it can be retired."))
        assert "A new CSR with the same key (also for other names)" in seen
        assert "Anyone who has a copy of the old key can use the new certificate too." in seen
        await user.press("escape")
        assert is_at(user, MainScreen)
    assert record(session, ONE).renewed_by is None


@pytest.mark.parametrize(
    "size",
    [(40, 12), (100, 24), *(pytest.param(size, marks=pytest.mark.slow) for size in MORE_SIZES)],
)
async def test_the_selected_way_is_visible_on_every_screen_and_the_rest_can_be_scrolled(
    session: Session, size: tuple[int, int]
) -> None:
    async with at_screens(session, size) as user:
        await at_renew(user)
        await proved(user)
        assert "44 days left" in user.screen_text
        for title in ("A new pair", "The old CSR again", "A new CSR with the same key", "A new pair"):
            head = next(line for line in user.screen_lines if ">  " in line)
            assert title in head.partition(">  ")[2]
            assert "Enter" in user.screen_text
            assert "Esc" in user.screen_text
            await user.press("down")
        read = user.screen_text
        for _ in range(8):
            await user.press("pagedown")
            read += user.screen_text
        assert "unchanged." in read


async def test_a_server_software_that_prevents_reuse_is_named(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec((ONE,), platform="iis"))
    async with at_screens(session) as user:
        await at_renew(user)
        assert "Obstacle: Microsoft IIS: an IIS-wizard request" in said(user, "ways")


@pytest.mark.parametrize("state", ["none", "retired", "renewed"])
async def test_a_pair_that_cannot_be_renewed_is_reported(
    session: Session, tmp_path: Path, state: str
) -> None:
    if state == "none":
        session = session_on(tmp_path / "empty")
    elif state == "retired":
        retire(session, ONE)
    else:
        renew(session, plan_renewal(session, ONE))
    expected = {
        "none": "No pair selected.",
        "retired": f"{ONE} is retired",
        "renewed": f"{ONE} is already renewed by {TWO}",
    }[state]
    async with at_screens(session) as user:
        await user.press("f2")
        if state == "retired":
            await user.press("T")
        if state != "none":
            await user.until(lambda: ONE in user.pairs, "the pair")
            user.keystore.pairs.move_to(user.pairs.index(ONE))
        await user.press("w")
        await user.until(lambda: expected in user.message, expected)
        assert is_at(user, MainScreen)


# A new pair


async def test_a_new_pair_starts_in_the_form_and_both_are_linked(session: Session) -> None:
    async with at_screens(session) as user:
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: tie(user) == f"renews {ONE}", "the tie")
        assert (user.draft.common_name, user.draft.renews) == (ONE, ONE)
        assert user.focused_id == FieldName.COMMON_NAME
        await user.generate()
        await user.until(lambda: user.message == f"made {TWO}: renews {ONE}. Next: back up", "the new pair")
        assert TWO in user.pairs
        await user.until(lambda: tie(user) == "", "no tie of the next request")
    assert (record(session, ONE).renewed_by, record(session, TWO).renews) == (TWO, ONE)
    assert record(session, ONE).next_step(NOW) is NextStep.NONE


async def test_the_next_step_of_a_due_pair_is_to_renew_it(session: Session) -> None:
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.until(lambda: ". Renew" in user.bar, "the step")
        await user.press("full_stop")
        await user.until(lambda: is_at(user, RenewModal), "the dialog")


async def test_a_renewal_from_the_pairs_screen_opens_the_form_too(session: Session) -> None:
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("enter")
        assert is_at(user, PairScreen)
        await user.press("w")
        await user.until(lambda: is_at(user, RenewModal), "the dialog")
        await user.press("enter")
        await user.until(lambda: is_at(user, MainScreen) and tie(user) == f"renews {ONE}", "the form")
        assert user.title.split("[")[1].startswith("Request]")


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 50)])
async def test_the_form_of_a_renewal_shows_the_renewed_pair_at_all_sizes(
    session: Session, size: tuple[int, int]
) -> None:
    async with at_screens(session, size) as user:
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: user.draft.renews, "the form")
        assert f" renews {ONE} " in user.screen_text


async def test_the_form_of_a_renewal_cuts_a_long_name(tmp_path: Path) -> None:
    name = f"{'long.' * 9}mydomain.com"
    session = session_with(tmp_path / "store", name)
    issue(session, name, DUE)
    async with at_screens(session, (60, 20)) as user:
        await at_renew(user, name)
        await user.press("enter")
        await user.until(lambda: user.draft.renews, "the form")
        assert " renews long.long.long." in user.screen_text


async def test_the_link_survives_a_dropped_connection(session: Session) -> None:
    async with at_screens(session) as user:
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: user.draft.renews, "the tie")
        user.app.save_state()
    assert draft.newest_draft(session).renews == ONE
    async with at_screens(session) as user:
        await user.until(lambda: tie(user) == f"renews {ONE}", "the tie")
        await user.generate()
        await user.until(lambda: TWO in user.pairs, "the new pair")
    assert record(session, TWO).renews == ONE


async def test_undo_removes_the_link_and_restores_the_typed_text(session: Session) -> None:
    async with at_screens(session) as user:
        await user.fill(FieldName.COMMON_NAME, "typed.example.net")
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: tie(user), "the tie")
        await user.press("ctrl+z")
        await user.until(lambda: tie(user) == "", "no tie")
        assert (user.draft.common_name, user.draft.renews) == ("typed.example.net", "")


async def test_a_renewal_is_undone_from_a_choice_too(session: Session) -> None:
    async with at_screens(session) as user:
        await user.fill(FieldName.ORGANIZATION, "Typed Ltd")
        await user.go_to(FieldName.CA)
        await user.press("p")
        before = user.draft
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: tie(user), "the tie")
        await user.go_to(FieldName.CA)
        await user.press("ctrl+z")
        assert user.draft == before
        await user.press("ctrl+z")
        assert (user.draft.ca, user.draft.organization) == ("public", "Typed Ltd")


async def test_clearing_the_form_ends_the_renewal_and_can_be_undone(session: Session) -> None:
    async with at_screens(session) as user:
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: tie(user), "the tie")
        assert "F7: clear form" in user.screen_text
        renewal = user.draft
        await user.press("f7")
        assert user.draft == draft.Draft()
        assert user.message == "form cleared   ctrl+z undoes it"
        await user.press("ctrl+z")
        assert user.draft == renewal


async def test_without_its_names_the_form_is_another_request(session: Session) -> None:
    async with at_screens(session) as user:
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: tie(user), "the tie")
        await user.press("ctrl+u")
        await user.until(lambda: tie(user) == "", "no tie")
        assert user.message == f"the next pair will not renew {ONE}"
        await user.press(*"b.net")
        assert user.draft.renews == ""


async def test_must_staple_of_the_old_request_is_kept_until_its_fix_drops_it(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec((ONE, "mydomain.com"), must_staple=True))
    async with at_screens(session, (80, 24)) as user:
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: user.draft.must_staple, "the form")
        assert "requests must-staple, as the old one" in " ".join(user.screen_text.split())
        await user.press("ctrl+f")
        assert not user.draft.must_staple
        assert user.draft.renews == ONE
        await user.press("ctrl+z")
        assert user.draft.must_staple


async def test_a_renewal_by_another_session_is_noticed(session: Session) -> None:
    async with at_screens(session) as user:
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: tie(user), "the tie")
        renew(session, plan_renewal(session, ONE))
        await user.generate()
        await user.until(lambda: f"already renewed by {TWO}" in user.screen_text, "why")
        assert "Clear both name fields" in " ".join(user.screen_text.split())
        assert user.draft.renews == ONE
    assert session.store.names() == [ONE, TWO]


async def test_a_pair_that_is_removed_during_the_choice_is_reported(session: Session) -> None:
    async with at_screens(session) as user:
        await at_renew(user)
        await proved(user)
        shutil.rmtree(f"{session.store.path}/pairs/{ONE}")
        await user.press("enter")
        await user.until(lambda: f"There is no pair {ONE}" in user.screen_text, "why")
        assert tie(user) == ""


# The old CSR again


async def test_the_old_csr_is_submitted_again_and_its_certificate_is_awaited(
    session: Session, tmp_path: Path
) -> None:
    backed_up(session, ONE, tmp_path / "usb")
    async with at_screens(session) as user:
        await at_renew(user)
        await proved(user)
        await user.press("down", "enter")
        assert is_at(user, SubmitModal)
        await user.press("c")
        await user.until(lambda: user.copied and "sent to" in said(user, "more"), "the clipboard")
        await user.press("escape")
        await user.until(lambda: is_at(user, MainScreen), "the list")
        assert user.message == "sent to your terminal's clipboard. Next: import"
        await user.until(lambda: ". Import" in user.bar, "the step")
    after = record(session, ONE)
    assert (after.reused, after.renewed_by, after.next_step(NOW)) == (NOW, None, NextStep.IMPORT)


async def test_a_csr_that_was_not_submitted_changes_nothing(session: Session, tmp_path: Path) -> None:
    backed_up(session, ONE, tmp_path / "usb")
    before = record(session, ONE)
    async with at_screens(session) as user:
        await at_renew(user)
        await proved(user)
        await user.press("down", "enter", "escape")
        assert is_at(user, MainScreen)
    assert record(session, ONE) == before


async def test_a_key_that_does_not_match_is_reported_and_cannot_be_chosen(
    session: Session, tmp_path: Path
) -> None:
    create_pair(session, RequestSpec(("b.com",)))
    pairs = tmp_path / "store" / "pairs"
    (pairs / ONE / "key.pem").write_bytes((pairs / "b.com" / "key.pem").read_bytes())
    async with at_screens(session) as user:
        await at_renew(user)
        await proved(user)
        assert f"The key of {ONE} is not the key of its CSR" in said(user, "ways")
        for _ in range(2):  # neither with the old CSR nor with the old key
            await user.press("down", "enter")
            assert is_at(user, RenewModal)
            assert f"The key of {ONE} is not the key of its CSR" in said(user, "ways")
        await user.press("down", "enter")
        await user.until(lambda: tie(user), "a new pair")


async def test_an_error_of_the_request_is_confirmed_by_the_user(session: Session, tmp_path: Path) -> None:
    backed_up(session, ONE, tmp_path / "usb")
    refused = Finding("key-weak", Level.ERROR, FieldName.KEY, "rsa-1024", "RSA 1024 is too short.")
    renewal = replace(plan_renewal(session, ONE), old_findings=(refused,))
    answers: list[RenewAnswer | None] = []
    async with at_screens(session) as user:
        user.app.push_screen(RenewModal(session, renewal), answers.append)
        await user.settle()
        await proved(user)
        await user.press("down", "enter")
        assert is_at(user, ConfirmModal)
        assert "RSA 1024 is too short." in " ".join(user.question.split())
        assert user.answer is False
        await user.press("enter")
        assert is_at(user, RenewModal)
        await user.press("enter", "right", "enter")
    assert answers == [RenewAnswer(RenewalWay.OLD_CSR, renewal)]


async def test_a_weakness_of_the_private_key_is_confirmed_by_the_user_too(tmp_path: Path) -> None:
    session = session_on(tmp_path / "weak")
    session.generate_key = lambda _: ec.derive_private_key(2**100, ec.SECP256R1())
    create_pair(session, RequestSpec((ONE,)))
    issue(session, ONE, DUE)
    backed_up(session, ONE, tmp_path / "usb")
    renewal = plan_renewal(session, ONE)
    answers: list[RenewAnswer | None] = []
    async with at_screens(session) as user:
        user.app.push_screen(RenewModal(session, renewal), answers.append)
        await user.settle()
        await proved(user)
        assert "has only 101 bits" in " ".join(said(user, "ways").split())
        await user.press("down", "enter")
        assert is_at(user, ConfirmModal)
        assert "has only 101 bits" in " ".join(user.question.split())
        await user.press("enter")
    assert answers == []


# A new CSR with the old key


async def test_the_form_for_a_new_csr_with_the_same_key_is_filled_in_and_other_names_can_be_typed(
    session: Session,
) -> None:
    async with at_screens(session) as user:
        await at_renew(user)
        await proved(user)
        await user.press("up")
        assert "> A new CSR with the same key" in said(user, "ways")
        await user.press("enter")
        await user.until(lambda: tie(user) == f"renews {ONE}", "the tie")
        assert "the key stays the same; the names can change" in user.message
        assert "F9: same key" in user.screen_text
        await user.press("down", *"b.mydomain.com")
        await user.generate()
        await user.until(lambda: TWO in user.pairs, "the new pair")
    old, new = record(session, ONE), record(session, TWO)
    assert (new.key, new.names) == (old.key, (ONE, "b.mydomain.com"))
    assert (old.renewed_by, new.renews) == (TWO, ONE)


@pytest.mark.parametrize("agrees", [False, True])
async def test_a_key_that_a_ca_refuses_is_used_for_a_new_csr_only_after_a_question(
    tmp_path: Path, *, agrees: bool
) -> None:
    session = session_on(tmp_path / "weak")
    session.generate_key = lambda _: ec.derive_private_key(2**100, ec.SECP256R1())
    create_pair(session, RequestSpec((ONE,)))
    issue(session, ONE, DUE)
    async with at_screens(session) as user:
        await at_renew(user)
        await proved(user)
        await user.press("up", "enter")
        await user.until(lambda: tie(user) == f"renews {ONE}", "the tie")
        await user.generate()
        await user.until(lambda: "even though a CA will refuse it?" in user.screen_text, "the question")
        assert "has only 101 bits" in " ".join(user.question.split())
        await user.press(*(["right"] if agrees else []), "enter")
        if agrees:
            await user.until(lambda: TWO in user.pairs, "the new pair")
            assert record(session, TWO).key == record(session, ONE).key
    assert record(session, ONE).renewed_by == (TWO if agrees else None)


async def test_the_passphrase_of_the_key_is_typed_once_for_a_new_csr(locked: Session) -> None:
    async with at_screens(locked) as user:
        await at_renew(user)
        await user.press("up")
        assert user.focused_id == "passphrase"
        assert "Enter Check the key" in said(user, "keys")
        await user.paste(PASSWORD)
        await user.press("enter")
        await user.until(lambda: "Checked: the key exists" in said(user, "ways"), "the proof")
        await user.press("enter")
        await user.until(lambda: tie(user) == f"renews {ONE}", "the tie")
        await user.generate()
        await user.until(lambda: TWO in user.pairs, "the new pair")
    assert record(locked, TWO).key == record(locked, ONE).key


# A key with a passphrase


@pytest.fixture
def locked(tmp_path: Path) -> Session:
    made = session_on(tmp_path / "locked")
    create_pair(made, RequestSpec((ONE,)), passphrase=Secret(PASSWORD))
    issue(made, ONE, DUE)
    return made


async def test_a_passphrase_is_needed_only_to_use_the_old_key(locked: Session) -> None:
    async with at_screens(locked) as user:
        await at_renew(user)
        assert "You are asked for it here" in said(user, "ways")
        assert user.focused_id != "passphrase"
        await user.press("down")
        assert user.focused_id == "passphrase"
        assert "Enter Check the key" in said(user, "keys")
        await user.press("enter")
        assert "The key has a passphrase. Type it." in said(user, "ways")
        await user.press(*"wrong", "enter")
        await user.until(lambda: "does not open" in said(user, "ways"), "the refusal")
        await user.press("ctrl+u")
        assert "does not open" not in said(user, "ways")
        await user.paste(PASSWORD)
        assert PASSWORD not in user.screen_text
        await user.press("enter")
        await user.until(lambda: "Checked: the key exists" in said(user, "ways"), "the proof")
        assert user.focused_id != "passphrase"
        assert "Enter Submit it again" in said(user, "keys")
        await user.press("enter")
        await user.until(lambda: is_at(user, SubmitModal), "the next dialog")


async def test_a_paste_that_is_not_a_passphrase_is_ignored(locked: Session) -> None:
    async with at_screens(locked) as user:
        await at_renew(user)
        await user.press("down")
        await user.paste("one\ntwo")
        assert "several lines" in said(user, "ways")
        await user.paste("a\x07b")
        assert "invalid characters" in said(user, "ways")
        assert not user.app.screen.query_one(SecretField).secret().encoded


async def test_letters_go_into_the_passphrase_and_do_not_select_a_way(locked: Session) -> None:
    async with at_screens(locked) as user:
        await at_renew(user)
        await user.press("l")
        assert user.focused_id == "passphrase"
        await user.press(*"hjkl")
        assert user.app.screen.query_one(SecretField).secret().encoded == b"hjkl"
        await user.press("up")
        assert user.focused_id != "passphrase"


# Retiring the old pair


@pytest.mark.parametrize("is_retired", [False, True])
async def test_retiring_the_old_pair_is_offered_only_after_the_new_one_is_installed(
    session: Session, tmp_path: Path, is_retired: bool
) -> None:
    renew(session, plan_renewal(session, ONE))
    if is_retired:
        retire(session, ONE)
    (tmp_path / "server").mkdir()
    async with at_screens(session) as user:
        await at_pair(user, TWO)
        await user.press("i")
        await user.paste(answer_of_ca(session, TWO))
        await imported(user)
        await user.press("enter")
        assert is_at(user, MainScreen)
        await user.press("I")
        await user.paste(str(tmp_path / "server"))
        await user.press("enter")
        await user.until(lambda: is_at(user, PageScreen), "the files")
        await user.press("escape")
        if is_retired:
            assert is_at(user, MainScreen)
            return
        await user.until(lambda: is_at(user, ConfirmModal), "the question")
        assert user.question.startswith(f"Retire {ONE} now?")
        assert user.answer is False
        await user.press("right", "enter")
        await user.until_pairs(TWO)
    assert record(session, ONE).retired == NOW


async def test_a_renewal_asks_before_its_key_loses_the_passphrase(locked: Session) -> None:
    async def generate(user: User) -> None:
        await user.press("ctrl+g")
        await user.until(lambda: user.question.startswith("Generate with 1 open warning?"), "the warning")
        await user.press("right", "enter")
        await user.until(
            lambda: user.question.startswith("Generate a key without a passphrase?"), "the question"
        )

    async with at_screens(locked) as user:
        await at_renew(user)
        await user.press("enter")
        await user.until(lambda: tie(user) == f"renews {ONE}", "the tie")
        await generate(user)
        await user.press("enter")
        await user.until(lambda: is_at(user, KeyOptionsModal), "the options of the key")
        await user.press("escape")
        await generate(user)
        await user.press("right", "enter")
        await user.until(lambda: TWO in user.pairs, "the new pair")
    assert not record(locked, TWO).key.encrypted


async def test_a_compromised_key_is_offered_neither_by_the_dialog_nor_by_the_form(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=(ONE,)), passphrase=Secret(PASSWORD))
    issue(session, ONE, DUE)
    mark_compromised(session, ONE)
    async with at_screens(session, (80, 24)) as user:
        await user.press("f2", "T")
        await user.until_pairs(ONE)
        await user.press("w")
        await user.until(lambda: is_at(user, RenewModal), "the dialog")
        await user.press("down")
        text = said(user, "ways", "keys")
        assert text.startswith("> A new pair - A new private key and its CSR are generated")
        assert "The old key is marked as compromised: it must not be used again." in text
        assert "old CSR again" not in text
        assert text.endswith("Enter Fill the form Esc Cancel")
        await user.press("enter")
        await user.until(lambda: tie(user) != "", "the form")
        assert "same key" not in user.screen_text
        await user.press("f9")
        assert is_at(user, KeyOptionsModal)
        assert "[new key ▼]" not in user.screen_text


@pytest.mark.parametrize("key", ["j", "down", "enter", "escape", "pagedown"])
async def test_a_key_waits_until_the_dialog_has_its_widgets(session: Session, key: str) -> None:
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        modal = RenewModal(session, plan_renewal(session, ONE))
        user.app.push_screen(modal)
        assert not modal.is_mounted  # the key arrives before the dialog has been built
        await user.press(key)
        assert user.app.is_running
        if key in {"j", "down"}:
            assert modal._way is not RenewalWay.NEW_PAIR
        if key in {"enter", "escape"}:  # the dialog closes once the key of the pair has been checked
            await user.until(lambda: not is_at(user, RenewModal), "the end of the dialog")
        else:
            assert is_at(user, RenewModal)
