"""The second page of the form: the pair's name, and the passphrase of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens_user import at_screens, session_on

from csrtui.core.base.secret import Secret
from csrtui.tasks.draft import Draft
from csrtui.tasks.form_prefill import start_from_pair
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.modals.renew import RenewModal
from csrtui.tui.modals.request_form_dialogs import KeyOptions, KeyOptionsModal

if TYPE_CHECKING:
    from pathlib import Path

    from screens_user import User

PHRASE = "seven canaries sing in the mine"


async def test_the_next_pair_gets_its_name_and_passphrase_and_no_file_contains_it(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    async with at_screens(session) as user:
        assert "F6: profiles · F9: passphrase, pair's name" in user.screen_text
        await user.press(*"a.mydomain.com", "f9", *"../x", "enter")
        await user.paste(PHRASE)
        await user.press("enter", *"other", "enter", "enter")
        assert "not a valid pair name" in user.screen_text
        assert user.focused_id == "pair-name"
        await user.press("ctrl+u", *"web-1", "down", "down", "enter", "enter")
        assert "The passphrases differ" in user.screen_text
        assert user.focused_id == "again"
        await user.paste(PHRASE)
        await user.press("enter", "enter")
        assert "F9: pair web-1, key with passphrase" in user.screen_text
        await user.generate()
        await user.until_pairs("web-1")
        await user.press("f2")
        assert "F9: passphrase, pair's name" in user.screen_text
        await user.press(*"b.mydomain.com")
        await user.generate()
        await user.until(lambda: len(user.pairs) == 2, "the next pair")
    pair = read_pair(session, "web-1")[0]
    assert pair.record.key.encrypted
    open_key(session, pair, Secret(PHRASE))
    assert not read_pair(session, "b.mydomain.com")[0].record.key.encrypted
    for file in (tmp_path / "store").rglob("*"):
        assert not file.is_file() or PHRASE.encode() not in file.read_bytes()


async def _set_options(user: User, name: str) -> None:
    """Set the pair's name and a passphrase on the second page."""
    await user.press("f9", *name, "enter")
    await user.paste(PHRASE)
    await user.press("enter")
    await user.paste(PHRASE)
    await user.press("enter", "enter")
    assert f"F9: pair {name}, key with passphrase" in user.screen_text


async def test_a_change_of_the_name_keeps_the_passphrase_which_can_be_replaced_and_removed(
    tmp_path: Path,
) -> None:
    session = session_on(tmp_path / "store")
    async with at_screens(session) as user:
        await user.press(*"a.mydomain.com")
        await _set_options(user, "web-1")
        await user.press("f9", "ctrl+u", *"web-2", "enter", "enter", "enter", "enter")
        assert "F9: pair web-2, key with passphrase" in user.screen_text
        await user.press("f9", "enter")
        await user.paste(f"new {PHRASE}")
        await user.press("enter")
        await user.paste(f"new {PHRASE}")
        await user.press("enter", "enter")
        await user.generate()
        await user.until_pairs("web-2")
        open_key(session, read_pair(session, "web-2")[0], Secret(f"new {PHRASE}"))
        await user.press("f2", *"b.mydomain.com")
        await _set_options(user, "web-3")
        await user.press("f9", "enter", "backspace", "down", "backspace", "enter", "enter")
        assert "F9: pair web-3 " in user.screen_text


async def test_an_emptied_form_has_neither_the_name_nor_the_passphrase_of_the_old_request(
    tmp_path: Path,
) -> None:
    session = session_on(tmp_path / "store")
    async with at_screens(session) as user:
        await user.press(*"a.mydomain.com")
        await _set_options(user, "web-1")
        await user.press("f7")
        assert "F9: passphrase, pair's name" in user.screen_text
        await user.press("ctrl+z")
        assert "F9: pair web-1, type the passphrase again" in user.screen_text
        await user.press("f7", *"b.mydomain.com")
        await user.generate()
        await user.until_pairs("b.mydomain.com")
    assert not read_pair(session, "b.mydomain.com")[0].record.key.encrypted


