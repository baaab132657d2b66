"""Folders in memory, where flushes cost nothing, and on another disk."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def on_another_disk(path: Path) -> Path | None:
    """Return a folder for temporary files that is on another file system than `path`, or None if there is none."""
    device = path.stat().st_dev
    for folder in (Path("/dev/shm"), Path("/var/tmp")):
        if folder.is_dir() and os.access(folder, os.W_OK) and folder.stat().st_dev != device:
            return folder
    return None


@contextmanager
def scratch() -> Iterator[str]:
    """Return a folder in memory if possible, or else on the disk."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="csrtui-tests.", dir=place) as path:
        yield path
