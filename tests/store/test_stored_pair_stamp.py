"""The stamp by which sessions notice each other's changes."""

from __future__ import annotations

import errno
import time
from typing import TYPE_CHECKING

from failing_call import FailingCall

from csrtui.store.stored_pair import read_stamp, touch

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_changes_within_one_tick_of_the_clock_have_different_stamps(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    stamps = []
    for _ in range(100):
        touch(descriptor)
        stamps.append(read_stamp(str(tmp_path)))
    assert len(set(stamps)) == 100
    assert stamps == sorted(stamps)


def test_a_clock_set_back_still_moves_the_stamp(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_stamp(str(tmp_path))
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    touch(descriptor)
    assert read_stamp(str(tmp_path)) > before


def test_an_error_in_setting_a_stamp_is_ignored(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_stamp(str(tmp_path))
    FailingCall(monkeypatch, "utime", errno.EPERM)
    touch(descriptor)
    assert read_stamp(str(tmp_path)) == before


def test_a_missing_folder_has_no_stamp(tmp_path: Path) -> None:
    assert read_stamp(str(tmp_path / "missing")) == 0
