"""Check the place of an action after any fault."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backups_made import PASSPHRASE

from csrtui.core.backups import backup_file
from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding import FindingCode
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.pairs.pair import BackupStatus
from csrtui.tasks.doctor import Examination
from csrtui.tasks.list import read_all_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fault_shim import Call, Mode
    from writing_actions import Action, Place

    from csrtui.core.pairs.pair import Pair

KILLED = -9
_PLAIN_KEY = re.compile(rb"-----BEGIN (?:EC |RSA )?PRIVATE KEY-----")
_FOR_ALL = re.compile(r"request\.pem|certificate(-[0-9-]+)?\.pem")
_IN_THE_MAKING = re.compile(r"\.(new|tmp)-[0-9a-f]{16}|\.config\.toml\.new")
_SAYS_SAVED = (
    "is saved, but",
    "is written; noting",
    "are written, but",
    "is written, but not recorded",
    "is kept",
    "is stored, but",
    "are kept",
)
"""The texts of errors that report that the change was made anyway."""
_EXPECTED = frozenset(
    {
        FindingCode.LEFTOVER_CREATION,
        FindingCode.LEFTOVER_TEMPORARY,
        FindingCode.BACKUP_NONE,
        FindingCode.VALIDITY_DISAGREES,
        FindingCode.RENEWAL_NOT_NOTED,
        FindingCode.BACKUP_UNVERIFIED,
        FindingCode.CHAIN_INCOMPLETE,
    }
)
"""Warnings that a crash can leave and the next run removes, and that about the missing chain of the test certificates."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The exit status of an action (negative: the number of the signal) and its output."""

    status: int
    out: str
    err: str


class Before:
    """The contents of a place before an action.

    Args:
        place: The place.
    """

    def __init__(self, place: Place) -> None:
        self.names = place.names()
        self._others = {
            path: path.read_bytes()
            for folder in (place.usb, place.out, place.given)
            for path in _files(folder)
        }
        self._kept = {
            path: path.read_bytes()
            for name in self.names
            for path in _files(place.store / "pairs" / name)
            if path.name in {"key.pem", "request.pem"}
        }
        self._certificates = {
            path.parent: path.read_bytes() for path in (place.store / "pairs").glob("*/certificate*.pem")
        }

    def check(self, place: Place, action: Action) -> None:
        """Assert that the old contents still exist, and that the action wrote files only where it may."""
        for path, data in (self._others | self._kept).items():
            assert path.read_bytes() == data, f"{path} has changed"
        for folder, data in self._certificates.items():
            assert data in {path.read_bytes() for path in folder.glob("certificate*.pem")}, folder
        assert self.names <= place.names()
        for path in (path for folder in (place.usb, place.out, place.given) for path in _files(folder)):
            if path not in self._others:
                assert path.parent.name == action.writes, path
                _check_new_file(path)

    def new_files(self, place: Place) -> list[Path]:
        """Return the complete new files outside the store."""
        found = (path for folder in (place.usb, place.out) for path in _files(folder))
        return [path for path in found if path not in self._others and not path.name.startswith(".")]


def _check_new_file(path: Path) -> None:
    """Assert that a named file outside the store is complete, and private if it contains a key."""
    data = path.read_bytes()
    if b"PRIVATE KEY-----" in data:
        assert path.lstat().st_mode & 0o077 == 0, path
    if _IN_THE_MAKING.fullmatch(path.name):
        return
    begun, ended = data.count(b"-----BEGIN "), data.count(b"-----END ")
    assert begun == ended > 0, f"{path} is half a file"
    assert data.endswith(b"\n"), f"{path} is half a file"
    if path.name.endswith(".backup.pem"):
        backup_file.parse(data)


