"""Retiring, hidden pairs, and the key for the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from backup_dialogs import CHEAP_ROUNDS, backed_up, session_with
from issued_dialogs import at_pair, import_certificate, is_at, record
from screens_user import at_screens

from csrtui.core.keys import pkcs8
from csrtui.core.pairs.pair import Pair, PairRecord, Stage
from csrtui.store.keystore import Keystore
from csrtui.tasks.renew import plan_renewal, renew_with_same_key
from csrtui.tasks.retire import retire
from csrtui.tasks.session import change_record
from csrtui.tasks.submit import mark_submitted
from csrtui.tui.commands import COMMANDS, search
from csrtui.tui.groups import names_of
from csrtui.tui.modals.backup import BackupModal
from csrtui.tui.modals.import_and_inspect import ImportModal
from csrtui.tui.modals.install import InstallModal
from csrtui.tui.modals.questions import ConfirmModal
from csrtui.tui.modals.submit import SubmitModal
from csrtui.tui.screens.main import MainScreen
from csrtui.tui.screens.pair import PairScreen
from csrtui.tui.screens.pairs_screen import PairsScreen
from csrtui.tui.screens.text_pages import PageScreen
from csrtui.tui.widgets.one_line_widgets import RuleLine

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

    from csrtui.tasks.session import Session

ONE, TWO = "a.example.com", "b.example.com"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", CHEAP_ROUNDS)


async def test_on_a_small_screen_every_answer_is_visible_and_a_long_question_scrolls(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    import_certificate(session, ONE)
    async with at_screens(session, (40, 12)) as user:
        await at_pair(user, ONE)
        await user.press("t")
        inside = [line.split("│")[1].strip() for line in user.screen_lines if line.count("│") > 1]
        assert inside[-3:] == ["> Cancel", "Retire", "Key compromised"]
        assert "not be reminded" not in user.screen_text
        assert "1 more line: PgDn" in user.screen_text
        await user.press("pagedown")
        assert "not be reminded" in user.screen_text


async def test_retiring_asks_with_cancel_chosen_and_deletes_nothing(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    files = sorted((tmp_path / "store" / "pairs" / ONE).iterdir())
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("t")
        assert f"Retire {ONE}?" in user.question
        assert "certificates are not deleted" in " ".join(user.question.split())
        assert user.answer is False
        await user.press("enter")
        assert record(session, ONE).stage is Stage.NEW
        await user.press("t", "right", "enter")
        assert user.message == f"{ONE}: retired; nothing is deleted"
        await user.until_pairs(TWO)
        assert user.summary.strip() == "1 pair · 1 not backed up · 1 retired hidden (T)"
    assert record(session, ONE).stage is Stage.RETIRED
    assert sorted((tmp_path / "store" / "pairs" / ONE).iterdir()) == files


@pytest.mark.parametrize("word", ["compromised", "revoke", "stolen", "lost", "delete", "remove"])
def test_retire_is_found_by_the_word(word: str) -> None:
    assert "retire" in {command.action for command in search(COMMANDS, word)}


async def test_a_compromised_key_is_marked_in_all_its_pairs_and_its_revocation_is_shown(
    tmp_path: Path,
) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    import_certificate(session, ONE)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        for keys in (("t", "left", "enter"), ("enter", "t", "right", "right", "enter")):
            await user.press(*keys)
            await user.until(lambda: "as compromised?" in user.screen_text, "the question")
            assert f"Mark the key of {ONE} as compromised?" in " ".join(user.question.split())
            assert user.answer is False
        await user.press("right", "enter")
        await user.until(lambda: is_at(user, PageScreen), "what revocation needs")
        assert "reason   keyCompromise (1)" in user.screen_text
        assert "certbot revoke" in user.screen_text
        assert "install its certificate: w (Renew)" in user.screen_text
        assert "Then record the revocation: t (Retire), then Esc" in " ".join(user.read_text.split())
        lines = user.read_text.splitlines()
        commands = [at for at, line in enumerate(lines) if line.startswith(("   certbot", "   lego"))]
        assert commands
        assert all(not lines[at - 1].strip() for at in commands), "each has a blank line above it"
        await user.press("escape")
        await user.until_pairs(ONE, TWO)
        user.keystore.pairs.move_to(0)
        advice = "Key compromised: replace it (w), and have its certificate revoked (t)."
        await user.until(lambda: advice in user.screen_text, "what has to be done")
        assert user.summary.strip() == "2 pairs · 1 to revoke · 1 not backed up"
        assert f"{ONE}   compromised, " in user.screen_text
        assert user.bar.startswith(" . Revoke   w Renew")
        await user.press("enter")
        await user.until(lambda: is_at(user, PairScreen), "the pair's page")
        assert "compromised · " in user.screen_text
        assert "●compromised" in user.screen_text or "└ compromised" in user.screen_text
        assert advice in user.screen_text
        assert user.bar.startswith(" . Revoke  w Renew")
        await user.press("full_stop")
        await user.until(lambda: is_at(user, PageScreen), "the same again, with no way back into use")
        assert "serial" in user.screen_text
        await user.press("escape")
        assert f"Is {ONE} revoked?" in user.question
        await user.press("right", "enter")
        await user.until(lambda: "certificate revoked 23 Nov 2026." in user.screen_text, "the record of it")
        assert user.bar.startswith(" t Revocation")
        await user.press("escape")
        await user.until_pairs(TWO)
    assert record(session, ONE).revoked
    assert record(session, ONE).compromised
    assert not record(session, TWO).compromised


async def test_the_question_names_all_pairs_with_the_compromised_key(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    new, _ = renew_with_same_key(session, plan_renewal(session, ONE))
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("t", "right", "right", "enter")
        await user.until(lambda: "Mark the key" in user.screen_text, "the question")
        retired = f"the 2 pairs with this key are retired: {ONE} and {new.name}."
        assert retired in " ".join(user.question.split())
        await user.press("right", "enter")
        await user.until(lambda: is_at(user, PageScreen), "what revocation needs")
        assert f"Other pairs with this key: {new.name}." in " ".join(user.read_text.split())


async def test_retired_pairs_are_shown_by_a_key_and_by_the_filter(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    retire(session, ONE)
    async with at_screens(session) as user:
        await at_pair(user, TWO)
        await user.press("T")
        await user.until(lambda: set(user.pairs) == {ONE, TWO}, "both")
        assert user.summary.strip() == "2 pairs · 1 not backed up"
        assert user.message == "retired pairs are shown"
        await user.press("T")
        await user.until_pairs(TWO)
        await user.press("slash")
        await user.paste("retired a.example")
        await user.until_pairs(ONE)
        await user.press("enter", "T", "T")
        assert user.message == "retired pairs are shown", "as the list does"
        assert user.bar.startswith(" t Take back")
        await user.until(lambda: "t takes it back into use." in user.screen_text, "how to take it back")
        await user.press("full_stop")
        assert "Retired 23 Nov 2026. t takes it back" in user.message
        await user.press("t")
        assert f"Take {ONE} back into use?" in user.question
        await user.press("right", "enter")
        assert user.message == f"{ONE}: in use again"
        await user.press("escape")
        await user.until(lambda: set(user.pairs) == {ONE, TWO}, "both in use")


async def test_a_list_of_retired_pairs_explains_why_it_is_empty(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    retire(session, ONE)
    async with at_screens(session) as user:
        await user.press("f2")
        await user.until(lambda: "All pairs are retired and hidden: T shows them." in user.screen_text, "why")
        assert "1 retired hidden" in user.summary
        await user.press("full_stop", "t", "I")
        assert is_at(user, MainScreen)
        assert "No pair selected" in user.message
        await user.press("T")
        await user.until_pairs(ONE)


async def test_the_screen_of_a_pair_can_retire_it(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("enter", "t", "right", "enter")
        assert is_at(user, PairScreen)
        assert user.read_text.startswith(" retired · no backup")
        assert " . " not in user.bar
        assert "press ." not in user.read_text
        assert (
            user.app.screen.query_one("#message", RuleLine).message == f"{ONE}: retired; nothing is deleted"
        )


async def test_one_key_does_the_step_that_the_bar_names(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await step(user, "Back up", BackupModal)
        backed_up(session, ONE, tmp_path / "usb")
        await step(user, "Submit", SubmitModal)
        _submitted(session)
        await step(user, "Import", ImportModal)
        import_certificate(session, ONE)
        await step(user, "Install", InstallModal)
        _installed(session)
        await user.until(lambda: " . " not in user.bar, "nothing to do")
        await user.press("full_stop")
        assert "Nothing to do. Renewal is due" in user.message
        assert "installed" in user.screen_text


async def test_the_next_step_of_a_replaced_pair_is_to_retire_it_once_the_new_pair_is_installed(
    tmp_path: Path,
) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    change_record(session, TWO, lambda old: old.with_successor(ONE, session.clock(), session.user))
    change_record(session, ONE, lambda new: new._replace(renews=TWO))
    import_certificate(session, ONE)
    async with at_screens(session) as user:
        await at_pair(user, TWO)
        await step(user, "Finish", PairScreen)
        await user.press("full_stop", "M", "right", "enter")
        await user.until(lambda: is_at(user, ConfirmModal), "the second question")
        assert user.question.startswith(f"Retire {TWO} now?")
        await user.press("enter")
        await user.until(lambda: is_at(user, PairScreen), "the pair")
        assert record(session, ONE).installed
        assert f"Retire {TWO}, which it replaces (t in the list)." in " ".join(user.read_text.split())
        await user.press("escape")
        await step(user, "Retire", ConfirmModal)
        await user.press("full_stop", "right", "enter")
        await user.until_pairs(ONE)
    assert record(session, TWO).stage is Stage.RETIRED


async def test_the_next_step_of_a_pair_whose_successor_is_damaged_reports_the_damage(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    change_record(session, TWO, lambda old: old.with_successor(ONE, session.clock(), session.user))
    import_certificate(session, TWO)
    (tmp_path / "store" / "pairs" / ONE / "request.pem").write_text("damaged")
    async with at_screens(session) as user:
        await at_pair(user, TWO)
        await user.until(lambda: ". Finish" in user.bar, "the next step")
        await user.press("full_stop")
        assert "the certificate request cannot be read" in user.message
        assert not is_at(user, PairScreen)


async def step(user: User, label: str, screen: type[object]) -> None:
    """Do the next step from the list and from the pair's screen, and go back."""
    await user.until(lambda: f". {label}" in user.bar, label)
    await user.press("full_stop")
    assert is_at(user, screen)
    await user.press("escape", "enter")
    assert is_at(user, PairScreen)
    assert user.read_text.splitlines()[0].endswith(f"  . {label}")
    assert f". {label}" in user.bar
    await user.press("full_stop")
    assert is_at(user, screen)
    await user.press("escape", "escape")
    assert is_at(user, MainScreen)


