"""The public suffix list comes from the installed package."""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

import pytest

from csrtui.core.base.errors import StoreError
from csrtui.store import package_data

if TYPE_CHECKING:
    from pathlib import Path


def test_the_list_is_that_of_the_package() -> None:
    text = package_data.read_public_suffix_list()
    assert "===BEGIN ICANN DOMAINS===" in text
    assert "\nco.uk\n" in text


@pytest.mark.parametrize("spec", [None, ModuleSpec("publicsuffixlist", None)])
def test_a_missing_package_is_reported(monkeypatch: pytest.MonkeyPatch, spec: ModuleSpec | None) -> None:
    monkeypatch.setattr(package_data, "find_spec", lambda _: spec)
    with pytest.raises(StoreError, match="is not installed"):
        package_data.read_public_suffix_list()


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_missing_or_damaged_data_of_the_package_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "public_suffix_list.dat").write_bytes(content)
    spec = ModuleSpec("publicsuffixlist", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(package_data, "find_spec", lambda _: spec)
    with pytest.raises(StoreError, match="cannot be read"):
        package_data.read_public_suffix_list()
