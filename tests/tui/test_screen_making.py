"""Generating: obstacles, questions, input in the meantime, and a store that refuses the pair."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from screens_user import at_screens, session_on

from csrtui.core.base.errors import StoreError
from csrtui.core.base.finding import FieldName
from csrtui.core.keys import key_types
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import Keystore
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.modals.renew import RenewModal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from screens_user import User

    from csrtui.core.keys.key_types import KeyType, PrivateKey
    from csrtui.store.keystore import PairFiles


async def test_an_empty_form_is_not_generated_and_the_missing_field_is_named(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.LOCALITY)
        await user.generate()
        assert user.focused_id == "common_name"
        assert user.message.startswith("not generated: ")
        assert user.question == ""
    assert not (tmp_path / "store" / "pairs").exists()


async def test_a_value_that_cannot_be_encoded_stops_at_its_field(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.fill(FieldName.COMMON_NAME, "www.example.com")
        await user.fill(FieldName.COUNTRY, "Atlantis")
        await user.go_to(FieldName.LOCALITY)
        await user.generate()
        assert user.focused_id == "country"
        assert "Atlantis" in user.message
        assert user.question == ""
        assert user.draft.common_name == "www.example.com"
    assert not (tmp_path / "store" / "pairs").exists()


async def test_a_blocked_request_shows_the_form(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"a b", "f2")
        await user.generate()
        assert user.focused_id == "common_name"
        assert "[Request]" in user.title
        assert "not generated" in user.message


async def test_an_error_asks_with_cancel_selected(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"intranet")
        await user.generate()
        assert "Generate even though a CA will refuse it?" in user.question
        assert user.answer is False
        await user.press("enter")
        assert user.question == ""
        assert user.focused_id == "common_name"
        assert not (tmp_path / "store" / "pairs").exists()
        await user.press("ctrl+g", "escape")
        assert user.question == ""
        assert not (tmp_path / "store" / "pairs").exists()
        await user.press("ctrl+g", "right", "enter")
        await user.until_pairs("intranet")


async def test_a_question_accepts_its_answers(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"intranet", "ctrl+g")
        for key in ("left", "right", "tab", "shift+tab", "h", "l"):
            await user.press(key)
            assert user.answer is True, key
            await user.press(key)
            assert user.answer is False, key
        await user.press("f1", "f1", "ctrl+g", "x")
        assert user.question
        await user.press("ctrl+q")
        assert user.question == ""
        assert user.app.is_running
        assert user.draft.common_name == "intranet"


class Held:
    """A key generator that waits until it is released."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.started = threading.Event()
        self.made = 0

    def __call__(self, key_type: KeyType) -> PrivateKey:
        self.started.set()
        assert self.go.wait(20)
        self.made += 1
        return key_types.generate(key_type)


@contextmanager
def held() -> Iterator[Held]:
    """Yield such a generator, and release it after the test, so that no thread remains."""
    generator = Held()
    try:
        yield generator
    finally:
        generator.go.set()


async def start_making(user: User, generator: Held) -> None:
    await user.press(*"a.example.com")
    await user.generate()
    await user.until(generator.started.is_set, "the thread")


async def test_the_screen_stays_alive_while_a_key_is_made(tmp_path: Path) -> None:
    with held() as generator:
        async with at_screens(session_on(tmp_path / "store", generator)) as user:
            await start_making(user, generator)
            assert user.message == "generating EC P-256 key and CSR …"
            await user.press(*"XY")
            assert user.draft.common_name == "a.example.comXY"
            await user.until(lambda: "a.example.comxy" in user.preview, "the preview")
            assert user.message == "generating EC P-256 key and CSR …"
            await user.generate()
            assert user.message == "A pair is being generated. Wait a moment."
            generator.go.set()
            await user.until(lambda: user.pairs, "the pair")
            assert user.pairs == ["a.example.com"]
            assert generator.made == 1


@pytest.mark.parametrize("key", ["ctrl+q", "f10"])
async def test_quitting_during_key_generation_asks_to_wait(tmp_path: Path, key: str) -> None:
    with held() as generator:
        async with at_screens(session_on(tmp_path / "store", generator)) as user:
            await start_making(user, generator)
            await user.press(key)
            assert user.app.is_running
            assert user.question == ""
            assert user.message == "A pair is being generated. Wait a moment."
            generator.go.set()
            await user.until_pairs("a.example.com")
            await user.press(key)
            assert user.app._exit


async def test_a_name_typed_during_key_generation_is_not_lost(tmp_path: Path) -> None:
    with held() as generator:
        async with at_screens(session_on(tmp_path / "store", generator)) as user:
            await start_making(user, generator)
            await user.press("shift+home", *"b.example.com")
            assert user.draft.common_name == "b.example.com"
            generator.go.set()
            await user.until_pairs("a.example.com")
            assert user.draft.common_name == "b.example.com"
            assert user.focused_id == "common_name"
            assert user.message == "made a.example.com: key and CSR. Next: back up"


async def test_a_new_pair_does_not_close_another_screen(tmp_path: Path) -> None:
    with held() as generator:
        async with at_screens(session_on(tmp_path / "store", generator)) as user:
            await start_making(user, generator)
            await user.press("f1")
            generator.go.set()
            await user.until_pairs("a.example.com")
            await user.press("escape")
            assert user.message == "made a.example.com: key and CSR. Next: back up"
            assert user.focused_id == "pairs"


