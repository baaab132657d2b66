"""The defaults that dialogs remember."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from csrtui.core.base.errors import StoreError
from csrtui.core.keys.passphrase_quality import weaknesses
from csrtui.store import package_data
from csrtui.store.keystore import Keystore
from csrtui.tasks.draft import LastUsed, recall, recall_folder, remember, remember_folder
from csrtui.tasks.private_keys import generate_passphrase
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def session_in(folder: Path) -> Session:
    return Session(Keystore(str(folder / "store")))


def test_the_folder_is_remembered_by_any_later_session(tmp_path: Path) -> None:
    assert recall_folder(session_in(tmp_path)) == ""
    assert not (tmp_path / "store").exists(), "asking makes nothing"
    remember_folder(session_in(tmp_path), "/mnt/usb/Söhne/")
    assert recall_folder(session_in(tmp_path)) == "/mnt/usb/Söhne"
    assert stat.S_IMODE((tmp_path / "store" / ".last.json").stat().st_mode) == 0o600


def test_the_same_folder_is_not_saved_again(tmp_path: Path) -> None:
    remember_folder(session_in(tmp_path), "/mnt/usb")
    before = (tmp_path / "store" / ".last.json").stat().st_ino
    remember_folder(session_in(tmp_path), "/mnt/usb")
    assert (tmp_path / "store" / ".last.json").stat().st_ino == before
    remember_folder(session_in(tmp_path), "/mnt/other")
    assert (tmp_path / "store" / ".last.json").stat().st_ino != before


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"backup_folder": 3}', b'{"backup_folder": "/\\u001b[2J"}', b"[" * 100000]
)
def test_unreadable_defaults_are_ignored(tmp_path: Path, data: bytes) -> None:
    session = session_in(tmp_path)
    session.store.update_last_used(lambda _: data)
    assert recall_folder(session) == ""


def test_two_sessions_keep_each_others_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = session_in(tmp_path), session_in(tmp_path)
    update = first.store.update_last_used

    def overtaken(change: Callable[[bytes | None], bytes]) -> None:
        remember(second, LastUsed.CSR_FOLDER, "/srv/csr")
        update(change)

    monkeypatch.setattr(first.store, "update_last_used", overtaken)
    remember(first, LastUsed.RECIPIENTS, "age1example")
    assert recall(second, LastUsed.CSR_FOLDER) == "/srv/csr"
    assert recall(second, LastUsed.RECIPIENTS) == "age1example"


def test_a_read_only_store_is_not_an_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("no folder")
    remember_folder(session_in(tmp_path), "/mnt/usb")
    assert recall_folder(session_in(tmp_path)) == ""


def test_each_generated_passphrase_is_different(tmp_path: Path) -> None:
    session = session_in(tmp_path)
    made = generate_passphrase(session)
    assert weaknesses(made) == []
    assert set(made.revealed.split()) <= set(package_data.read_passphrase_words())
    assert made != generate_passphrase(session)


def test_a_missing_word_list_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_data, "_WORDS", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="the word list cannot be read"):
        generate_passphrase(session_in(tmp_path))
