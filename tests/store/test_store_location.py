"""The location of the store: the option, then the variable, then the user's data folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import platformdirs
import pytest
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.store.store_location import STORE_VARIABLE, store_argument, store_path, store_source

if TYPE_CHECKING:
    from pathlib import Path


def test_the_option_comes_before_the_variable_and_that_before_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert store_path("/option", {"CSRTUI_STORE": "/variable"}) == "/option"
    assert store_path(None, {"CSRTUI_STORE": "/variable"}) == "/variable"
    assert store_path(None, {}) == str(tmp_path / "csrtui")


def test_a_relative_path_begins_at_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert store_path("keys/../store/", {}) == str(tmp_path / "store")
    assert store_path("~", {}) == str(tmp_path / "~")


@table("text", ["", "a\0b", "a\ud800b"])
def test_an_invalid_path_is_refused_with_its_source(text: str) -> None:
    with pytest.raises(InputError, match="--store is"):
        store_path(text, {"CSRTUI_STORE": "/variable"})
    with pytest.raises(InputError, match=r"\$CSRTUI_STORE is") as caught:
        store_path(None, {"CSRTUI_STORE": text})
    assert caught.value.message.isprintable()


def test_a_removed_current_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="relative to a folder that no longer exists"):
        store_path("store", {})
    assert store_path("/store", {}) == "/store"
    os.chdir(tmp_path)


def test_a_user_without_a_home_has_to_name_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(*_args: object, **_kwargs: object) -> str:
        raise RuntimeError

    monkeypatch.setattr(platformdirs, "user_data_dir", no_home)
    with pytest.raises(InputError, match="no home folder") as caught:
        store_path(None, {})
    assert caught.value.hint == "choose a folder with --store"
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_args, **_kwargs: "~/.local/share/csrtui")
    with pytest.raises(InputError, match="no home folder"):
        store_path(None, {})


def test_a_command_names_every_store_but_the_one_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = store_path(None, {})
    assert store_argument(usual) == ""
    assert store_argument("/elsewhere") == "/elsewhere"
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_args, **_kwargs: "~/.local/share/csrtui")
    assert store_argument(usual) == usual, "a user without a home has no usual one"


def test_the_option_or_variable_that_names_the_store_is_returned() -> None:
    assert store_source("/a", {STORE_VARIABLE: "/b"}) == "--store"
    assert store_source(None, {STORE_VARIABLE: "/b"}) == "$CSRTUI_STORE"
    assert store_source(None, {}) is None
