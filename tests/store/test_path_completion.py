"""Paths are completed as in a shell, and a complete path does not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from csrtui.store.path_completion import Completion, PathKind, complete_path

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("usb/web1", "usb2", ".ssh", "only/inner", "esc\x1b[2J", "closed"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("note.pem", "notes.txt", "only/a.pem", ".profile"):
        (tmp_path / file).touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to("usb")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "kind", "completed", "candidates"),
    [
        ("~", PathKind.FOLDER, "~/", ("closed/", "link/", "only/", "usb/", "usb2/")),
        ("u", PathKind.FOLDER, "usb", ("usb/", "usb2/")),
        ("~/us", PathKind.FOLDER, "~/usb", ("usb/", "usb2/")),
        ("~/usb/w", PathKind.FOLDER, "~/usb/web1/", ()),
        ("li", PathKind.FOLDER, "link/", ("web1/",)),
        ("~/.", PathKind.ANY, "~/.", (".profile", ".ssh/")),
        ("~/.s", PathKind.FOLDER, "~/.ssh/", ()),
        ("no", PathKind.FILE, "note", ("note.pem", "notes.txt")),
        ("note.", PathKind.FILE, "note.pem", ()),
        ("onl", PathKind.FILE, "only/", ("a.pem", "inner/")),
        ("only", PathKind.FILE, "only/", ("a.pem", "inner/")),
        ("only/", PathKind.FILE, "only/", ("a.pem", "inner/")),
        ("lo", PathKind.FILE, "loop", ()),
    ],
)
def test_a_path_is_completed(text: str, kind: PathKind, completed: str, candidates: tuple[str, ...]) -> None:
    assert complete_path(text, kind) == Completion(completed, candidates)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", PathKind.FOLDER),
        ("usb", PathKind.FOLDER),
        ("~/usb/", PathKind.FOLDER),
        ("note.pem", PathKind.FILE),
        ("only", PathKind.ANY),
        ("lo", PathKind.FOLDER),
        ("esc", PathKind.FOLDER),
        ("nowhere/x", PathKind.FILE),
        ("nul\0/x", PathKind.FILE),
        ("usb/web1/", PathKind.FILE),
    ],
)
def test_a_path_without_a_completion_does_not_change(text: str, kind: PathKind) -> None:
    assert complete_path(text, kind) is None