async def test_a_restored_form_has_the_name_and_asks_for_the_passphrase(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    async with at_screens(session) as user:
        await user.press(*"a.mydomain.com")
        await _set_options(user, "web-1")
        await user.press("ctrl+q")
        assert "but not the passphrase.\nType it again then." in user.question
        await user.press("right", "enter")
    async with at_screens(session) as user:
        assert "F9: pair web-1, type the passphrase again" in user.screen_text
        assert user.message == "The form's passphrase was not saved. F9: type it again."
        await user.press("ctrl+g")
        assert user.question.startswith("Generate a key without a passphrase?")
        await user.press("enter")
        assert "The passphrase was not saved with the form. Type it again." in user.screen_text
        await user.press("enter")
        await user.paste(PHRASE)
        await user.press("enter")
        await user.paste(PHRASE)
        await user.press("enter", "enter")
        await user.generate()
        await user.until_pairs("web-1")
    assert read_pair(session, "web-1")[0].record.key.encrypted


def _marked_labels(user: User) -> list[str]:
    """Return the labels after the cursor marks in the dialog."""
    return [line.split("│>")[1].split("  ")[0] for line in user.screen_lines if "│>" in line]


async def test_the_first_field_is_marked_and_enter_opens_the_list_of_its_values(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        user.app.push_screen(KeyOptionsModal(KeyOptions(Draft(renews="old")), offers_same_key=True))
        await user.pilot.pause()
        assert user.focused_id == "key"
        assert "Enter List" in user.screen_text
        assert _marked_labels(user) == ["Key"]
        await user.press("down", "down")
        assert _marked_labels(user) == ["Passphrase"]
        await user.press("up", "up")
        assert "ctrl+g Accept" in user.screen_text
        await user.press("enter", "down", "enter")
        assert "[same key as old" in user.screen_text
        assert _marked_labels(user) == ["Pair's name"], "the cursor moves on after a choice"
        await user.press("up", "ctrl+g")
        assert user.app.screen is user.main, "accepted in the choice"


async def test_a_short_passphrase_of_a_key_is_used_only_after_a_question(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"a.mydomain.com", "f9", "down", *"abc", "down", *"abc", "down", "enter")
        assert "Use this passphrase anyway?" in user.screen_text
        await user.press("escape", "enter", "enter", "enter", "right", "enter")
        assert "key with passphrase" in user.screen_text


async def test_further_attributes_are_in_the_subject_for_a_private_ca_and_copied_from_the_pair(
    tmp_path: Path,
) -> None:
    session = session_on(tmp_path / "store")
    async with at_screens(session) as user:
        await user.press(*"a.mydomain.com", "f9", "down", "down", "down", *"title=Clerk; number=1", "enter")
        assert "is not TYPE=VALUE with a known type" in user.screen_text
        await user.press("ctrl+u", *"title=Clerk; UID=4711", "enter")
        assert "2 attributes" in user.screen_text
        await user.until(lambda: "public CAs certify only" in user.screen_text, "the advice")
        await user.press("ctrl+f")
        await user.until(lambda: "Clerk" in user.preview, "the subject")
        await user.generate()
        await user.until_pairs("a.mydomain.com")
        await user.press("f2")
        assert "F9: passphrase, pair's name" in user.screen_text
    assert "UID=4711" in read_pair(session, "a.mydomain.com")[0].record.subject_text
    form = start_from_pair(session, "a.mydomain.com")
    assert (form.draft.attributes, form.omissions) == ("title=Clerk; UID=4711", ())


async def test_a_renewal_from_the_form_keeps_the_key_and_can_have_other_names(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.mydomain.com",)), passphrase=Secret(PHRASE))
    async with at_screens(session) as user:
        await user.until_pairs("a.mydomain.com")
        await user.press("f2", "w")
        await user.until(lambda: isinstance(user.app.screen, RenewModal), "both ways")
        await user.press("enter", "down", *"b.mydomain.com")
        assert "F9: key, passphrase, name" in user.screen_text
        await user.press("f9", "right")
        assert "Anyone who has a copy of the old key" in user.screen_text
        await user.press("down", "down")
        await user.paste(PHRASE)
        await user.press("enter", "enter")
        await user.until(lambda: user.app.screen is user.main, "the form")
        assert "same key" in user.screen_text
        await user.generate()
        await user.until(lambda: len(user.pairs) == 2, "the new pair")
    old, new = (read_pair(session, name)[0].record for name in ("a.mydomain.com", "a.mydomain.com-2"))
    assert new.key.spki_sha256 == old.key.spki_sha256
    assert (new.renews, new.names) == ("a.mydomain.com", ("a.mydomain.com", "b.mydomain.com"))


async def test_a_new_key_never_gets_the_passphrase_of_the_old_key_when_undo_brings_the_new_key_back(
    tmp_path: Path,
) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.mydomain.com",)), passphrase=Secret(PHRASE))
    async with at_screens(session) as user:
        await user.until_pairs("a.mydomain.com")
        await user.press("f2", "w")
        await user.until(lambda: isinstance(user.app.screen, RenewModal), "both ways")
        await user.press("enter", "f9", "down", "down")
        await user.paste(f"new {PHRASE}")
        await user.press("enter")
        await user.paste(f"new {PHRASE}")
        await user.press("enter", "enter")
        assert "F9: key with passphrase" in user.screen_text
        await user.press("f9", "right", "down", "down")
        await user.paste(PHRASE)
        await user.press("enter", "enter")
        assert "F9: same key" in user.screen_text
        await user.press("ctrl+z", "ctrl+g")
        assert user.question.startswith("Generate a key without a passphrase?")
        await user.press("escape", "escape")
        assert "F9: type the passphrase again" in user.screen_text


async def test_no_message_about_a_new_key_stays_when_the_key_is_kept_or_another_form_begins(
    tmp_path: Path,
) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.mydomain.com",)))

    async with at_screens(session) as user:

        async def renew() -> None:
            await user.press("f2", "w")
            await user.until(lambda: isinstance(user.app.screen, RenewModal), "both ways")
            await user.press("enter")
            await user.until(lambda: "a new key will be generated" in user.message, "the message")

        await user.until_pairs("a.mydomain.com")
        await renew()
        await user.press("f9", "right", "down", "down", "enter", "enter")
        assert "F9: same key" in user.screen_text
        assert user.message == ""
        await renew()
        await user.until(lambda: "F9: key," in user.screen_text, "the choices: the key of this form is new")
        await user.press("f2", "s")
        await user.until(lambda: "sorted" in user.message, "the message")
        await user.press("n")
        assert user.message == ""
