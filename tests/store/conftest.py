"""Shared by the tests of the store: a store for each test, and a check that no descriptor stays open."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

import pytest
from store_state import open_descriptors

from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    before = open_descriptors()
    yield
    left = open_descriptors().items() - before.items()
    if left:  # objects that wait for garbage collection, such as a generator in a traceback, do not count
        gc.collect()
        left = open_descriptors().items() - before.items()
    assert not left, f"left open: {left}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the store's folder, which does not exist yet."""
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Keystore:
    """Return a store that does not exist yet."""
    return Keystore(str(folder))


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    """Yield the descriptor of a folder."""
    number = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield number
    os.close(number)