class Refusing(Keystore):
    """A store whose disk refuses to write."""

    error: StoreError = StoreError("cannot keep the pair in /store: No space left on device", "make room")

    def add(self, base: str, pair: PairFiles) -> str:
        del base, pair
        raise self.error


async def test_an_error_of_the_store_leaves_the_form_unchanged(tmp_path: Path) -> None:
    async with at_screens(session_on(Refusing(str(tmp_path / "store"))), (120, 40)) as user:
        await user.fill(FieldName.ORGANIZATION, "Example Ltd")
        await user.fill(FieldName.COUNTRY, "GB")
        await user.fill(FieldName.LOCALITY, "London")
        await user.fill(FieldName.COMMON_NAME, "a.example.com")
        typed = user.draft
        await user.generate()
        await user.until(lambda: "No space left" in user.message, "the error")
        assert user.message == "Cannot keep the pair in /store: No space left on device. Make room."
        assert user.draft == typed
        assert user.focused_id == "common_name"
        assert user.pairs == []
        await user.generate()  # it can be tried again
        assert "generating" in user.message or "No space" in user.message


class Unconfirmed(Keystore):
    """A store whose disk writes a pair but does not confirm it."""

    def add(self, base: str, pair: PairFiles) -> str:
        raise NotConfirmedError(super().add(base, pair))


async def test_an_unconfirmed_pair_exists_and_is_reported(tmp_path: Path) -> None:
    async with at_screens(session_on(Unconfirmed(str(tmp_path / "store"))), (140, 40)) as user:
        await user.press(*"a.example.com")
        await user.generate()
        await user.until(lambda: "did not confirm" in user.message, "the error")
        assert user.message.startswith("a.example.com is saved, but the disk did not confirm it")
        await user.until_pairs("a.example.com")
        assert user.draft.common_name == "a.example.com"


async def test_a_read_only_store_is_reported(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    async with at_screens(session_on(tmp_path / "store"), (200, 40)) as user:
        await user.press(*"a.example.com")
        await user.generate()
        await user.until(lambda: user.message.startswith("Cannot"), "the error")
        assert str(tmp_path / "store") in user.message
        assert user.draft.common_name == "a.example.com"


async def test_a_pair_that_exists_is_advice_and_the_fix_opens_its_renewal(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(("www.dup.org", "dup.org")))
    async with at_screens(session) as user:
        await user.until_pairs("www.dup.org")
        await user.fill(FieldName.COMMON_NAME, "www.dup.org")
        await user.fill(FieldName.NAMES, "dup.org")
        await user.go_to(FieldName.COMMON_NAME)
        assert "The pair www.dup.org for www.dup.org exists (stage: new)." in " ".join(user.preview.split())
        await user.press("ctrl+f")
        await user.until(lambda: isinstance(user.app.screen, RenewModal), "the renewal")
        await user.press("enter")
        await user.until(lambda: user.draft.renews == "www.dup.org", "the form of the renewal")
        assert "exists" not in user.preview
        await user.generate()
        await user.until_pairs("www.dup.org-2", "www.dup.org")
    assert read_pair(session, "www.dup.org-2")[0].record.renews == "www.dup.org"


async def test_warnings_are_confirmed_once_and_errors_get_the_cursor(
    tmp_path: Path,
) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.press(*"mydomain.com")
        await user.fill(FieldName.ORGANIZATION, "My Ltd")
        await user.press("ctrl+g")
        assert "Generate with 3 open warnings?" in user.question
        assert "www.mydomain.com" in user.question
        assert "1 more." in user.question
        assert user.answer is False
        await user.press("enter")
        assert user.focused_id == "common_name", "the field of the first warning"
        await user.fill(FieldName.COUNTRY, "Atlantis")
        await user.go_to(FieldName.LOCALITY)
        await user.press("ctrl+g")
        assert user.focused_id == "country"
        await user.press("ctrl+u", *"GB", "ctrl+g", "tab", "enter")
        await user.until_pairs("mydomain.com")


async def test_an_existing_pair_for_the_name_is_shown_with_its_stage_and_renewed(tmp_path: Path) -> None:
    session = session_on(tmp_path / "store")
    create_pair(session, RequestSpec(names=("a.mydomain.com",)))
    async with at_screens(session) as user:
        await user.press(*"a.mydomain.com")
        await user.until(lambda: "exists (stage: new)" in user.preview, "the finding")
        assert "ctrl+f  renew a.mydomain.com instead" in user.preview
        await user.press("ctrl+f")
        await user.until(lambda: "Renew a.mydomain.com" in user.screen_text, "the renewal")


async def test_options_accepted_after_the_pair_was_generated_do_not_bring_its_names_back(
    tmp_path: Path,
) -> None:
    with held() as generator:
        async with at_screens(session_on(tmp_path / "store", generator)) as user:
            await start_making(user, generator)
            await user.press("f9")
            generator.go.set()
            await user.until(lambda: user.pairs, "the pair")
            await user.press(*"next", "enter", "enter", "enter")
            assert (user.draft.common_name, user.draft.pair_name) == ("", "next")