def _submitted(session: Session) -> None:
    from csrtui.tasks.list import read_pair

    mark_submitted(session, read_pair(session, ONE)[0])


def _installed(session: Session) -> None:
    def installed(one: PairRecord) -> PairRecord:
        return one.with_installation(session.clock(), session.user, "installed", "nginx", "/tls")

    change_record(session, ONE, installed)


async def test_the_next_step_backs_up_only_its_pair_despite_marks(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE, TWO)
    async with at_screens(session) as user:
        await at_pair(user, ONE)
        await user.press("space")
        user.keystore.pairs.move_to(user.pairs.index(TWO))
        await user.press("full_stop")
        screen = user.app.screen
        assert isinstance(screen, BackupModal)
        assert names_of(screen.group.pairs) == [TWO]


async def test_the_keys_are_text_in_the_form_and_in_the_filter(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    async with at_screens(session) as user:
        await user.press("i", "full_stop", "t", "T", "I")
        assert user.draft.common_name.replace("full_stop", ".") in {"i.tTI", "itTI"}
        await at_pair(user, ONE)
        await user.press("slash", "i", "t", "I", "T")
        assert user.keystore.filter.value == "itIT"
        assert not is_at(user, ConfirmModal)


def test_the_label_of_the_next_step_has_the_same_width_for_every_pair(tmp_path: Path) -> None:
    session = session_with(tmp_path / "store", ONE)
    screen = PairsScreen(session)
    pair = Pair(ONE, "", record(session, ONE), has_certificate=False)
    assert len({len(screen.step_label(one)) for one in (None, pair)}) == 1
    assert isinstance(session.store, Keystore)
