"""Keeping the half-filled form, and what it asks for."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from csrtui.core.draft import Draft
from csrtui.core.errors import StoreError
from csrtui.core.finding import CaKind
from csrtui.core.keys import KeyType
from csrtui.store.keystore import Keystore
from csrtui.tasks.drafting import asked_by, keep, recall
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

DRAFT = Draft(
    common_name="www.example.com",
    names="example.com, shop.example.com",
    organization="Söhne & Co",
    organizational_unit="IT",
    country="DE",
    state="Hessen",
    locality="Köln",
    ca="private",
    platform="nginx",
    key="rsa-4096",
)


def test_what_is_kept_is_recalled_by_the_next_session(tmp_path: Path) -> None:
    keep(Session(Keystore(str(tmp_path / "store"))), DRAFT)
    assert recall(Session(Keystore(str(tmp_path / "store")))) == DRAFT
    [file] = [path for path in (tmp_path / "store").iterdir() if path.is_file()]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_kept_is_an_empty_form(tmp_path: Path) -> None:
    assert recall(Session(Keystore(str(tmp_path / "store")))) == Draft()
    assert not (tmp_path / "store").exists()


def test_a_damaged_draft_is_an_empty_form(tmp_path: Path) -> None:
    session = Session(Keystore(str(tmp_path / "store")))
    session.store.save_draft(b"{")
    assert recall(session) == Draft()


@pytest.mark.parametrize("mode", [0o644, 0o666])
def test_a_draft_that_others_can_read_is_not_taken(tmp_path: Path, mode: int) -> None:
    session = Session(Keystore(str(tmp_path / "store")))
    keep(session, DRAFT)
    (tmp_path / "store" / ".draft.json").chmod(mode)
    assert recall(session) == Draft()


def test_a_store_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    session = Session(Keystore(str(tmp_path / "store")))
    with pytest.raises(StoreError):
        keep(session, DRAFT)
    assert recall(session) == Draft()


def test_every_field_is_asked_for() -> None:
    asked = asked_by(DRAFT)
    assert asked.names == ("www.example.com", "example.com", "shop.example.com")
    assert asked.subject.organization == "Söhne & Co"
    assert asked.subject.organizational_unit == "IT"
    assert asked.subject.country == "DE"
    assert asked.subject.state == "Hessen"
    assert asked.subject.locality == "Köln"
    assert asked.ca is CaKind.PRIVATE
    assert asked.platform == "nginx"
    assert asked.effective_key_type is KeyType.RSA_4096


def test_an_empty_common_name_keeps_its_place() -> None:
    assert asked_by(Draft(names="a.example.com")).names == ("", "a.example.com")
