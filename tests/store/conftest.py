"""What the tests of the store share: a store of their own, and the proof that nothing stays open."""

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
    if left:  # what only waits to be collected, such as a generator in a traceback, is not left open
        gc.collect()
        left = open_descriptors().items() - before.items()
    assert not left, f"left open: {left}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the store's folder, which is not there yet."""
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Keystore:
    """Give a store that is not there yet."""
    return Keystore(str(folder))


@pytest.fixture
def descriptor(tmp_path: Path) -> Iterator[int]:
    """Give the descriptor of a folder."""
    number = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield number
    os.close(number)
