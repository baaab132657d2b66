"""The saved inputs of fuzzing: for each target a JSON list of inputs, each compressed with zlib and in base64."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Final

from command import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDER: Final = ROOT / "tests" / "fuzz" / "corpus"
MAX_FOUND_BYTES: Final = 48 * 1024
"""The maximum compressed size of the inputs for a target, in bytes."""


def file_of(target: str) -> Path:
    """Return the file with a target's corpus."""
    return FOLDER / f"{target}.json"


def load(target: str) -> list[bytes]:
    """Return the saved inputs for a target."""
    file = file_of(target)
    lines = json.loads(file.read_text()) if file.is_file() else []
    return [zlib.decompress(b64decode(line)) for line in lines]


def save(target: str, inputs: Iterable[bytes]) -> None:
    """Save the inputs for a target with the shortest compressed form, as far as there is room."""
    kept, room = [], MAX_FOUND_BYTES
    for data in sorted({zlib.compress(one, 9) for one in inputs}, key=lambda data: (len(data), data)):
        room -= len(data)
        if room >= 0:
            kept.append(b64encode(data).decode("ascii"))
    file_of(target).write_text(json.dumps(kept, indent=0) + "\n")
