"""The inputs that are kept of fuzzing: for each target a list of base64, one input a line, in a JSON file."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Final

from command import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FOLDER: Final = ROOT / "tests" / "fuzz" / "corpus"
MAX_INPUT: Final = 4 * 1024
"""The most bytes of an input that is kept, unless it stands for a finding."""
MAX_KEPT: Final = 40 * 1024
"""The most bytes kept for a target."""


def file_of(target: str) -> Path:
    """The file of a target's corpus."""
    return FOLDER / f"{target}.json"


def load(target: str) -> list[bytes]:
    """The inputs kept for a target."""
    file = file_of(target)
    return [b64decode(line) for line in json.loads(file.read_text())] if file.is_file() else []


def save(target: str, inputs: Iterable[bytes]) -> None:
    """Keep inputs for a target, the shortest of them as far as there is room."""
    kept, room = [], MAX_KEPT
    for data in sorted(set(inputs), key=lambda data: (len(data), data)):
        room -= len(data)
        if room >= 0 and len(data) <= MAX_INPUT:
            kept.append(b64encode(data).decode("ascii"))
    file_of(target).write_text(json.dumps(kept, indent=0) + "\n")