def check_place(place: Place, store: Path) -> None:
    """Assert that every pair is complete, that verified backups can be restored, and that no key is elsewhere."""
    _check_modes(store)
    session = place.session()
    session.store.path = str(store)
    findings = Examination(session, str(place.config)).run()
    for finding in findings:
        assert finding.level is not Level.ERROR, finding
        assert finding.level is Level.NOTE or finding.code in _EXPECTED, finding
    found = read_all_pairs(session)
    assert found.problems == ()
    for pair in found.pairs:
        _check_backups(pair)
    for path in _files(place.path):
        if _PLAIN_KEY.search(path.read_bytes()):
            inside = path.name == "key.pem" and path.parent.parent == store / "pairs"
            assert (
                inside
                or path.parent in {place.given, place.out}
                or path.parent.parent == place.store / "pairs"
            ), path


def _check_backups(pair: Pair) -> None:
    for backup in pair.record.backups:
        if backup.status is BackupStatus.VERIFIED:
            with open(backup.path, "rb") as file:
                kept = backup_file.parse(file.read())
            key = pkcs8.decrypt(kept.key, PASSPHRASE)
            assert key_types.spki_sha256(key.public_key()) == pair.record.key.spki_sha256


def _check_modes(store: Path) -> None:
    for path in (store, *store.rglob("*")):
        _check_mode(str(path), path.lstat().st_mode)


def check_notes(notes: Sequence[Call | Mode], store: Path) -> int:
    """Assert for every moment what `check_place` asserts for the end. Return the number of recorded modes."""
    seen = 0
    for note in notes:
        mode = getattr(note, "mode", None)
        if mode is not None:
            seen += 1
            if note.path == str(store) or note.path.startswith(f"{store}/"):
                _check_mode(note.path, mode)
    return seen


def _check_mode(path: str, mode: int) -> None:
    name = path.rpartition("/")[2]
    if not mode & 0o077:
        return
    # A certificate is replaced through a hidden file with the final mode.
    is_public = _FOR_ALL.fullmatch(name) or _IN_THE_MAKING.fullmatch(name)
    assert stat.S_ISREG(mode), f"{path}: {mode:o}"
    assert is_public, f"{path}: {mode:o}"
    assert mode & 0o022 == 0, f"{path}: {mode:o}"


def check_said(action: Action, place: Place, before: Before, ended: Ended) -> None:
    """Assert that the action has the reported result."""
    done = action.done(place)
    if ended.status == KILLED:
        return
    assert ended.status in {0, 1, 2, 3}, ended
    assert "a bug:" not in ended.err, ended
    assert PASSPHRASE.revealed not in ended.out + ended.err
    if ended.status == 0:
        assert done or action.quiet, f"it said that it is done: {ended}"
        return
    said = " ".join((ended.out + ended.err).split())
    assert "csrtui: error: " in said or "FAILED" in said or '"ok": false' in said, ended
    new = place.names() - before.names
    for name in new:
        assert name in said, f"{name} is there, and that was not said: {ended}"
    if done and not new and not action.quiet:
        assert any(words in said for words in _SAYS_SAVED), f"it is done, and that was not said: {ended}"


def check_goes_on(action: Action, place: Place, before: Before, runs: Callable[[], Ended]) -> None:
    """Repeat the action without a fault. Assert that it succeeds and leaves nothing behind.

    Files outside the store are never overwritten, so they are first moved away if the action reports this.
    """
    ended = runs()
    if ended.status == 2 and "already exists" in ended.err and (new := before.new_files(place)):
        for path in new:
            path.unlink()
        ended = runs()
    assert ended.status in {0} | action.again, f"once more: {ended}"
    assert action.done(place), f"once more: {ended}"
    session = place.session()
    session.store.remove_leftovers()
    assert session.store.leftovers() == []
    for name in place.names():
        with session.store.change(name):
            pass
    session.store.save_draft(b"{}")
    left = [path for path in place.path.rglob(".*") if _IN_THE_MAKING.fullmatch(path.name)]
    assert left == [], f"left over: {left}"


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
