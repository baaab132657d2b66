"""The settings without a file, with a file, and with a wrong file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from csrtui.core.base.errors import InputError
from csrtui.tasks.settings import Settings, add_config_path_to_errors, load_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_file_there_are_no_settings(tmp_path: Path) -> None:
    assert load_settings({"CSRTUI_CONFIG": str(tmp_path / "none.toml")}).config is None


def test_the_values_of_a_file_are_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[screens]\nmouse = true\n")
    settings = load_settings({"CSRTUI_CONFIG": str(file)}).config
    assert settings is not None
    assert settings.screens.mouse


def test_an_unknown_key_is_named_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[screens]\nmose = true\n")
    with pytest.raises(InputError, match=r"config\.toml"):
        load_settings({"CSRTUI_CONFIG": str(file)})


def test_an_error_found_late_is_named_with_its_file_too(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with (
        pytest.raises(InputError, match=r"config\.toml: \[keys\] is odd") as caught,
        add_config_path_to_errors(Settings(None), {"CSRTUI_CONFIG": str(file)}),
    ):
        raise InputError("[keys] is odd", "mend it")
    assert caught.value.hint == "mend it"
