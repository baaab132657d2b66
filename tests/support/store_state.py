"""The contents of a store's folder, and whether they are permitted."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from csrtui.store.keystore import PairFiles

if TYPE_CHECKING:
    from pathlib import Path

KEY_MARK = b"-----THE KEY-----"
"""The beginning of every test key, by which a key is recognized anywhere."""

_HIDDEN = re.compile(r"\.new-[0-9a-f]{16}")
_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{16}")
_DRAFT = re.compile(r"\.draft(-\d+)?\.json")
_MODES = {"key.pem": 0o600, "request.pem": 0o644, "pair.json": 0o600}


def pair_files(text: str = "one") -> PairFiles:
    """Return the files of a pair, with contents that differ from those of every other pair."""
    mark = text.encode()
    return PairFiles(KEY_MARK + mark, b"request " + mark, b'{"schema": 1} ' + mark)


def names_on_disk(store: Path) -> list[str]:
    """Return the expected result of `Keystore.names`, found in another way."""
    pairs = store / "pairs"
    return sorted(path.name for path in pairs.glob("[!.]*")) if pairs.exists() else []


def mode_of(path: Path) -> int:
    """Return the permission bits of a file, without following links."""
    return stat.S_IMODE(path.lstat().st_mode)


def check_store(store: Path) -> None:
    """Assert the rules that a store satisfies after any accident.

    Every pair is complete, no key is outside the folder of a pair (or of one in creation), no mode is
    too permissive, and there are no unknown files.
    """
    if not store.exists():
        return
    assert mode_of(store) & 0o077 == 0
    for folder in store.rglob("*"):
        if folder.is_dir() and not folder.is_symlink():
            assert mode_of(folder) & 0o077 == 0, folder
    for path in store.iterdir():
        known = path.name in {"pairs", ".locks"} or _DRAFT.fullmatch(path.name)
        assert known or _TEMPORARY.fullmatch(path.name), path
    for folder in (store / "pairs").glob("*"):
        _check_folder(folder)
    for path in store.rglob("*"):
        if path.is_file() and KEY_MARK in path.read_bytes():
            assert path.name == "key.pem", path


def _check_folder(folder: Path) -> None:
    found = {path.name for path in folder.iterdir()}
    if folder.name.startswith("."):
        assert _HIDDEN.fullmatch(folder.name), folder
        assert found <= _MODES.keys(), folder
    else:
        assert {name for name in found if not _TEMPORARY.fullmatch(name)} == _MODES.keys(), folder
        assert (folder / "key.pem").read_bytes().startswith(KEY_MARK)
        assert (folder / "request.pem").read_bytes().startswith(b"request ")
        assert (folder / "pair.json").read_bytes().startswith(b'{"schema": 1} ')
    for name in found:
        assert mode_of(folder / name) & ~_MODES.get(name, 0o600) == 0, folder / name


def open_descriptors() -> dict[str, str]:
    """Return the open descriptors of this process with their targets."""
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:  # the descriptor of this very listing
            continue
    return found
